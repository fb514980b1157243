"""Columns of text, side by side as one column or as lines: bytes from end to end.

What an event costs is the copying of its texts; nothing of it is a Python object. A column of text
is an array of items of one width, each text at its item's end after zeros, and the texts' lengths.
Lines are written from their last column to their first, item by item: what is before the text in
an item lands on columns of the same line that are written after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from handlers.telemetry_generator.draws import Ints, distinct
from handlers.telemetry_generator.memory import Growing

Items = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.integer[Any]]

_SLACK_BYTES = 16  # by which a line may be longer than those before it, on average


class Texts(NamedTuple):
    """A column of text, or a table to take one from; no text is shorter than `least` bytes."""

    items: Items
    lengths: Ints
    least: int

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """These texts, UTF-8."""
        return cls._of([text.encode() for text in texts])

    @classmethod
    def quoted(cls, texts: Sequence[str], before: str = "") -> Texts:
        """These texts as JSON spells them, UTF-8, each after the text `before`."""
        if not texts:
            return cls._of([])
        # NUL is in no JSON text, so it may stand between several.
        encoder = json.JSONEncoder(ensure_ascii=False, separators=(f"\0{before}", ":"))
        return cls._of((before + encoder.encode(list(texts))[1:-1]).encode().split(b"\0"))

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

    def take(self, rows: Whole) -> Texts:
        """The texts of these rows. Raises IndexError for a row that is not there."""
        return Texts(self.items.take(rows), self.lengths.take(rows), self.least)

    def part(self, rows: slice) -> Texts:
        """The texts of these rows, one after the other; nothing is copied."""
        return Texts(self.items[rows], self.lengths[rows], self.least)


def _bytes(items: Items) -> Bytes:
    """The items as rows of bytes."""
    return items.view(np.uint8).reshape(len(items), items.itemsize)


def items_of(rows: Bytes) -> Items:
    """Rows of bytes as items."""
    return rows.view(f"V{rows.shape[1]}").ravel()


def constant(rows: int, text: str) -> Texts:
    """The same text in every row."""
    item = np.void(text.encode())
    width = np.int64(item.itemsize)
    return Texts(np.broadcast_to(item, rows), np.broadcast_to(width, rows), item.itemsize)


class Table:
    """A column of text that is added to; memory for `count` rows is taken, and used as they come.

    A row is as wide as the items of all its columns, so that each of them has its room: as the
    longest texts that there may be, also where they were not taken.
    """

    def __init__(self, count: int) -> None:
        self._expected = count
        self._rows: Bytes = np.empty((0, 0), dtype=np.uint8)
        self._lengths = Growing(count, np.int64)

    def add(self, columns: Sequence[Texts]) -> None:
        """Add the columns side by side: each row the texts of one of theirs."""
        lengths: Ints = np.sum([column.lengths for column in columns], axis=0)
        first = len(self._lengths.values())
        self._make_room(first, first + len(lengths), sum(one.items.itemsize for one in columns))
        rows = self._rows[first : first + len(lengths)]
        rows[:] = 0
        ends = rows.shape[1] * np.arange(1, len(rows) + 1)
        for column in reversed(columns):
            _write(rows.reshape(-1), column.items, ends)
            ends -= column.lengths
        self._lengths.add(lengths)

    def _make_room(self, used: int, wanted: int, width: int) -> None:
        count, wide = self._rows.shape
        if wanted <= count and width <= wide:
            return
        if wanted > count:
            count = max(wanted, 2 * count, self._expected)
        rows = np.empty((count, max(width, wide)), dtype=np.uint8)
        before = rows.shape[1] - wide
        rows[:used, :before] = 0
        rows[:used, before:] = self._rows[:used]
        self._rows = rows

    def texts(self) -> Texts:
        """All rows so far."""
        lengths = self._lengths.values()
        rows = self._rows[: len(lengths)]
        return Texts(items_of(rows), lengths, int(lengths.min(initial=rows.shape[1])))


def beside(columns: Sequence[Texts]) -> Texts:
    """The columns side by side as one column."""
    table = Table(len(columns[0].items))
    table.add(columns)
    return table.texts()


class Lines:
    """Lines in one piece of memory, written some at a time; `count` are expected in all.

    Nothing is copied twice: moving an event's bytes once costs as much as making some of them.
    """

    def __init__(self, count: int) -> None:
        self._left = count
        self._bytes: Bytes = np.empty(0, dtype=np.uint8)
        self._end = 0

    def add(self, columns: Sequence[Texts]) -> None:
        """The columns side by side: each line the texts of one row."""
        ends = np.cumsum(sum(column.lengths for column in columns))
        rows, more = len(ends), int(ends[-1])
        if self._end + more > len(self._bytes):
            self._left = max(self._left, rows)
            # Lines are about as long as these; they are copied if they turn out to be longer.
            size = more * self._left // rows + self._left * _SLACK_BYTES
            larger = np.empty(self._end + size, dtype=np.uint8)
            larger[: self._end] = self._bytes[: self._end]
            self._bytes = larger
        _write_all(self._bytes[self._end : self._end + more], columns, ends)
        self._end += more
        self._left -= rows

    def written(self) -> memoryview:
        """All lines, one after the other."""
        return self._bytes[: self._end].data


def _write_all(written: Bytes, columns: Sequence[Texts], ends: Ints) -> None:
    """Write each row of the columns so that it ends before its place in `ends`, which changes.

    What is before the text in an item lands on texts before it in its row, never before the row.
    """
    room = sum(column.least for column in columns)
    for column in reversed(columns):
        room -= column.least
        if column.items.itemsize - column.least <= room:
            _write(written, column.items, ends)
        else:
            _write_by_length(written, column, ends)
        ends -= column.lengths


def _write(written: Bytes, items: Items, ends: Ints) -> None:
    """Write each item so that it ends before its place in `ends`."""
    if not len(items):
        return
    width = items.itemsize
    places: Any = np.ndarray((len(written) - width + 1,), items.dtype, written, strides=(1,))
    places[ends - width] = items


def _write_by_length(written: Bytes, column: Texts, ends: Ints) -> None:
    """Write the texts alone, where the rest of their items would land on another line."""
    every = _bytes(column.items)
    for length in distinct(column.lengths[column.lengths > 0]):
        rows = np.flatnonzero(column.lengths == length)
        texts = np.ascontiguousarray(every[rows, -length:])
        _write(written, items_of(texts), ends[rows])
