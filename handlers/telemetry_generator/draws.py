"""Random numbers that are functions of a key: counter-based, integers from end to end.

A draw depends on its key and its lane alone, not on what was drawn before, so any subset of
sessions can be rebuilt at any time, on any machine. Floats are avoided where they would decide:
their last bit differs between processors. The mixer is SplitMix64's finaliser
(Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, auto

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF
_MIXING = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LANE_WIDTH = 64  # a lane has this many draws, for rules that draw several times a key
_LISTED_AT_MOST = 1_024  # of so many in sum, weights are quicker listed than searched


class Lane(IntEnum):
    """What a draw is for. A lane's number is part of every id and event: append, never reorder."""

    SLOT_SIZE = auto()
    START = auto()
    START_SLOT = auto()
    TITLE_CATEGORY = auto()
    TITLE = auto()
    CUSTOMER_CATEGORY = auto()
    CUSTOMER = auto()
    COMPLETES = auto()
    WATCHED = auto()
    PAUSES = auto()
    PAUSE_POSITION = auto()
    PAUSE_LENGTH = auto()
    REBUFFER_HAPPENS = auto()
    REBUFFER_POSITION = auto()
    REBUFFER_LENGTH = auto()
    ERROR_HAPPENS = auto()
    ERROR_POSITION = auto()
    DEVICE_TYPE = auto()
    DEVICE_ID = auto()
    DEVICE_OS = auto()
    APP_VERSION = auto()
    CONNECTION = auto()
    ISP = auto()
    CARRIER = auto()
    ADDRESS = auto()
    BANDWIDTH = auto()
    BANDWIDTH_CHANGE = auto()
    TIME_ZONE = auto()
    FAVOURITE_DEVICE = auto()
    DEVICE_IS_FAVOURITE = auto()
    DEVICE_IS_FAULTY = auto()
    LINE = auto()
    LINE_SPEED = auto()
    LEAVING = auto()
    LAUNCH = auto()
    OUTAGE_BEGIN = auto()
    OUTAGE_ISP = auto()
    OUTAGE_LOSES = auto()
    ROLLOUT = auto()


def mix(keys: Keys, lane: int, draw: int | Ints = 0) -> Keys:
    """64 random bits a key for draw number `draw` (0 to 63) of `lane`."""
    if isinstance(draw, int):
        steps = np.asarray(((lane * _LANE_WIDTH + 1 + draw) * _GOLDEN) & _MASK, dtype=np.uint64)
    else:
        steps = (draw + (lane * _LANE_WIDTH + 1)).astype(np.uint64) * np.uint64(_GOLDEN)
    bits: Keys = keys + steps
    for shift, factor in _MIXING:
        bits ^= bits >> shift
        bits *= factor
    bits ^= bits >> np.uint64(31)
    return bits


def session_keys(stream: int, counters: Ints) -> Keys:
    """One key a counter; different counters of one `stream` (64 bits) never share a key."""
    return mix(counters.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(stream & _MASK), 0)


def share(keys: Keys, lane: int, draw: int | Ints = 0) -> Ints:
    """A uniform whole number in [0, 2^32) a key."""
    bits = mix(keys, lane, draw)
    bits >>= np.uint64(32)
    return bits.view(np.int64)


def below(keys: Keys, lane: int, limit: int | Ints, draw: int | Ints = 0) -> Ints:
    """A uniform whole number in [0, limit) a key; `limit` < 2^31."""
    return (share(keys, lane, draw) * limit) >> 32


def happens(
    keys: Keys, lane: int, permille: int | Ints, draw: int | Ints = 0
) -> npt.NDArray[np.bool_]:
    """True with a probability of `permille` / 1000, a whole number ≥ 0."""
    # below(keys, lane, 1000, draw) < permille, with the bound scaled once instead of each draw
    return share(keys, lane, draw) < -((-permille << 32) // 1000)


def cumulative(weights: Sequence[int]) -> Ints:
    """The running sum that `pick` takes; weights are whole numbers ≥ 0.

    Raises ValueError when they sum to 2^31 or more.
    """
    sums: Ints = np.cumsum(np.asarray(weights, dtype=np.int64))
    if len(sums) and sums[-1] >= 1 << 31:
        raise ValueError(f"weights sum to {sums[-1]}, not below 2^31")
    return sums


def pick(keys: Keys, lane: int, weights: Ints) -> Ints:
    """An index a key, by weights given as their running sum (last one < 2^31)."""
    total = int(weights[-1])
    drawn = below(keys, lane, total)
    if total <= _LISTED_AT_MOST:
        index: Ints = np.repeat(np.arange(len(weights)), np.diff(weights, prepend=0))[drawn]
    else:
        index = np.searchsorted(weights, drawn, side="right").astype(np.int64)
    return index


def pick_by_row(keys: Keys, lane: int, table: Ints, rows: Ints) -> Ints:
    """An index a key, by the weights in row `rows[i]` of `table`: a few running sums in each."""
    drawn = below(keys, lane, table[:, -1][rows])
    index = np.zeros(len(rows), dtype=np.int64)
    for sums in table.T[:-1]:  # the last is above all that is drawn
        index += drawn >= sums[rows]
    return index


def stacked(weights: Ints) -> tuple[Ints, Ints]:
    """(running sums of all rows in one list, their totals): the table that `pick_from` takes.

    Rows are weights (whole numbers ≥ 0); each row's total is below 2^31.
    """
    sums = np.cumsum(weights, axis=1)
    flat = sums + (np.arange(len(weights), dtype=np.int64) << 32)[:, None]
    return flat.ravel(), sums[:, -1]


def pick_from(keys: Keys, lane: int, table: tuple[Ints, Ints], rows: Ints) -> Ints:
    """An index a key, by the weights in row `rows[i]` of a table made by `stacked`."""
    flat, totals = table
    drawn = (rows << 32) + below(keys, lane, totals[rows])
    place: Ints = np.searchsorted(flat, drawn, side="right").astype(np.int64)
    return place - rows * (len(flat) // len(totals))


def quantile(shares: Ints, knots: Ints, rows: Ints | None = None) -> Ints:
    """The value at probability `shares` / 2^32 of the distribution with these quantiles.

    `knots` are 2^k + 1 whole numbers at equal steps of probability, in the last axis; of a 2-D
    table, `rows` says which one is a share's. Between knots the value is interpolated.
    """
    steps = knots.shape[-1] - 1
    scaled = shares * steps
    step = scaled >> 32
    if rows is not None:
        step += rows * knots.shape[-1]
    fraction = scaled & 0xFFFFFFFF
    every = knots.ravel()
    low, high = every[step], every[step + 1]
    value: Ints = low + (((high - low) * (fraction >> 16)) >> 16)
    return value


def distinct(values: Ints) -> list[int]:
    """The values that there are, in order; for values that lie close together.

    `np.unique` would import numpy.ma, which costs a tenth of a small run.
    """
    if not len(values):
        return []
    least = int(values.min())
    return [least + place for place in np.flatnonzero(np.bincount(values - least)).tolist()]
