"""Columns as text, against Python's own spelling of single values; lines without their padding."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from handlers.telemetry_generator import spelling
from handlers.telemetry_generator.draws import Ints
from handlers.telemetry_generator.texts import Lines, Table, Texts, beside, constant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ints(*values: int) -> Ints:
    return np.asarray(values, dtype=np.int64)


def plain(column: Texts) -> list[str]:
    """The texts of a column."""
    return [
        item.tobytes()[len(item.tobytes()) - length :].decode()
        for item, length in zip(column.items, column.lengths.tolist(), strict=True)
    ]


def joined(*parts: list[Texts]) -> str:
    """The lines of the columns of each part."""
    lines = Lines(sum(len(columns[0].items) for columns in parts))
    for columns in parts:
        lines.add(columns)
    return str(lines.written(), "utf-8")


def test_texts_are_quoted_as_json() -> None:
    awkward = ["", "plain", 'a "quote"', "back\\slash", "new\nline", "nul\0", "ü \u2028 🎬"]
    quoted = Texts.quoted(awkward, "7:")
    assert [json.loads(text.removeprefix("7:")) for text in plain(quoted)] == awkward
    assert all(text.startswith("7:") for text in plain(quoted))
    assert plain(Texts.quoted([])) == []


@pytest.mark.parametrize("expected", [0, 1, 3, 5, 100])
@pytest.mark.parametrize("widths", [(1, 1, 1), (1, 9, 1), (9, 1, 20), (0, 5, 0)])
def test_a_table_holds_all_that_is_added(expected: int, widths: tuple[int, ...]) -> None:
    table = Table(expected)
    texts = [[f"{row}" + "x" * (width * row) for row in range(3)] for width in widths]
    for some in texts:
        table.add([Texts.of(["<"] * 3), Texts.of(some)])
    table.add([Texts.of([]), Texts.of([])])
    made = table.texts()
    assert plain(made) == [f"<{text}" for some in texts for text in some]
    assert made.least == 2
    assert not any(
        item.tobytes()[:-length].strip(b"\0")
        for item, length in zip(made.items, made.lengths.tolist(), strict=True)
    )


def test_a_table_that_was_not_expected_to_be_long_is_seldom_copied() -> None:
    table = Table(1)
    homes = set()
    for row in range(1_000):
        table.add([Texts.of([f"{row:03d}"])])
        homes.add(table.texts().items.__array_interface__["data"][0])
    assert len(homes) <= 11


def test_numbers_have_no_leading_zeros() -> None:
    values = [0, 1, 9, 10, 99, 100, 909, 1000, 10_000, 14_400, 99_999]
    assert plain(spelling.numbers(ints(*values))) == [str(value) for value in values]


def test_a_row_that_the_table_lacks_is_an_error() -> None:
    with pytest.raises(IndexError):
        spelling.digits(ints(1000), 3)


def test_digits_keep_their_zeros_and_stand_between_texts() -> None:
    assert plain(spelling.digits(ints(0, 7, 42), 3, "<", ">")) == ["<000>", "<007>", "<042>"]
    assert plain(spelling.numbers(ints(0, 12), "<", ">")) == ["<0>", "<12>"]
    assert plain(spelling.hundredths(ints(5, 123, 10_000), "<", ">")) == [
        "<0.05>",
        "<1.23>",
        "<100.00>",
    ]


@pytest.mark.parametrize("limit", [1, 9, 10, 11, 100, 101, 1_024])
def test_a_table_holds_each_number_twice(limit: int) -> None:
    assert plain(spelling.twice(limit, "<", "|")) == [f"<{n}|{n}" for n in range(limit)]


@pytest.mark.parametrize(
    ("first", "last"), [(0, 3), (9_998, 10_000), (10_000, 10_001), (123_456, 123_460)]
)
def test_consecutive_numbers_are_counted(first: int, last: int) -> None:
    assert last <= spelling.same_upper(first)
    column = beside(spelling.counted(first, last, "<", ">"))
    assert plain(column) == [f"<{number:08d}>" for number in range(first, last)]


@pytest.mark.parametrize("first", [0, 1, 9_999, 10_000])
def test_counting_beyond_the_same_upper_digits_is_refused(first: int) -> None:
    last = spelling.same_upper(first)
    assert f"{first:08d}"[:4] == f"{last - 1:08d}"[:4] != f"{last:08d}"[:4]
    with pytest.raises(ValueError, match="upper digits"):
        spelling.counted(first, last + 1, "<", ">")


def test_keys_are_16_hex_digits() -> None:
    keys = np.asarray([0, 0x0123456789ABCDEF, 2**64 - 1], dtype=np.uint64)
    assert plain(spelling.hexadecimal(keys)) == [f"{key:016x}" for key in keys.tolist()]


def test_times_are_spelt_to_the_millisecond() -> None:
    moments = [
        datetime(2024, 2, 29, 23, 59, 59, 999_000, tzinfo=UTC),
        datetime(2024, 3, 1, tzinfo=UTC),
        datetime(2024, 3, 1, 0, 1, 2, 3_000, tzinfo=UTC),
    ]
    at_ms = ints(*((moment - EPOCH) // timedelta(milliseconds=1) for moment in moments))
    minutes = plain(spelling.minutes(at_ms, ["<", "start: "], ints(1, 0, 1)))
    spelt = [
        f"{minute}{second}+00:00"
        for minute, second in zip(minutes, plain(spelling.seconds(at_ms)), strict=True)
    ]
    befores = ("start: ", "<", "start: ")
    assert spelt == [
        f"{before}{moment.isoformat(timespec='milliseconds')}"
        for before, moment in zip(befores, moments, strict=True)
    ]


def test_columns_of_text_become_lines() -> None:
    names = Texts.of(["Köln", "x", "a much longer name"]).take(ints(0, 1, 2, 1))
    head, end = Texts.of(["<"] * 4), Texts.of([">\n"] * 4)
    lines = joined([head, spelling.numbers(ints(5, 60, 700, 8), "", "|"), names, end])
    assert lines == "<5|Köln>\n<60|x>\n<700|a much longer name>\n<8|x>\n"


def test_columns_beside_each_other_are_one_column() -> None:
    names = Texts.of(["Köln", "", "a much longer name"])
    column = beside([constant(3, "<"), spelling.numbers(ints(5, 60, 7)), names])
    assert plain(column) == ["<5Köln", "<60", "<7a much longer name"]
    assert column.least == 3
    lines = joined([column.take(ints(2, 1)), Texts.of(["\n", "\n"])])
    assert lines == "<7a much longer name\n<60\n"


def test_no_rows_beside_each_other_are_no_rows() -> None:
    names = Texts.of(["Köln", "a much longer name"]).take(ints())
    column = beside([constant(0, "<"), names, spelling.numbers(ints())])
    assert plain(column) == []


@pytest.mark.parametrize("place", range(4))
def test_a_text_longer_than_all_before_it_spoils_no_other_line(place: int) -> None:
    columns = [Texts.of(["a", "b", "c"]) for _ in range(4)]
    columns[place] = Texts.of(["x" * 500, "", "y"])
    expected = [
        "".join(("x" * 500, "", "y")[row] if at == place else "abc"[row] for at in range(4))
        for row in range(3)
    ]
    assert joined(columns) == "".join(expected)


@pytest.mark.parametrize("place", range(4))
def test_a_text_longer_than_all_before_it_spoils_no_other_row(place: int) -> None:
    columns = [Texts.of(["a", "b", "c"]) for _ in range(4)]
    columns[place] = Texts.of(["x" * 500, "", "y"])
    rows = [list(texts) for texts in zip(*(plain(column) for column in columns), strict=True)]
    assert plain(beside(columns)) == ["".join(row) for row in rows]


@pytest.mark.parametrize("sizes", [(1,), (3, 3, 2), (1, 500, 1), (500, 1)])
def test_lines_written_some_at_a_time_are_all_there(sizes: tuple[int, ...]) -> None:
    texts = [
        [f"{part}.{row}" + "x" * (97 * part) for row in range(n)] for part, n in enumerate(sizes)
    ]
    spelt = [[Texts.of(some), Texts.of(["\n"] * len(some))] for some in texts]
    assert joined(*spelt) == "".join(f"{one}\n" for some in texts for one in some)


def test_more_lines_than_expected_are_written_too() -> None:
    lines = Lines(1)
    for _ in range(3):
        lines.add([Texts.of(["a", "bc"])])
    assert bytes(lines.written()) == b"abc" * 3
