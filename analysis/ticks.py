"""The ticks of the schedule: which were due and never came, and which came late.

The ledger alone is asked. A schedule that began leaves no gap; a pause between two ticks does, for
the events of that time were never made. After the last tick it cannot be known whether the schedule
failed or was disabled.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from analysis.figures import hour_text
from analysis.hops import Hop, Parting, judged
from analysis.ledger import Run
from analysis.verdict import fail, ok, warn
from handlers.contract.limits import TICK_SECONDS

NAME = "schedule → ticks"
# EventBridge Scheduler calls within a minute; a function that failed is tried again after another.
LATE_AFTER = timedelta(minutes=2)
SILENT_FROM = 2  # ticks overdue; a single one may be on its way


@dataclass(frozen=True)
class Ticks:
    """The ticks of a range: how many seconds apart they are, which came, which did not.

    `late` holds (scheduled at, seconds until the first attempt began), `overdue` the
    ticks that were due after the last one.
    """

    every: int
    seen: tuple[datetime, ...]
    missing: tuple[datetime, ...]
    late: tuple[tuple[datetime, int], ...]
    overdue: tuple[datetime, ...]


def ticks(
    runs: Sequence[Run],
    since: datetime,
    until: datetime,
    settled: datetime,
    every: int | None = None,
) -> Ticks | None:
    """The ticks scheduled in [since, until] among `runs`; None where there is none.

    `runs` may begin earlier and end later, so that a gap at the edge is seen. What must have come
    by `settled`, and after which nothing came, is overdue. `every` is the schedule's rate,
    seconds; without it the most frequent distance of neighbours.
    """
    started = {
        datetime.fromisoformat(run.last.scheduled_at).astimezone(UTC): run.started_at
        for run in runs
        if run.last.scheduled_at is not None
    }
    scheduled = sorted(started)
    seen = [at for at in scheduled if since <= at <= until]
    if not scheduled:
        return None
    every = every or _rate(scheduled)
    return Ticks(
        every=every,
        seen=tuple(seen),
        missing=tuple(at for at in _gaps(scheduled, every) if since <= at <= until),
        late=tuple(
            (at, int((started[at] - at).total_seconds()))
            for at in seen
            if started[at] - at > LATE_AFTER
        ),
        overdue=tuple(
            at
            for at in _overdue(scheduled[-1], every, min(until, settled - LATE_AFTER))
            if since <= at
        ),
    )


def hop(found: Ticks) -> Hop:
    """Judges the ticks; a missing one parts in the last hour that its window would touch."""
    seen = len(found.seen)
    expected = seen + len(found.missing)
    if found.missing:
        partings = [_parting(at) for at in found.missing]
        first = _utc(found.missing[0])
        verdict = judged(
            fail,
            f"{len(partings):,} of {expected:,} ticks, one each {found.every:,} s, never came: "
            f"{_listed(partings)}.",
            f"make them good: invoke the generator with {_payload(first, found.every)}, each",
            partings,
        )
        return Hop(NAME, expected, seen, *verdict)
    if len(found.overdue) >= SILENT_FROM:
        partings = [_parting(at) for at in found.overdue]
        verdict = judged(
            warn,
            f"No tick came after {_utc(found.overdue[0] - timedelta(seconds=found.every))}; "
            f"{len(partings):,} were due since, one each {found.every:,} s: {_listed(partings)}.",
            "see whether the schedule is enabled; if you have disabled it, nothing is wrong",
            partings,
        )
        return Hop(NAME, seen + len(partings), seen, *verdict)
    if found.late:
        partings = [_parting(at) for at, _ in found.late]
        longest = max(seconds for _, seconds in found.late)
        verdict = judged(
            warn,
            f"{len(partings):,} of {expected:,} ticks came late, by at most {longest:,} s: "
            f"{_listed(partings)}.",
            "nothing: their events are whole; look at the scheduler's and generator's retries",
            partings,
        )
        return Hop(NAME, expected, seen, *verdict)
    return Hop(NAME, expected, seen, ok(f"All {expected:,} ticks came in time."))


def _payload(scheduled_at: str, every: int) -> str:
    window = {} if every == TICK_SECONDS else {"window_seconds": every}
    return json.dumps({"scheduled_at": scheduled_at, **window})


def _rate(scheduled: Sequence[datetime]) -> int:
    distances = Counter(int((b - a).total_seconds()) for a, b in pairwise(scheduled))
    # one tick says nothing, two may have a gap between them: the contract's rate has a vote too
    distances[TICK_SECONDS] += 1
    return max(distances, key=lambda seconds: (distances[seconds], -seconds))


def _gaps(scheduled: Sequence[datetime], every: int) -> Iterable[datetime]:
    step = timedelta(seconds=every)
    for before, after in pairwise(scheduled):
        for number in range(1, round((after - before) / step)):
            yield before + number * step


def _overdue(last: datetime, every: int, until: datetime) -> Iterable[datetime]:
    step = timedelta(seconds=every)
    for number in range(1, (until - last) // step + 1):
        yield last + number * step


def _parting(at: datetime) -> Parting:
    return Parting(hour_text(at - timedelta(microseconds=1)), _utc(at), 1)


def _listed(partings: Sequence[Parting], shown: int = 5) -> str:
    more = f" and {len(partings) - shown} more" if len(partings) > shown else ""
    return ", ".join(parting.what for parting in partings[:shown]) + more


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
