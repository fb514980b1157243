"""Buffers: what is due when, and the bytes of an object."""

from __future__ import annotations

import gzip

import pytest

from local.delivery.buffer import Buffer


def _buffer(*values: bytes | None, delimiter: bytes = b"\n") -> Buffer:
    buffer = Buffer(first_offset=5, first_timestamp_ms=0, opened_at=100.0, delimiter=delimiter)
    for offset, value in enumerate(values, 5):
        buffer.add(offset, value)
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
