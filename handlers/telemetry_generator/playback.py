"""How a session is watched: how far, where it pauses and for how long. Parameters first.

Times are whole milliseconds of the playhead unless named otherwise. Every session ends within
SESSION_MAX_SECONDS of its start. The events that this gives, with rebuffers and errors: `timeline`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from handlers.contract.limits import SESSION_MAX_SECONDS
from handlers.contract.reference import TITLE_TYPES
from handlers.telemetry_generator.draws import (
    Ints,
    Keys,
    Lane,
    happens,
    pick_by_row,
    quantile,
    share,
)

# By title type, in the order of TITLE_TYPES (movie, series, documentary), then any other.
COMPLETES_PERMILLE = (420, 610, 380, 450)
# Longer titles are completed less: factor in hundredths by length, from these minutes on.
LENGTH_FROM_MINUTES = (30, 60, 100, 140)
LENGTH_PERCENT = (112, 106, 100, 90, 75)
# How those who do not complete a title leave it, in hundredths: having tried it, midway, in the
# credits.
LEAVING_WEIGHTS = ((34, 52, 14), (26, 58, 16), (38, 50, 12), (34, 52, 14))
# When those leave who try it: quantiles at steps of 1/8, ms of the playhead.
TRIED_MS = (5_000, 14_000, 28_000, 48_000, 75_000, 120_000, 190_000, 320_000, 600_000)
# Share of the title seen by those who leave midway, quantiles at steps of 1/8, 1/10000.
WATCHED_SHARE = (
    (200, 900, 1_700, 2_600, 3_600, 4_800, 6_200, 7_700, 9_200),
    (300, 1_200, 2_200, 3_300, 4_500, 5_800, 7_000, 8_200, 9_200),
    (200, 800, 1_500, 2_400, 3_400, 4_600, 6_000, 7_600, 9_200),
    (200, 900, 1_700, 2_600, 3_600, 4_800, 6_200, 7_700, 9_200),
)
CREDITS_SHARE = (9_200, 9_350, 9_500, 9_600, 9_680, 9_750, 9_820, 9_900, 9_970)
WATCHED_MIN_MS = 5_000
# Nobody plays longer in one session: what is left of its life is for pauses and rebuffering. A
# title that is longer is never completed.
WATCHED_MAX_MS = (SESSION_MAX_SECONDS - 1_800) * 1000

PAUSES_MAX = 4
# Sessions watched longer are paused more: chances of no, one, … pause in hundredths by minutes.
PAUSE_FROM_MINUTES = (10, 30, 75)
PAUSE_WEIGHTS = ((76, 19, 4, 1, 0), (46, 32, 15, 5, 2), (28, 32, 23, 11, 6), (18, 27, 27, 17, 11))
PAUSE_SPACING_MS = 60_000  # a session is watched this long per pause, at least
# Quantiles of a pause's length at steps of 1/8, ms.
PAUSE_MS = (4_000, 9_000, 20_000, 45_000, 90_000, 180_000, 360_000, 780_000, 2_400_000)

# A rebuffer may happen at each of this many random places of WATCHED_MAX_MS, and an error.
REBUFFER_PLACES = 8
# Quantiles of a rebuffer's length at steps of 1/8, whole seconds.
REBUFFER_SECONDS = (1, 1, 2, 2, 3, 4, 5, 8, 16)
ERROR_PLACES = 3

_HAVING_TRIED, _MIDWAY, _IN_CREDITS = range(3)  # columns of LEAVING_WEIGHTS

_PAUSE_WEIGHTS = np.cumsum(np.asarray(PAUSE_WEIGHTS, dtype=np.int64), axis=1)
_PAUSE_FROM_MS = 60_000 * np.asarray(PAUSE_FROM_MINUTES, dtype=np.int64)
_PAUSE_MS = np.asarray(PAUSE_MS, dtype=np.int64)
_WATCHED_SHARE = np.asarray(WATCHED_SHARE, dtype=np.int64)
_LENGTH_FROM_SECONDS = 60 * np.asarray(LENGTH_FROM_MINUTES, dtype=np.int64)
_LENGTH_PERCENT = np.asarray(LENGTH_PERCENT, dtype=np.int64)
_LEAVING = np.cumsum(np.asarray(LEAVING_WEIGHTS, dtype=np.int64), axis=1)
_TRIED_MS = np.asarray(TRIED_MS, dtype=np.int64)
_CREDITS_SHARE = np.asarray(CREDITS_SHARE, dtype=np.int64)
_COMPLETES = np.asarray(COMPLETES_PERMILLE, dtype=np.int64)

assert len(COMPLETES_PERMILLE) == len(WATCHED_SHARE) == len(LEAVING_WEIGHTS) == len(TITLE_TYPES) + 1

# Longer than rebuffering ever lasts: sessions may be told to be over without drawing it.
REBUFFERING_MAX_MS = REBUFFER_PLACES * max(REBUFFER_SECONDS) * 1000


class Viewing(NamedTuple):
    """How each session is watched; of its pauses each has a row, zero past `pauses`."""

    watched_ms: Ints
    completes: npt.NDArray[np.bool_]
    pauses: Ints
    pause_at_ms: Ints
    pause_ms: Ints

    def of(self, chosen: npt.NDArray[np.bool_]) -> Viewing:
        """The sessions that `chosen` marks."""
        return Viewing(
            self.watched_ms[chosen],
            self.completes[chosen],
            self.pauses[chosen],
            self.pause_at_ms[:, chosen],
            self.pause_ms[:, chosen],
        )


def completes_permille(type_index: Ints, duration_seconds: Ints) -> Ints:
    """The chance that titles of these types and durations are watched to their end."""
    length = np.searchsorted(_LENGTH_FROM_SECONDS, duration_seconds, side="right")
    chance: Ints = _COMPLETES[type_index] * _LENGTH_PERCENT[length] // 100
    return chance


def viewing(keys: Keys, type_index: Ints, duration_seconds: Ints) -> Viewing:
    """How sessions of titles of these types and durations are watched."""
    duration_ms = duration_seconds * 1000
    drawn = share(keys, Lane.WATCHED)
    leaving = pick_by_row(keys, Lane.LEAVING, _LEAVING, type_index)
    part = np.where(
        leaving == _IN_CREDITS,
        quantile(drawn, _CREDITS_SHARE),
        quantile(drawn, _WATCHED_SHARE, type_index),
    )
    # Of a title that is longer than a session, as much as may be played counts as all of it.
    reach_ms = np.minimum(duration_ms, WATCHED_MAX_MS)
    left_at = np.where(
        leaving == _HAVING_TRIED, quantile(drawn, _TRIED_MS), reach_ms * part // 10_000
    )
    completes = happens(keys, Lane.COMPLETES, completes_permille(type_index, duration_seconds)) & (
        duration_ms <= WATCHED_MAX_MS
    )
    left_at = np.clip(left_at, WATCHED_MIN_MS, reach_ms - 1_000)
    watched = np.where(completes, duration_ms, left_at)
    length = np.searchsorted(_PAUSE_FROM_MS, watched, side="right")
    pauses = pick_by_row(keys, Lane.PAUSES, _PAUSE_WEIGHTS, length)
    pauses = np.minimum(pauses, watched // PAUSE_SPACING_MS)
    pause_at, pause = _pauses(keys, watched, pauses)
    return Viewing(watched, completes, pauses, pause_at, pause)


def _pauses(keys: Keys, watched: Ints, pauses: Ints) -> tuple[Ints, Ints]:
    """(where each pause lies, how long it is), ms; shortened where a session had no room for it."""
    number, row = each_pause(pauses)
    own = keys[row]
    # The k-th of n pauses lies in the k-th n-th of what is watched.
    stratum = watched[row] // pauses[row]
    within = (share(own, Lane.PAUSE_POSITION, number) * (stratum - 1)) >> 32
    at, length = np.zeros((2, PAUSES_MAX, len(keys)), dtype=np.int64)
    at[number, row] = stratum * number + within + 1
    length[number, row] = quantile(share(own, Lane.PAUSE_LENGTH, number), _PAUSE_MS)
    left = SESSION_MAX_SECONDS * 1000 - 1 - watched - REBUFFERING_MAX_MS
    total = length.sum(axis=0)
    over = np.flatnonzero(total > left)
    length[:, over] = length[:, over] * left[over] // np.maximum(total[over], 1)
    return at, length


def each_pause(pauses: Ints) -> tuple[Ints, Ints]:
    """(its number from 0, the row of its session) of each pause of sessions with so many."""
    place = np.flatnonzero(np.arange(PAUSES_MAX)[:, None] < pauses)
    number, row = np.divmod(place, len(pauses))
    return number, row
