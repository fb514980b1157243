"""Buffers: what is due when, and the bytes of an object."""

from __future__ import annotations

import gzip
import time

import pytest

from local.delivery.buffer import Buffer


def _buffer(*values: bytes | None, delimiter: bytes = b"\n") -> Buffer:
    buffer = Buffer(first_offset=5, opened_at=100.0, delimiter=delimiter)
    for offset, value in enumerate(values, 5):
        buffer.add(offset, 1000, value)
    return buffer


@pytest.mark.parametrize(
    ("now", "limit_bytes", "due"),
    [(100.0, 4, True), (100.0, 5, False), (159.9, 5, False), (160.0, 5, True)],
)
def test_due_by_size_or_age(now: float, limit_bytes: int, due: bool) -> None:
    assert _buffer(b"abc").due(now, limit_bytes, 60) is due


def test_the_delimiter_stands_after_each_record() -> None:
    assert _buffer(b"a", b"b").body(compressed=False) == b"a\nb\n"
    assert _buffer(b"a", b"b", delimiter=b"").body(compressed=False) == b"ab"


def test_the_same_records_give_the_same_bytes() -> None:
    first, second = (_buffer(b"a", b"b").body(compressed=True) for _ in range(2))
    assert first == second
    assert first[4:8] == bytes(4)  # no time in the header
    assert gzip.decompress(first) == b"a\nb\n"


def test_a_record_without_a_value_moves_the_offset_only() -> None:
    buffer = _buffer(b"a", None)
    assert (buffer.records, buffer.size, buffer.next_offset) == (1, 2, 7)
    assert _buffer(None).body(compressed=False) == b""


def test_the_time_of_the_name_stays_and_the_oldest_is_kept() -> None:
    buffer = _buffer(b"a")
    assert (buffer.name(), buffer.oldest_ms, buffer.arrived_ms) == (1000, 1000, 1000)
    buffer.add(6, 999, b"older")
    buffer.add(7, 998, None)
    buffer.add(8, -1, b"without a time")
    assert (buffer.name(), buffer.oldest_ms, buffer.arrived_ms) == (1000, 999, 999)


def test_a_name_that_was_noted_stays() -> None:
    buffer = Buffer(first_offset=5, opened_at=100.0, delimiter=b"\n", named_ms=7)
    buffer.add(5, 1000, b"a")
    assert buffer.name() == 7


def test_records_without_a_time_arrived_when_they_were_read() -> None:
    before = time.time() * 1000 - 1
    buffer = Buffer(first_offset=5, opened_at=100.0, delimiter=b"\n")
    buffer.add(5, -1, b"a")
    assert before <= buffer.arrived_ms <= time.time() * 1000 + 1
    assert buffer.name() == 0
