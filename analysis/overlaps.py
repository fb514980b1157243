"""Runs that made the same time: their sessions are the same, their event ids are not.

Only runs of the hour-of-day volumes: one with a `batch_size` has sessions of its own. Neither the
topic, S3 nor Athena can tell such doubles, for no id is there twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from analysis.figures import hour_text
from analysis.findings import SHOWN_RUNS, Finding, Parting, counted, judged
from analysis.hops import Hop
from analysis.ledger import Run
from analysis.verdict import Level

NAME = "time → one run"


class Overlap(NamedTuple):
    """Two runs of one seed and profile, and the time [start, end), UTC, that both made.

    `events` is the most that may be there under two ids.
    """

    first: str
    second: str
    start: datetime
    end: datetime
    events: int


def hop(runs: Iterable[Run], of: Collection[str]) -> Hop:
    """Is every time made by one run alone? Judges those whose ids are in `of` against all `runs`.

    A WARN, for an operator may mean it.
    """
    every = [run for run in runs if is_by_volume(run)]
    found = [one for one in overlaps(every) if one.first in of or one.second in of]
    partings = [
        Parting(
            hour_text(one.end - timedelta(microseconds=1)),
            f"{one.first} and {one.second}",
            one.events,
            "shared",
        )
        for one in found
    ]
    more = f"; {len(found) - SHOWN_RUNS} pairs more" if len(found) > SHOWN_RUNS else ""
    shared = Finding(
        Level.WARN,
        f"At most {counted(partings):,} events are there under two ids, for two runs of one seed "
        f"and profile made the same time: {'; '.join(map(_text, found[:SHOWN_RUNS]))}{more}.",
        "nothing, if it was meant; else count one run of each pair (event_id begins with the "
        "run's id). Make a tick good with its own scheduled_at, never with start and end",
        partings,
    )
    verdict = judged("No time was made by two runs.", [shared])
    judged_runs = sum(run.run_id in of for run in every)
    twice = {name for one in found for name in (one.first, one.second)} & set(of)
    return Hop(NAME, judged_runs, judged_runs - len(twice), *verdict)


def is_by_volume(run: Run) -> bool:
    """Whether the run's window alone tells its sessions."""
    return run.last.request.get("batch_size") is None


def overlaps(runs: Sequence[Run]) -> list[Overlap]:
    """The pairs among `runs` that share time, in its order; a run that sent nothing has none."""
    alike: dict[tuple[int, str], list[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (run.window, run.run_id)):
        if run.sent_at_most:
            alike[run.last.seed, run.last.profile].append(run)
    found = [one for group in alike.values() for one in _of(group)]
    return sorted(found, key=lambda one: (one.start, one.end, one.first, one.second))


def _of(ordered: Iterable[Run]) -> Iterator[Overlap]:
    reaching: list[Run] = []
    for run in ordered:
        start, end = run.window
        reaching = [one for one in reaching if one.window[1] > start]
        for one in reaching:
            events = min(_made(one), _made(run))
            yield Overlap(one.run_id, run.run_id, start, min(end, one.window[1]), events)
        reaching.append(run)


def _made(run: Run) -> int:
    """The most events of the run that may be in the topic, each once."""
    return min(run.sent_at_most, max(attempt.generated for attempt in run.attempts))


def _text(one: Overlap) -> str:
    return f"{one.first} and {one.second} {one.start:%Y-%m-%dT%H:%M:%SZ} to {one.end:%H:%M:%SZ}"
