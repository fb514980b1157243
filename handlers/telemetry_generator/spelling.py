"""Columns of numbers as columns of text, most of them taken from tables of all that may come."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import product

import numpy as np

from handlers.telemetry_generator.draws import Ints, Keys
from handlers.telemetry_generator.texts import Bytes, Texts, Whole, beside, constant, items_of

_SECOND_MS, _MINUTE_MS = 1_000, 60_000
_LOWER = 10_000  # numbers are counted by their last four digits


@functools.cache
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
    return Texts(items_of(rows), lengths, int(lengths[0]))


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
    return Texts.fixed(items_of(rows))


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


def same_upper(first: int) -> int:
    """The least number above `first` whose digits but for the last four differ from its."""
    return first - first % _LOWER + _LOWER


def counted(first: int, last: int, before: str, after: str) -> list[Texts]:
    """The numbers `first` to `last` - 1, in eight digits, between two texts: as two columns.

    They have their upper digits in common: raises ValueError for a `last` above
    `same_upper(first)`.
    """
    upper, lower = divmod(first, _LOWER)
    count = last - first
    if lower + count > _LOWER:
        raise ValueError(f"{first} and {last - 1} differ in their upper digits")
    return [
        constant(count, f"{before}{upper:04d}"),
        _digits(4, "", after).part(slice(lower, lower + count)),
    ]


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
    return Texts.fixed(items_of(rows.reshape(_MINUTE_MS, -1)))


def seconds(at_ms: Ints) -> Texts:
    """The seconds of times, ms since 1970, as `ss.mmm`."""
    return _seconds().take(at_ms % _MINUTE_MS)
