"""Columns as text, against Python's own spelling of single values; lines without their padding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import numpy as np
import pytest

from handlers.telemetry_generator import spelling
from handlers.telemetry_generator.draws import Ints
from handlers.telemetry_generator.spelling import Page, Texts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ints(*values: int) -> Ints:
    return np.asarray(values, dtype=np.int64)


def plain(column: Texts) -> list[str]:
    """The texts of a column without their NULs."""
    return [item.tobytes().replace(b"\0", b"").decode() for item in column]


def test_numbers_have_no_leading_zeros() -> None:
    values = [0, 1, 9, 10, 99, 100, 909, 1000, 10_000, 14_400, 99_999]
    assert plain(spelling.numbers(ints(*values))) == [str(value) for value in values]


@pytest.mark.parametrize("value", [100_000, -100_001])
def test_a_number_that_the_table_lacks_is_an_error(value: int) -> None:
    with pytest.raises(IndexError):
        spelling.numbers(ints(value))


def test_indices_and_digits_keep_their_zeros() -> None:
    assert plain(spelling.indices(ints(0, 9_999, 10_000, 99_999_999))) == [
        "00000000",
        "00009999",
        "00010000",
        "99999999",
    ]
    assert plain(spelling.digits(ints(0, 7, 42), 3)) == ["000", "007", "042"]


def test_keys_are_16_hex_digits() -> None:
    keys = np.asarray([0, 0x0123456789ABCDEF, 2**64 - 1], dtype=np.uint64)
    assert plain(spelling.hexadecimal(keys)) == [f"{key:016x}" for key in keys.tolist()]


def test_addresses_are_dotted() -> None:
    values = [0, 1, 255, 256, 0x0A00_0A64, 0xC612_00FF, 2**32 - 1]
    assert plain(spelling.addresses(ints(*values))) == [str(IPv4Address(one)) for one in values]


def test_times_are_spelt_to_the_millisecond() -> None:
    moments = [
        datetime(2024, 2, 29, 23, 59, 59, 999_000, tzinfo=UTC),
        datetime(2024, 3, 1, tzinfo=UTC),
        datetime(2024, 3, 1, 0, 1, 2, 3_000, tzinfo=UTC),
    ]
    at_ms = ints(*((moment - EPOCH) // timedelta(milliseconds=1) for moment in moments))
    second, millisecond = (plain(column) for column in spelling.seconds(at_ms))
    spelt = [
        f"{minute}:{second}.{millisecond}+00:00"
        for minute, second, millisecond in zip(
            plain(spelling.minutes(at_ms)), second, millisecond, strict=True
        )
    ]
    assert spelt == [moment.isoformat(timespec="milliseconds") for moment in moments]


def test_a_page_is_written_block_by_block() -> None:
    names = spelling.texts(["Köln", "x", ""])
    first = [("<", names.take([0, 1, 2])), ("|", spelling.numbers(ints(5, 60, 700)))]
    page = Page(3, first, ">\n")
    assert bytes(page.lines(first)).decode() == "<Köln|5>\n<x|60>\n<|700>\n"
    second = [("<", names.take([2, 0])), ("|", spelling.numbers(ints(0, 12)))]
    assert bytes(page.lines(second)).decode() == "<|0>\n<Köln|12>\n"
