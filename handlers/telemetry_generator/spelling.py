"""Columns of numbers as columns of text, and columns of text as lines: bytes from end to end.

What an event costs is the copying of its texts; nothing of it is a Python object. A column of text
is an array of items of one width, each text at its item's end, and the texts' lengths. Lines are
written from their last column to their first, item by item: what is before the text in an item
lands on columns of the same line that are written after it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from handlers.telemetry_generator.draws import Ints, Keys

Items = npt.NDArray[np.void]

# NUL is in no JSON text, so it may stand between several.
_JSON = json.JSONEncoder(ensure_ascii=False, separators=("\0", ":"))
_SECOND_MS, _MINUTE_MS = 1_000, 60_000


@dataclass(frozen=True)
class Texts:
    """A column of text, or a table to take one from; no text is shorter than `least` bytes."""

    items: Items
    lengths: Ints
    least: int

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """These texts, UTF-8."""
        return cls._of([text.encode() for text in texts])

    @classmethod
    def quoted(cls, texts: Sequence[str]) -> Texts:
        """These texts as JSON spells them, UTF-8."""
        if not texts:
            return cls._of([])
        return cls._of(_JSON.encode(list(texts))[1:-1].encode().split(b"\0"))

    @classmethod
    def all_of(cls, tables: Sequence[Texts]) -> Texts:
        """The rows of all `tables` in one."""
        if len(tables) == 1:
            return tables[0]
        return cls._of([text for table in tables for text in table.plain()])

    @classmethod
    def _of(cls, texts: Sequence[bytes]) -> Texts:
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        width = max(1, int(lengths.max(initial=0)))
        items = b"".join(map(bytes.rjust, texts, repeat(width), repeat(b"\0")))
        return cls(np.frombuffer(items, f"V{width}"), lengths, int(lengths.min(initial=width)))

    @classmethod
    def fixed(cls, items: Items) -> Texts:
        """Texts that all fill their items."""
        width = items.itemsize
        return cls(items, np.full(len(items), width, dtype=np.int64), width)

    def plain(self) -> list[bytes]:
        """The texts one by one."""
        width = self.items.itemsize
        return [
            item.tobytes()[width - length :]
            for item, length in zip(self.items, self.lengths.tolist(), strict=True)
        ]

    def take(self, rows: Ints) -> Texts:
        """The texts of these rows. Raises IndexError for a row that is not there."""
        return Texts(self.items.take(rows), self.lengths.take(rows), self.least)


def constant(rows: int, text: str) -> Texts:
    """The same text in every row."""
    return Texts.fixed(np.full(rows, np.void(text.encode())))


@functools.cache
def _numbers(bits: int, before: str, after: str) -> Texts:
    return Texts.of(f"{before}{number}{after}" for number in range(1 << bits))


def numbers(values: Ints, before: str = "", after: str = "") -> Texts:
    """Whole numbers ≥ 0 between two texts; for small ones, as a table of all is made."""
    return _numbers(int(values.max(initial=0)).bit_length(), before, after).take(values)


@functools.cache
def _digits(count: int, before: str, after: str) -> Texts:
    return Texts.of(f"{before}{number:0{count}d}{after}" for number in range(10**count))


def digits(values: Ints, count: int, before: str = "", after: str = "") -> Texts:
    """Whole numbers in `count` (few) digits, leading zeros included, between two texts."""
    return _digits(count, before, after).take(values)


@functools.cache
def _hundredths(bits: int, before: str, after: str) -> Texts:
    values = range(1 << bits)
    return Texts.of(f"{before}{value // 100}.{value % 100:02d}{after}" for value in values)


def hundredths(values: Ints, before: str = "", after: str = "") -> Texts:
    """Hundredths ≥ 0 as numbers with two decimals between two texts; for small ones."""
    return _hundredths(int(values.max(initial=0)).bit_length(), before, after).take(values)


_HEX = Texts.of(f"{byte:02x}" for byte in range(256)).items.view(np.uint16)


def hexadecimal(keys: Keys) -> Texts:
    """Keys in 16 hex digits."""
    pairs = _HEX.take(keys.astype(">u8").view(np.uint8))
    return Texts.fixed(pairs.view("V16"))


def spread(values: Ints, spell: str) -> Texts:
    """Numbers that lie close together, as `spell` formats them."""
    first, last = int(values.min()), int(values.max())
    return Texts.of(spell.format(value) for value in range(first, last + 1)).take(values - first)


def minutes(at_ms: Ints) -> Texts:
    """Times, ms since 1970, as `YYYY-MM-DDThh:mm:`; for times that lie close together."""
    minute = at_ms // _MINUTE_MS
    first, last = int(minute.min()), int(minute.max())
    every = np.datetime_as_string(np.arange(first, last + 1).astype("datetime64[m]"))
    return Texts.of(f"{one}:" for one in every.tolist()).take(minute - first)


def seconds(at_ms: Ints) -> tuple[Texts, Texts]:
    """The seconds of times, ms since 1970, and their milliseconds: `ss.` and `mmm`."""
    second, millisecond = np.divmod(at_ms % _MINUTE_MS, _SECOND_MS)
    return digits(second, 2, after="."), digits(millisecond, 3)


def joined(columns: Sequence[Texts]) -> memoryview:
    """The columns side by side: each line the texts of one row, all lines one after the other."""
    ends = np.cumsum(sum(column.lengths for column in columns))
    margin = max(column.items.itemsize for column in columns)
    written = np.empty(margin + int(ends[-1]), dtype=np.uint8)
    ends += margin
    room = sum(column.least for column in columns)
    for column in reversed(columns):
        room -= column.least
        if column.items.itemsize - column.least <= room:
            _write(written, column.items, ends)
        else:
            _write_by_length(written, column, ends)
        ends -= column.lengths
    return written[margin:].data


def _write(written: npt.NDArray[np.uint8], items: Items, ends: Ints) -> None:
    """Write each item so that it ends before its place in `ends`."""
    width = items.itemsize
    places: Any = np.ndarray((len(written) - width + 1,), items.dtype, written, strides=(1,))
    places[ends - width] = items


def _write_by_length(written: npt.NDArray[np.uint8], column: Texts, ends: Ints) -> None:
    """Write the texts alone, where the rest of their items would land on another line."""
    every = column.items.view(np.uint8).reshape(len(column.items), -1)
    for length in np.unique(column.lengths[column.lengths > 0]).tolist():
        rows = np.flatnonzero(column.lengths == length)
        texts = np.ascontiguousarray(every[rows, -length:])
        _write(written, texts.view(f"V{length}").ravel(), ends[rows])
