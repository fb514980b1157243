"""What happens in a session: how far people watch, where they pause, when the player rebuffers.

Times are whole milliseconds of the playhead unless named otherwise. Every session ends within
SESSION_MAX_SECONDS of its start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handlers.contract.event import CONNECTION_TYPES
from handlers.contract.limits import SESSION_MAX_SECONDS
from handlers.contract.reference import TITLE_TYPES
from handlers.telemetry_generator.draws import (
    Ints,
    Keys,
    Lane,
    cumulative,
    happens,
    pick,
    quantile,
    share,
)

# By title type, in the order of TITLE_TYPES (movie, series, documentary), then any other.
COMPLETES_PERMILLE = (420, 610, 380, 450)
# Share of the title seen by those who do not complete it, quantiles at steps of 1/8, 1/10000.
WATCHED_SHARE = (
    (20, 300, 900, 1_800, 3_000, 4_600, 6_400, 8_200, 9_700),
    (30, 500, 1_400, 2_600, 4_000, 5_600, 7_300, 8_800, 9_800),
    (20, 250, 800, 1_700, 2_900, 4_500, 6_300, 8_100, 9_700),
    (20, 300, 900, 1_800, 3_000, 4_600, 6_400, 8_200, 9_700),
)
WATCHED_MIN_MS = 5_000
# Nobody plays longer in one session: what is left of its life is for pauses and rebuffering.
WATCHED_MAX_MS = (SESSION_MAX_SECONDS - 1_800) * 1000

PAUSES_MAX = 4
PAUSE_WEIGHTS = (34, 30, 20, 10, 6)  # none, one, …
PAUSE_SPACING_MS = 60_000  # a session is watched this long per pause, at least
# Quantiles of a pause's length at steps of 1/8, ms.
PAUSE_MS = (4_000, 9_000, 20_000, 45_000, 90_000, 180_000, 360_000, 780_000, 2_400_000)

# A rebuffer may happen at each of this many random places of WATCHED_MAX_MS, by connection type
# (in the order of CONNECTION_TYPES), in thousandths.
REBUFFER_PLACES = 8
REBUFFER_PERMILLE = (240, 520, 90, 170, 430, 680)
# Quantiles of a rebuffer's length at steps of 1/8, whole seconds.
REBUFFER_SECONDS = (1, 1, 2, 2, 3, 4, 5, 8, 16)
ERROR_PLACES = 2
ERROR_PERMILLE = (60, 110, 30, 40, 90, 150)

START, PAUSE, RESUME, STOP, COMPLETE = range(5)  # indices into EVENT_TYPES
EVENTS_MAX = 2 + 2 * PAUSES_MAX

_PAUSE_WEIGHTS = cumulative(PAUSE_WEIGHTS)
_PAUSE_MS = np.asarray(PAUSE_MS, dtype=np.int64)
_WATCHED_SHARE = np.asarray(WATCHED_SHARE, dtype=np.int64)
_COMPLETES = np.asarray(COMPLETES_PERMILLE, dtype=np.int64)
_REBUFFER_PERMILLE = np.asarray(REBUFFER_PERMILLE, dtype=np.int64)
_REBUFFER_SECONDS = np.asarray(REBUFFER_SECONDS, dtype=np.int64)
_ERROR_PERMILLE = np.asarray(ERROR_PERMILLE, dtype=np.int64)

assert len(COMPLETES_PERMILLE) == len(WATCHED_SHARE) == len(TITLE_TYPES) + 1
assert len(REBUFFER_PERMILLE) == len(ERROR_PERMILLE) == len(CONNECTION_TYPES)

# Longer than rebuffering ever lasts: sessions may be told to be over without drawing it.
REBUFFERING_MAX_MS = REBUFFER_PLACES * max(REBUFFER_SECONDS) * 1000


@dataclass(frozen=True)
class Viewing:
    """How each session is watched; pauses are rows of PAUSES_MAX, zero past `pauses`."""

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
            self.pause_at_ms[chosen],
            self.pause_ms[chosen],
        )


@dataclass(frozen=True)
class Timeline:
    """The events of each session: rows of EVENTS_MAX, in order, where `real` is true.

    `at_ms` counts from the session's start on the wall clock.
    """

    real: npt.NDArray[np.bool_]
    type_index: Ints
    at_ms: Ints
    position_ms: Ints
    rebuffers: Ints
    rebuffering_seconds: Ints
    errors: Ints


def viewing(keys: Keys, type_index: Ints, duration_seconds: Ints) -> Viewing:
    """How sessions of titles of these types and durations are watched."""
    duration_ms = duration_seconds * 1000
    part = quantile(share(keys, Lane.WATCHED), _WATCHED_SHARE[type_index])
    completes = happens(keys, Lane.COMPLETES, _COMPLETES[type_index]) & (
        duration_ms <= WATCHED_MAX_MS
    )
    left_at = np.clip(duration_ms * part // 10_000, WATCHED_MIN_MS, WATCHED_MAX_MS)
    watched = np.where(completes, duration_ms, np.minimum(left_at, duration_ms - 1_000))
    pauses = np.minimum(pick(keys, Lane.PAUSES, _PAUSE_WEIGHTS), watched // PAUSE_SPACING_MS)
    ordinals = np.arange(PAUSES_MAX)
    taken = ordinals < pauses[:, None]
    # The k-th of n pauses lies in the k-th n-th of what is watched.
    strata = watched[:, None] // np.maximum(pauses, 1)[:, None]
    within = (share(keys[:, None], Lane.PAUSE_POSITION, ordinals) * (strata - 1)) >> 32
    pause_at = np.where(taken, strata * ordinals + within + 1, 0)
    pause = np.where(
        taken, quantile(share(keys[:, None], Lane.PAUSE_LENGTH, ordinals), _PAUSE_MS), 0
    )
    left = SESSION_MAX_SECONDS * 1000 - 1 - watched - REBUFFERING_MAX_MS
    total = pause.sum(axis=1)
    pause = np.where(
        (total > left)[:, None], pause * left[:, None] // np.maximum(total, 1)[:, None], pause
    )
    return Viewing(watched, completes, pauses, pause_at, pause)


def timeline(keys: Keys, views: Viewing, connection_index: Ints) -> Timeline:
    """The events of sessions watched as `views` over connections of these types."""
    count = len(keys)
    last = 1 + 2 * views.pauses
    columns = np.arange(EVENTS_MAX)
    real = columns <= last[:, None]
    kind = np.where(columns % 2 == 1, PAUSE, RESUME) * real
    kind[:, 0] = START
    rows = np.arange(count)
    kind[rows, last] = np.where(views.completes, COMPLETE, STOP)

    position = np.zeros((count, EVENTS_MAX), dtype=np.int64)
    position[:, 1:-1:2] = views.pause_at_ms
    position[:, 2:-1:2] = views.pause_at_ms
    position[rows, last] = views.watched_ms
    paused = np.zeros_like(position)
    paused[:, 2:-1:2] = views.pause_ms
    paused = np.cumsum(paused, axis=1)

    places = np.arange(REBUFFER_PLACES)
    seconds = quantile(share(keys[:, None], Lane.REBUFFER_LENGTH, places), _REBUFFER_SECONDS)
    seconds *= happens(
        keys[:, None], Lane.REBUFFER_HAPPENS, _REBUFFER_PERMILLE[connection_index][:, None], places
    )
    at = 1 + ((share(keys[:, None], Lane.REBUFFER_POSITION, places) * WATCHED_MAX_MS) >> 32)
    rebuffers, rebuffering = _so_far(position, at, seconds)

    places = np.arange(ERROR_PLACES)
    failing = happens(
        keys[:, None], Lane.ERROR_HAPPENS, _ERROR_PERMILLE[connection_index][:, None], places
    ).astype(np.int64)
    at = 1 + ((share(keys[:, None], Lane.ERROR_POSITION, places) * WATCHED_MAX_MS) >> 32)
    errors, _ = _so_far(position, at, failing)

    wall = position + paused + rebuffering * 1000
    return Timeline(real, kind, wall, position, rebuffers, rebuffering, errors)


def _so_far(position: Ints, at: Ints, amounts: Ints) -> tuple[Ints, Ints]:
    """(how many, how much in sum) of the happenings of `amounts` > 0 lie before each position."""
    many = np.zeros_like(position)
    much = np.zeros_like(position)
    for place in range(at.shape[1]):
        amount = amounts[:, place]
        passed = at[:, place, None] < position
        many += passed & (amount > 0)[:, None]
        much += passed * amount[:, None]
    return many, much
