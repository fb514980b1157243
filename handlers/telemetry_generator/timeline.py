"""The events of a session in order, from its start to its end, and what it has suffered by each.

How it is watched, and how much it may suffer: `playback`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from handlers.telemetry_generator.draws import Ints, Keys, Lane, happens, quantile, share
from handlers.telemetry_generator.playback import (
    ERROR_PLACES,
    REBUFFER_PLACES,
    REBUFFER_SECONDS,
    WATCHED_MAX_MS,
    Viewing,
    each_pause,
)

START, PAUSE, RESUME, STOP, COMPLETE = range(5)  # indices into EVENT_TYPES
_REBUFFER_SECONDS = np.asarray(REBUFFER_SECONDS, dtype=np.int64)


class Timeline(NamedTuple):
    """The events of sessions, one session after the other, each in order.

    `session` is the row of an event's session, `ordinal` its place in it; `at_ms` counts from the
    session's start on the wall clock. Rebuffers and errors are those of the session so far.
    """

    session: Ints
    ordinal: Ints
    type_index: Ints
    at_ms: Ints
    position_ms: Ints
    rebuffers: Ints
    rebuffering_seconds: Ints
    errors: Ints

    def of(self, chosen: Ints) -> Timeline:
        """The events in these places."""
        return Timeline._make(column[chosen] for column in self)


class Spans(NamedTuple):
    """Where the events of sessions stand: each session's first, and one behind its last."""

    first: Ints
    ends: Ints
    session: Ints

    @classmethod
    def of(cls, views: Viewing) -> Spans:
        """A start, two events a pause, and an end."""
        sizes = 2 + 2 * views.pauses
        ends = np.cumsum(sizes)
        return cls(ends - sizes, ends, np.repeat(np.arange(len(sizes)), sizes))

    def so_far(self, values: Ints) -> Ints:
        """The sum of each event's values and of those before it in its session, from the second."""
        sums = np.cumsum(values)
        return sums - sums[self.first][self.session]


class Lanes(NamedTuple):
    """What decides on rebuffers or errors: whether and when, at how many places of a session."""

    happens: Lane
    position: Lane
    places: int


REBUFFERS = Lanes(Lane.REBUFFER_HAPPENS, Lane.REBUFFER_POSITION, REBUFFER_PLACES)
ERRORS = Lanes(Lane.ERROR_HAPPENS, Lane.ERROR_POSITION, ERROR_PLACES)


def timeline(keys: Keys, views: Viewing, rebuffer_permille: Ints, error_permille: Ints) -> Timeline:
    """The events of sessions watched as `views`, with these chances at each place."""
    spans = Spans.of(views)
    count, last = len(spans.session), spans.ends - 1
    ordinal = np.arange(count) - spans.first[spans.session]
    kind = RESUME - (ordinal & 1)
    kind[spans.first] = START
    kind[last] = np.where(views.completes, COMPLETE, STOP)

    number, row = each_pause(views.pauses)
    pause = spans.first[row] + 1 + 2 * number
    position, paused = np.zeros((2, count), dtype=np.int64)
    position[pause] = position[pause + 1] = views.pause_at_ms[number, row]
    position[last] = views.watched_ms
    paused[pause + 1] = views.pause_ms[number, row]

    rebuffers, seconds = _rebuffers(keys, views, spans, rebuffer_permille)
    row, _, later = _seen(keys, views, ERRORS, error_permille)
    errors = spans.so_far(np.bincount(spans.ends[row] - later, minlength=count))
    wall = position + spans.so_far(paused) + seconds * 1000
    return Timeline(spans.session, ordinal, kind, wall, position, rebuffers, seconds, errors)


def _rebuffers(keys: Keys, views: Viewing, spans: Spans, permille: Ints) -> tuple[Ints, Ints]:
    """(how many rebuffers, how many seconds of them) lie before each event in its session."""
    row, place, later = _seen(keys, views, REBUFFERS, permille)
    first = spans.ends[row] - later
    seconds = np.zeros(len(spans.session), dtype=np.int64)
    lengths = quantile(share(keys[row], Lane.REBUFFER_LENGTH, place), _REBUFFER_SECONDS)
    np.add.at(seconds, first, lengths)
    many = np.bincount(first, minlength=len(seconds))
    return spans.so_far(many), spans.so_far(seconds)


def _seen(keys: Keys, views: Viewing, lanes: Lanes, permille: Ints) -> tuple[Ints, Ints, Ints]:
    """(row of its session, place, how many of the session's events come later) of what happens.

    Of what comes after all events of its session nothing is seen.
    """
    drawn = happens(keys, lanes.happens, permille, np.arange(lanes.places)[:, None])
    place, row = np.divmod(np.flatnonzero(drawn), len(keys))
    at = 1 + ((share(keys[row], lanes.position, place) * WATCHED_MAX_MS) >> 32)
    seen = at < views.watched_ms[row]
    place, row, at = place[seen], row[seen], at[seen]
    return row, place, 1 + 2 * (at < views.pause_at_ms[:, row]).sum(axis=0)
