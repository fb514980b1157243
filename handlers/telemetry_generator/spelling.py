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
from itertools import product, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from handlers.telemetry_generator.draws import Ints, Keys, distinct

Items = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.integer[Any]]

_SECOND_MS, _MINUTE_MS = 1_000, 60_000
_SLACK_BYTES = 16  # by which a line may be longer than those before it, on average


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
    def quoted(cls, texts: Sequence[str], before: str = "") -> Texts:
        """These texts as JSON spells them, UTF-8, each after the text `before`."""
        if not texts:
            return cls._of([])
        # NUL is in no JSON text, so it may stand between several.
        encoder = json.JSONEncoder(ensure_ascii=False, separators=(f"\0{before}", ":"))
        return cls._of((before + encoder.encode(list(texts))[1:-1]).encode().split(b"\0"))

    @classmethod
    def all_of(cls, tables: Sequence[Texts]) -> Texts:
        """The rows of all `tables` in one."""
        if len(tables) == 1:
            return tables[0]
        width = max(table.items.itemsize for table in tables)
        rows = np.empty((sum(len(table.items) for table in tables), width), dtype=np.uint8)
        first = 0
        for table in tables:
            last, before = first + len(table.items), width - table.items.itemsize
            rows[first:last, :before] = 0
            rows[first:last, before:] = _bytes(table.items)
            first = last
        lengths = np.concatenate([table.lengths for table in tables])
        return cls(_items(rows), lengths, min(table.least for table in tables))

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


def _bytes(items: Items) -> Bytes:
    """The items as rows of bytes."""
    return items.view(np.uint8).reshape(len(items), items.itemsize)


def _items(rows: Bytes) -> Items:
    """Rows of bytes as items."""
    return rows.view(f"V{rows.shape[1]}").ravel()


def constant(rows: int, text: str) -> Texts:
    """The same text in every row."""
    return Texts.fixed(np.full(rows, np.void(text.encode())))


def _decimals(count: int, digits: int) -> Bytes:
    """The numbers below `count` in `digits` digits, with leading zeros."""
    powers = 10 ** np.arange(digits - 1, -1, -1)
    return (np.arange(count)[:, None] // powers % 10 + ord("0")).astype(np.uint8)


@functools.cache
def _numbers(count: int, before: str, after: str) -> Texts:
    """The numbers below `count`, without leading zeros, between two texts."""
    start, end = (np.frombuffer(text.encode(), dtype=np.uint8) for text in (before, after))
    most = len(str(count - 1))
    decimals = _decimals(count, most)
    rows = np.zeros((count, len(start) + most + len(end)), dtype=np.uint8)
    lengths = np.empty(count, dtype=np.int64)
    tail = rows.shape[1] - len(end)
    rows[:, tail:] = end
    for size in range(1, most + 1):
        some = slice(10 ** (size - 1) if size > 1 else 0, 10**size)
        rows[some, tail - size : tail] = decimals[some, most - size :]
        rows[some, tail - size - len(start) : tail - size] = start
        lengths[some] = len(start) + size + len(end)
    return Texts(_items(rows), lengths, int(lengths[0]))


def _limit(values: Whole) -> int:
    """A power of 2 that all `values` are below, so that few tables serve all."""
    return 1 << int(values.max(initial=0)).bit_length()


def numbers(values: Whole, before: str = "", after: str = "") -> Texts:
    """Whole numbers ≥ 0 between two texts; for small ones, as a table of all is made."""
    return _numbers(_limit(values), before, after).take(values)


@functools.cache
def twice(limit: int, before: str, between: str) -> Texts:
    """A table of the numbers below `limit`, each between and after two texts."""
    return beside([_numbers(limit, before, ""), _numbers(limit, between, "")])


@functools.cache
def _digits(count: int, before: str, after: str) -> Texts:
    start, end = before.encode(), after.encode()
    rows = np.empty((10**count, len(start) + count + len(end)), dtype=np.uint8)
    rows[:] = np.frombuffer(start + bytes(count) + end, dtype=np.uint8)
    rows[:, len(start) : len(start) + count] = _decimals(10**count, count)
    return Texts.fixed(_items(rows))


def digits(values: Whole, count: int, before: str = "", after: str = "") -> Texts:
    """Whole numbers in `count` (few) digits, leading zeros included, between two texts."""
    return _digits(count, before, after).take(values)


@functools.cache
def _hundredths(limit: int, before: str, after: str) -> Texts:
    whole, hundredth = np.divmod(np.arange(limit), 100)
    return beside([numbers(whole, before), digits(hundredth, 2, ".", after)])


def hundredths(values: Whole, before: str = "", after: str = "") -> Texts:
    """Hundredths ≥ 0 as numbers with two decimals between two texts; for small ones."""
    return _hundredths(_limit(values), before, after).take(values)


_HEX = Texts.of(f"{byte:02x}" for byte in range(256)).items.view(np.uint16)


def hexadecimal(keys: Keys) -> Texts:
    """Keys in 16 hex digits."""
    pairs = _HEX.take(keys.astype(">u8").view(np.uint8))
    return Texts.fixed(pairs.view("V16"))


def spread(values: Whole, spell: str) -> Texts:
    """Numbers that lie close together, as `spell` formats them."""
    first, last = int(values.min()), int(values.max())
    return Texts.of(spell.format(value) for value in range(first, last + 1)).take(values - first)


def minutes(at_ms: Ints, before: Sequence[str], which: Whole) -> Texts:
    """Times, ms since 1970, as `YYYY-MM-DDThh:mm:`, each after the text `before[which]`.

    For times that lie close together.
    """
    minute = at_ms // _MINUTE_MS
    first, last = int(minute.min()), int(minute.max())
    every = np.datetime_as_string(np.arange(first, last + 1).astype("datetime64[m]")).tolist()
    table = Texts.of(f"{text}{one}:" for one, text in product(every, before))
    return table.take((minute - first) * len(before) + which)


@functools.cache
def _seconds() -> Texts:
    rows = np.empty((_MINUTE_MS // _SECOND_MS, _SECOND_MS, len("ss.mmm")), dtype=np.uint8)
    rows[:, :, :2] = _decimals(len(rows), 2)[:, None]
    rows[:, :, 2] = ord(".")
    rows[:, :, 3:] = _decimals(_SECOND_MS, 3)
    return Texts.fixed(_items(rows.reshape(_MINUTE_MS, -1)))


def seconds(at_ms: Ints) -> Texts:
    """The seconds of times, ms since 1970, as `ss.mmm`."""
    return _seconds().take(at_ms % _MINUTE_MS)


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


def beside(columns: Sequence[Texts]) -> Texts:
    """The columns side by side as one column."""
    lengths: Ints = np.sum([column.lengths for column in columns], axis=0)
    width = int(lengths.max(initial=1))
    items = np.zeros((len(lengths), width), dtype=np.uint8)
    _write_all(items.reshape(-1), columns, width * np.arange(1, len(lengths) + 1))
    return Texts(_items(items), lengths, int(lengths.min(initial=width)))


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
        _write(written, _items(texts), ends[rows])
