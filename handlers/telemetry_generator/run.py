"""A run: the events of one request, the same for the same run and reference versions.

Owns how a window and a count become sessions. Does not send.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from handlers.contract.identity import key_of
from handlers.contract.limits import RUN_MAX_EVENTS
from handlers.contract.truth import Injection
from handlers.runtime.clock import rfc3339
from handlers.runtime.errors import PipelineError
from handlers.telemetry_generator import memory, scenarios, sessions, volumes
from handlers.telemetry_generator.lines import Columns, columns
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.scenarios import SCENARIOS, Scenario
from handlers.telemetry_generator.sessions import Events

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEADY = Scenario.name
# About 4.4 events a session: to refuse a window that is far too long, and to take memory.
TYPICAL_SESSIONS, TYPICAL_EVENTS = 5, 22
# Made at once: enough that Python's own share is small, and so few that a run's memory stays so.
SESSIONS_AT_ONCE = 8_192
# So few are made about as quickly as one. Of more, one part in MARGIN is made beyond what seems to
# be needed: another round costs more.
SESSIONS_AT_LEAST, MARGIN = 1_000, 32
memory.keep()


@dataclass(frozen=True)
class Run:
    """What to make: the events in [start, end), all of them or exactly `batch_size`.

    `seed` gives the sessions of a run without `batch_size`, so that runs of neighbouring windows
    share their sessions; a run with one has sessions of its own.
    """

    run_id: str
    start: datetime
    end: datetime
    batch_size: int | None
    seed: int
    profile: str = STEADY

    @property
    def scenario(self) -> Scenario:
        """What the profile injects."""
        return SCENARIOS[self.profile](self.seed)


class InForce(NamedTuple):
    """A reference version and the instant from which sessions use it."""

    reference: Reference
    since: datetime


def events(run: Run, references: Sequence[InForce]) -> Columns:
    """The events of `run`; `references` is the history of versions, oldest first, at least one.

    Raises PipelineError E_EVENT_LIMIT where a window would hold about RUN_MAX_EVENTS or more.
    """
    if run.batch_size is None:
        expected = _expected(run)
        parts = _by_volume(run, references)
    else:
        expected = run.batch_size
        parts = _exactly(run, references, run.batch_size)
    # A window cuts sessions, so that there are more; memory that is not used costs nothing.
    return columns(parts, 2 * _sessions_of(expected), expected)


def injections(run: Run, references: Sequence[InForce]) -> list[Injection]:
    """What the run's profile injects into sessions that may have events in it, in order."""
    spans = _spans(run, references)
    found: list[scenarios.Injection] = []
    for number, (reference, begin, end) in enumerate(spans):
        for one in run.scenario.injections(reference, begin, end):
            # Where another version comes into force, it is the other's injections that hold.
            since = max(one.from_ms, begin) if number > 0 else one.from_ms
            until = min(one.to_ms, end) if number < len(spans) - 1 else one.to_ms
            scenarios.add(found, one._replace(from_ms=since, to_ms=until))
    return [
        Injection(one.kind, _text(one.from_ms), _text(one.to_ms), one.scope, one.effect)
        for one in found
    ]


def _text(ms: int) -> str:
    return rfc3339(_EPOCH + timedelta(milliseconds=ms))


def used_from(since: datetime) -> datetime:
    """From when on sessions that start use a version in force `since` then: a slot has one."""
    return since + timedelta(milliseconds=-_ms(since) % volumes.SLOT_MS)


def _spans(run: Run, references: Sequence[InForce]) -> list[tuple[Reference, int, int]]:
    """(reference, first and last start, ms) of the sessions that may have events in the run."""
    start_ms, end_ms = _ms(run.start), _ms(run.end)
    first_ms = sessions.look_back_ms(start_ms) if run.batch_size is None else start_ms
    # The oldest version known also stands for the time before it.
    begins = [first_ms, *(_ms(used_from(version.since)) for version in references[1:]), end_ms]
    # Two clocks may write a history that is not in order: what is written later holds.
    begins = list(accumulate(reversed(begins), min))[::-1]
    spans = [
        (version.reference, max(begin, first_ms), min(end, end_ms))
        for version, begin, end in zip(references, begins, begins[1:], strict=False)
    ]
    return [span for span in spans if span[1] < span[2]]


def _by_volume(run: Run, references: Sequence[InForce]) -> Iterator[Events]:
    start_ms, end_ms = _ms(run.start), _ms(run.end)
    for reference, from_ms, to_ms in _spans(run, references):
        stream = key_of("volume", run.seed, run.profile, reference.version)
        starts = sessions.starts_by_slot(stream, from_ms, to_ms, run.scenario)
        for first in range(0, max(1, len(starts.keys)), SESSIONS_AT_ONCE):
            some = starts.of(slice(first, first + SESSIONS_AT_ONCE))
            yield sessions.events(reference, some, start_ms, end_ms, run.scenario)


def _exactly(run: Run, references: Sequence[InForce], wanted: int) -> Iterator[Events]:
    start_ms, end_ms = _ms(run.start), _ms(run.end)
    spans = _spans(run, references)
    stream = key_of("exact", run.run_id, spans[0][0].version)
    first, left = 0, wanted
    while left > 0:
        # Every session has its start in the window: it adds an event, or a scenario loses it.
        more = _sessions_of(left, first, wanted - left)
        more = max(more + more // MARGIN, min(left, SESSIONS_AT_LEAST))
        ordinals = range(first, first + min(SESSIONS_AT_ONCE, more))
        starts = sessions.starts_by_ordinal(stream, ordinals, start_ms, end_ms, run.scenario)
        made = []
        for reference, begin, end in spans:  # the starts are in order
            some = starts.of(slice(*np.searchsorted(starts.start_ms, (begin, end))))
            made.append(sessions.events(reference, some, start_ms, end_ms, run.scenario))
        for one in _first(made, left):
            yield one
            left -= len(one.timeline.session)
        first = ordinals.stop


def _first(made: Sequence[Events], wanted: int) -> Sequence[Events]:
    """The first `wanted` events by session and place: whole sessions, and the last one's begin."""
    ends = np.cumsum([len(one.timeline.session) for one in made])
    if ends[-1] <= wanted:
        return made
    numbers = np.concatenate([one.number[one.timeline.session] for one in made])
    kept = np.sort(np.argsort(numbers, kind="stable")[:wanted])
    parts = np.split(kept, np.searchsorted(kept, ends[:-1]))
    return [
        one._replace(timeline=one.timeline.of(part - (end - len(one.timeline.session))))
        for one, part, end in zip(made, parts, ends, strict=True)
    ]


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _sessions_of(wanted: int, made_sessions: int = 0, made_events: int = 0) -> int:
    """About how many sessions hold `wanted` events, at least 1, by those that were made."""
    return wanted * (made_sessions + TYPICAL_SESSIONS) // (made_events + TYPICAL_EVENTS) + 1


def _expected(run: Run) -> int:
    """About how many events a run without a count has; refuses a window that is far too long."""
    slots = np.arange(_ms(run.start) // volumes.SLOT_MS, -(-_ms(run.end) // volumes.SLOT_MS))
    milli = volumes.expected_starts_milli(slots) * run.scenario.lift_permille(slots) // 1000
    expected = int(milli.sum()) * TYPICAL_EVENTS // TYPICAL_SESSIONS // 1000
    if expected > RUN_MAX_EVENTS:
        raise PipelineError(
            "E_EVENT_LIMIT",
            f"the end of a window of about {expected} events",
            field="end",
            expected=f"at most {RUN_MAX_EVENTS} events a call",
            fix="replay in shorter windows",
        )
    return expected
