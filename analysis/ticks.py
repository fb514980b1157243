"""The ticks of the schedule: which time no tick's window covers, and which ticks came late.

The ledger alone is asked: each tick's record has the window whose events it made. Where the next
window does not begin where the last one ended, the events of the time between were never made. A
schedule that began leaves no gap. After the last tick it cannot be known whether the schedule
failed or was disabled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from analysis import pauses as pausing
from analysis.figures import hour_text
from analysis.findings import Finding, Parting, judged
from analysis.hops import Hop
from analysis.ledger import Run
from analysis.overlaps import is_by_volume
from analysis.pauses import Pause, Span
from analysis.verdict import Level
from analysis.wording import listed
from handlers.contract.limits import TICK_SECONDS

NAME = "schedule → ticks"
# EventBridge Scheduler calls within a minute; a function that failed is tried again after another.
LATE_AFTER = timedelta(minutes=2)
SHOWN_TICKS = 5
SILENT_FROM = 2  # ticks overdue; a single one may be on its way
DAY = timedelta(days=1)


class Missing(NamedTuple):
    """A window [start, end), UTC, whose events were never made; `gap` is the gap that holds it.

    `is_tick` is false for what is left of a gap that is no whole number of windows.
    """

    start: datetime
    end: datetime
    gap: Span
    is_tick: bool = True

    @property
    def payload(self) -> dict[str, object]:
        """With what to invoke the generator, so that these events are made."""
        if not self.is_tick:
            return {"start": _utc(self.start), "end": _utc(self.end)}
        seconds = int((self.end - self.start).total_seconds())
        window = {} if seconds == TICK_SECONDS else {"window_seconds": seconds}
        return {"scheduled_at": _utc(self.end), **window}


@dataclass(frozen=True)
class Ticks:
    """The ticks of a range: which came, which did not, and the last one's window in seconds.

    `late` holds (scheduled at, seconds until the first attempt began), `overdue` the
    ticks that were due after the last one.
    """

    every: int
    seen: tuple[datetime, ...]
    missing: tuple[Missing, ...]
    late: tuple[tuple[datetime, int], ...]
    overdue: tuple[datetime, ...]


def ticks(
    runs: Sequence[Run],
    since: datetime,
    until: datetime,
    settled: datetime,
    pauses: Sequence[Pause] = (),
) -> Ticks | None:
    """The ticks scheduled in [since, until] among `runs`; None where there is none.

    `runs` may begin earlier and end later, so that a gap at the edge is seen. What must have come
    by `settled`, and after which nothing came, is overdue. In `pauses` nothing is due.
    """
    of_schedule = _of_schedule(runs)
    if not of_schedule:
        return None
    # a tick is scheduled at its window's end
    started = {run.window[1]: run.started_at for run in of_schedule}
    seen = [at for at in sorted(started) if since <= at <= until]
    last = max(run.window[::-1] for run in of_schedule)
    step = last[0] - last[1]
    return Ticks(
        every=int(step.total_seconds()),
        seen=tuple(seen),
        missing=tuple(
            one for one in _missing(of_schedule, runs, pauses) if since <= one.end <= until
        ),
        late=tuple(
            (at, int((started[at] - at).total_seconds()))
            for at in seen
            if started[at] - at > LATE_AFTER
        ),
        overdue=tuple(
            at
            for at in _overdue(last[0], step, min(until, settled - LATE_AFTER))
            if since <= at and pausing.outside(at - step, at, pauses) == [(at - step, at)]
        ),
    )


def hop(found: Ticks) -> Hop:
    """Judges the ticks; a missing one parts in the last hour that its window would touch."""
    came = len(found.seen)
    due = came + len(found.missing)
    silent = found.overdue if len(found.overdue) >= SILENT_FROM else ()
    findings = (_never_made(found.missing, due), _silent(silent, found.every), _late(found, due))
    verdict = judged(f"All {due:,} ticks came in time.", findings)
    return Hop(NAME, due + len(silent), came, *verdict)


def _never_made(missing: Sequence[Missing], due: int) -> Finding:
    partings = [_parting(one.end, "missing") for one in missing]
    return Finding(
        Level.FAIL,
        f"The events of {len(partings):,} of {due:,} windows were never made, for no tick covers "
        f"them; they end at {_listed(partings)}.",
        _good(missing) if missing else "",
        partings,
    )


def _silent(overdue: Sequence[datetime], every: int) -> Finding:
    partings = [_parting(at, "overdue") for at in overdue]
    after = f" after {_utc(overdue[0] - timedelta(seconds=every))}" if overdue else ""
    return Finding(
        Level.WARN,
        f"No tick came{after}; {len(partings):,} were due since, one each {every:,} s: "
        f"{_listed(partings)}.",
        "see whether the schedule is enabled; if you have disabled it, nothing is wrong",
        partings,
    )


def _late(found: Ticks, due: int) -> Finding:
    partings = [_parting(at, "late") for at, _ in found.late]
    longest = max((seconds for _, seconds in found.late), default=0)
    return Finding(
        Level.WARN,
        f"{len(partings):,} of {due:,} ticks came late, by at most {longest:,} s: "
        f"{_listed(partings)}.",
        "nothing: their events are whole; look at the scheduler's and generator's retries",
        partings,
    )


def _good(missing: Sequence[Missing]) -> str:
    """What to do about them."""
    more = ", and with the others that --json has below ticks.make_good" * (len(missing) > 1)
    start, end = missing[0].gap
    if end - start < DAY:
        meant = f"say --pause {pausing.text(start, end)} (each day, UTC)"
    else:
        meant = f"start the range after it with --from {_utc(end)}"
    payload = json.dumps(missing[0].payload)
    return f"invoke the generator with {payload}{more}; if this pause is meant, {meant}"


def _of_schedule(runs: Sequence[Run]) -> list[Run]:
    """The ticks in order of their windows, without what somebody made by hand between them.

    That is one of another seed, profile or count than both its neighbours, which are alike; more
    of them in a row are a schedule that was changed.
    """
    ticks = sorted(
        (run for run in runs if run.last.scheduled_at is not None), key=lambda run: run.window
    )
    kinds = [_kind(run) for run in ticks]
    sides = zip([None, *kinds], kinds, [*kinds[1:], None], strict=False)
    return [
        run
        for run, (before, kind, after) in zip(ticks, sides, strict=True)
        if before is None or after is None or before != after or kind == before
    ]


def _kind(run: Run) -> tuple[int, str, bool]:
    return run.last.seed, run.last.profile, is_by_volume(run)


def _missing(
    ordered: Sequence[Run], runs: Sequence[Run], pauses: Sequence[Pause]
) -> Iterator[Missing]:
    """The windows between the first and the last tick that neither a tick nor a replay made."""
    kinds = {_kind(run) for run in ordered}
    replays = [run for run in runs if run.last.scheduled_at is None and is_by_volume(run)]
    made = sorted(run.window for run in [*ordered, *replays] if _kind(run) in kinds)
    windows = [run.window for run in ordered]
    reached = windows[0][1]
    for start, end in made:
        if start > reached:
            after = next((window for window in windows if window[0] >= start), None)
            if after is None:
                return  # a replay behind the last tick
            before = max(window for window in windows if window[1] <= reached)
            lengths = [window[1] - window[0] for window in (after, before)]
            for gap in pausing.outside(reached, start, pauses):
                yield from _windows(gap, *lengths)
        reached = max(reached, end)


def _windows(gap: Span, after: timedelta, before: timedelta) -> Iterator[Missing]:
    """The gap in windows as long as that of the tick after it, or before it where only that fits.

    What is left over comes first.
    """
    start, end = gap
    fits = not (end - start) % after or (end - start) % before
    step = after if fits else before
    if rest := (end - start) % step:
        yield Missing(start, start + rest, gap, is_tick=False)
        start += rest
    while start < end:
        yield Missing(start, start + step, gap)
        start += step


def _overdue(last: datetime, step: timedelta, until: datetime) -> Iterator[datetime]:
    for number in range(1, (until - last) // step + 1):
        yield last + number * step


def _parting(at: datetime, kind: str) -> Parting:
    return Parting(hour_text(at - timedelta(microseconds=1)), _utc(at), 1, kind)


def _listed(partings: Sequence[Parting]) -> str:
    return listed([parting.what for parting in partings], SHOWN_TICKS)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
