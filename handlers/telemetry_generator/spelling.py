"""Columns of numbers as columns of text, and columns of text as lines: bytes from end to end.

A column of text is an array of items of one width; what is shorter ends in NULs, which no JSON text
holds. Lines are laid out at full width, many at once, and lose their NULs together: the work an
event costs is copying, and nothing is a Python object.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from handlers.telemetry_generator.draws import Ints, Keys

Texts = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]
# The text that comes before a column, and the column.
Piece = tuple[str, Texts]

NUMBER_DIGITS = 5
_SECOND_MS, _MINUTE_MS = 1_000, 60_000


def texts(values: Iterable[str]) -> Texts:
    """A table of these texts, UTF-8."""
    encoded = np.asarray([value.encode() for value in values], dtype=np.bytes_)
    return encoded.view(f"V{encoded.itemsize}")


@functools.cache
def _digits(count: int) -> Bytes:
    """Every number of so many digits, with leading zeros: a row a number, a digit a column."""
    numbers = np.arange(10**count)[:, None] // 10 ** np.arange(count)[::-1] % 10
    return (numbers + ord("0")).astype(np.uint8)


@functools.cache
def _numbers() -> Texts:
    table = _digits(NUMBER_DIGITS).copy()
    leading = np.logical_and.accumulate(table[:, :-1] == ord("0"), axis=1)
    table[:, :-1][leading] = 0
    return _rows(table)


def numbers(values: Ints) -> Texts:
    """Whole numbers from 0 to 99,999, without leading zeros. Raises IndexError for others."""
    return _numbers().take(values)


def digits(values: Ints, count: int) -> Texts:
    """Whole numbers of up to `count` (small) digits, with leading zeros."""
    return _rows(_digits(count)).take(values)


def indices(values: Ints) -> Texts:
    """Whole numbers from 0 to 99,999,999 in 8 digits."""
    return _rows(digits(np.stack(np.divmod(values, 10_000), axis=1), 4))


_HEX = texts(f"{byte:02x}" for byte in range(256)).view(np.uint16)


def hexadecimal(keys: Keys) -> Texts:
    """Keys in 16 hex digits."""
    return _rows(_HEX.take(_octets(keys)))


_OCTETS = texts([f"{octet}." for octet in range(256)] + [str(octet) for octet in range(256)])
_LAST_OCTET = np.asarray([0, 0, 0, 256])


def addresses(values: Ints) -> Texts:
    """IPv4 addresses, given as numbers, with dots."""
    return _rows(_OCTETS.take(_octets(values)[:, 4:] + _LAST_OCTET))


def minutes(at_ms: Ints) -> Texts:
    """Times, ms since 1970, as `YYYY-MM-DDThh:mm`; made for times that lie close together."""
    minute = at_ms // _MINUTE_MS
    first, last = int(minute.min()), int(minute.max())
    every = np.arange(first, last + 1).astype("datetime64[m]")
    spelt = np.datetime_as_string(every).astype(np.bytes_)
    return spelt.view(f"V{spelt.itemsize}").take(minute - first)


def seconds(at_ms: Ints) -> tuple[Texts, Texts]:
    """The seconds of times, ms since 1970, and their milliseconds."""
    second, millisecond = np.divmod(at_ms % _MINUTE_MS, _SECOND_MS)
    return digits(second, 2), digits(millisecond, 3)


def _octets(values: npt.NDArray[Any]) -> Bytes:
    """The 8 bytes of each number, the highest first."""
    return values.astype(">u8").view(np.uint8).reshape(-1, 8)


def _rows(parts: npt.NDArray[Any]) -> Texts:
    """The items of each row as one."""
    return parts.view(f"V{parts.itemsize * parts.shape[1]}").ravel()


class Page:
    """Lines side by side: the texts between columns are written once, the columns block by block.

    All blocks have columns of the same widths and the same texts between them.
    """

    def __init__(self, rows: int, pieces: Sequence[Piece], end: str) -> None:
        """`end` closes each line."""
        names, offsets, formats = [], [], []
        blank = b""
        for place, (before, column) in enumerate(pieces):
            blank += before.encode()
            names.append(str(place))
            offsets.append(len(blank))
            formats.append(column.dtype)
            blank += bytes(column.itemsize)
        blank += end.encode()
        layout: Any = {
            "names": names,
            "offsets": offsets,
            "formats": formats,
            "itemsize": len(blank),
        }
        self._bytes = np.tile(np.frombuffer(blank, np.uint8), rows)
        self._inked = np.empty(len(self._bytes), dtype=np.bool_)
        self._columns = [self._bytes.view(np.dtype(layout))[name] for name in names]
        self._width = len(blank)

    def lines(self, pieces: Sequence[Piece]) -> memoryview:
        """The lines of a block, one after the other."""
        rows = len(pieces[0][1])
        for column, (_, given) in zip(self._columns, pieces, strict=True):
            column[:rows] = given
        used = self._bytes[: rows * self._width]
        return used[np.not_equal(used, 0, out=self._inked[: len(used)])].data
