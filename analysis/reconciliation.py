"""The account of runs, hop by hop: generated, acked, in Kafka, in S3, in Athena, distinct.

Gathers the figures; `analysis.hops`, `cross_checks` and `ticks` judge them. The ledger, the topic,
the objects and the table are each counted by their own means, so that no hop can vouch for itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from analysis import athena, aws, cross_checks, delivered, hours, ledger, overlaps
from analysis import ticks as ticking
from analysis.delivered import Delivered
from analysis.figures import Arrival, Replayed, RunFigures, TopicFigures, hour_of_number
from analysis.hops import Hop, hops
from analysis.hours import HourFigures
from analysis.lateness import Lateness
from analysis.ledger import Run
from analysis.pauses import Pause
from analysis.scope import Scope, whole_range
from analysis.ticks import Ticks
from analysis.topic import describe_topic
from analysis.verdict import Verdict, overall

DEFAULT_SINCE = timedelta(hours=24)
# Delivered later than this, an event counts as lost.
DELIVERED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Account:
    """What was found of some runs. `topic` speaks of all that the topic ever took, not of the runs.

    `arrivals` are the hours of the scope's arrival range, of whatever run. `beside` are the checks
    that needed no run of the account. `younger` runs of the range are too young to be judged.
    """

    runs: tuple[RunFigures, ...]
    arrivals: tuple[Arrival, ...]
    topic: TopicFigures
    scope: Scope
    lateness: Lateness
    ticks: Ticks | None
    beside: tuple[Hop, ...]
    younger: int
    taken_at: datetime

    @cached_property
    def total(self) -> RunFigures:
        """The figures of all runs, summed."""
        return RunFigures.total(self.runs)

    @cached_property
    def hours(self) -> list[HourFigures]:
        """The figures by hour."""
        return hours.by_hour(self.runs, self.arrivals)

    @property
    def nameless_lines(self) -> int:
        """Lines of the arrival range without an event id, of whatever run."""
        return sum(one.lines for one in self.arrivals if not one.run_id)

    @cached_property
    def hops(self) -> tuple[Hop, ...]:
        """The hops in the order in which the data flows, then the checks beside them."""
        return (*hops(self.runs, self.arrivals, self.topic), *self.beside)

    @property
    def verdict(self) -> Verdict:
        """The first of the worst hops, or that all agree."""
        return overall(
            (hop.verdict for hop in self.hops),
            f"Every event is accounted for: {self.total.generated:,} generated, "
            f"{self.total.distinct:,} distinct in Athena.",
        )


@aws.explained("the runs are not reconciled")
def reconcile(
    outputs: Mapping[str, Any],
    run_ids: Sequence[str] = (),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime | None = None,
    settle: timedelta = ledger.SETTLE,
    pauses: Sequence[Pause] = (),
    topic_records_before: int = 0,
) -> Account:
    """Count the runs at every hop.

    Without `run_ids` all runs whose windows end from `since` (24 h before `now`) to `until`, and
    older ones with an attempt that began in this time; without `until`, or with one that is still
    to come, those that ended at least `settle` before `now`. What concerns all runs (the whole
    topic, unknown runs, ticks, shared time) is judged only then. In `pauses` no tick is due.
    `topic_records_before` is what the topic held before the first of the runs, where that is known.
    Raises AnalysisError: E_RANGE, E_RUN_UNKNOWN, E_LEDGER_RECORD, E_OBJECT_BROKEN,
    E_QUARANTINE_OBJECT, E_DESCRIBE_TOPIC, those of `aws.explained` and of `Athena.frame`.
    """
    now = now or datetime.now(UTC)
    until = None if until and until > now else until
    since, last = whole_range(since or now - DEFAULT_SINCE, until or now)
    s3 = aws.client(outputs, "s3")
    bucket = outputs["data_bucket"]
    near = ledger.runs(s3, bucket, since, now, tuple(run_ids))
    older = [] if run_ids else ledger.attempted(s3, bucket, since, last)
    known = [*older, *(run for run in near if run_ids or since <= run.window[1] <= last)]
    settled = until is not None or bool(run_ids)
    judged = [run for run in known if settled or run.seen_at <= now - settle]
    younger = [run for run in known if run not in judged]
    keeps = "quarantine" in outputs["tables"]
    replayed_at = cross_checks.last_replay(s3, bucket, judged) if keeps else None
    scope = _scope(judged, last, now, replayed_at, is_named=bool(run_ids))
    # each stage is read after the one before it: what arrives meanwhile is never missed
    topic = describe_topic(outputs, topic_records_before)
    found = delivered.count(s3, bucket, scope.arrival_from, scope.arrival_until)
    rows = athena.connect(outputs).frame("rows_by_arrival_and_run", **scope.arrival)
    ticks = None
    if not run_ids:
        before = ledger.last_tick(s3, bucket, since)
        ticks = ticking.ticks([*before, *near], since, last, now - settle, pauses)
    figures = _figures(judged, found, rows, now - ledger.SETTLE, _Kept.of(s3, outputs, judged, now))
    arrivals = _arrivals(found, rows)
    beside: list[Hop] = []
    if keeps and any(run.rejected for run in figures):
        beside.append(cross_checks.kept(figures))
    if ticks is not None:
        beside.append(ticking.hop(ticks))
    is_all = not run_ids and until is None and scope.arrival_until > now
    if is_all and not delivered.has_earlier(s3, bucket, scope.arrival_from):
        meanwhile = ledger.began(s3, bucket, now, {run.run_id for run in [*older, *near]})
        beside.append(
            cross_checks.drained(
                topic, found, arrivals, figures, younger=younger, meanwhile=meanwhile
            )
        )
    if not run_ids:
        unknown = cross_checks.unknown_runs(
            s3, bucket, found, (run.run_id for run in [*older, *near])
        )
        beside.append(cross_checks.strangers(found, unknown))
        beside.append(_overlaps(s3, bucket, [*older, *near], known, since))
    return Account(
        runs=figures,
        arrivals=arrivals,
        topic=topic,
        scope=scope,
        lateness=_lateness(found, judged),
        ticks=ticks,
        beside=tuple(beside),
        younger=len(younger),
        taken_at=now,
    )


def _overlaps(
    s3: Any, bucket: str, near: Sequence[Run], known: Sequence[Run], since: datetime
) -> Hop:
    """The judgement of shared time; what `near` lacks and may share it is read besides.

    That is beside runs older than `since`, and replays that begin before it.
    """
    earlier = [
        run
        for run in known
        if overlaps.is_by_volume(run)
        and (run.window[0] if run.last.scheduled_at is None else run.window[1]) < since
    ]
    every = {run.run_id: run for run in [*ledger.beside(s3, bucket, earlier), *near]}
    return overlaps.hop(every.values(), {run.run_id for run in known})


def _lateness(found: Delivered, runs: Sequence[Run]) -> Lateness:
    names = [run.run_id for run in runs if run.run_id in found.late]
    lines = found.lines
    return Lateness.of((found.late[run] for run in names), sum(lines[run] for run in names))


@dataclass(frozen=True)
class _Kept:
    """By run, what the quarantine keeps and what of it was replayed; nothing without one."""

    quarantined: Mapping[str, set[int]]
    replayed: Mapping[str, Replayed]

    @classmethod
    def of(cls, s3: Any, outputs: Mapping[str, Any], runs: Sequence[Run], now: datetime) -> _Kept:
        if "quarantine" not in outputs["tables"]:
            return cls({}, {})
        bucket = outputs["data_bucket"]
        return cls(
            cross_checks.quarantined(s3, bucket, runs),
            cross_checks.replayed(s3, bucket, runs, now),
        )


def _figures(
    runs: Sequence[Run],
    found: Delivered,
    rows: pd.DataFrame,
    dead_before: datetime,
    kept: _Kept,
) -> tuple[RunFigures, ...]:
    lines, objects = found.lines, found.objects
    in_athena = rows.groupby("run_id").agg(
        {"raw_rows": "sum", "first_copies": "sum", "max_copies": "max"}
    )
    counted = {str(run): tuple(map(int, row)) for run, *row in in_athena.itertuples()}
    made = []
    for run in runs:
        quarantined = kept.quarantined.get(run.run_id, set())
        raw_rows, distinct, max_copies = counted.get(run.run_id, (0, 0, 0))
        made.append(
            RunFigures.of(
                run,
                dead_before=dead_before,
                quarantined=quarantined,
                delivered=found.among(run.run_id, quarantined),
                replayed=kept.replayed.get(run.run_id, Replayed()),
                objects=objects[run.run_id],
                lines=lines[run.run_id],
                rows=raw_rows,
                distinct=distinct,
                invented=_invented(run, found),
                max_copies=max_copies,
            )
        )
    return tuple(made)


def _invented(run: Run, found: Delivered) -> int:
    """A run's ids end with 0 to the number of its events less one."""
    is_known = not (run.is_open or run.is_failed)
    return found.beyond(run.run_id, run.deciding.generated) if is_known else 0


def _arrivals(found: Delivered, rows: pd.DataFrame) -> tuple[Arrival, ...]:
    """Lines and rows of each hour and run together, in their order."""
    in_athena = {
        (int(row["arrival_hour"]), str(row["run_id"]) if pd.notna(row["run_id"]) else ""): row
        for row in rows.to_dict(orient="records")
    }
    return tuple(
        Arrival(
            hour=hour_of_number(hour),
            run_id=run,
            objects=found.objects_by_hour[hour, run],
            lines=found.lines_by_hour[hour, run],
            rows=int(in_athena.get((hour, run), {"raw_rows": 0})["raw_rows"]),
            first_copies=int(in_athena.get((hour, run), {"first_copies": 0})["first_copies"]),
        )
        for hour, run in sorted({*found.lines_by_hour, *in_athena})
    )


def _scope(
    runs: Sequence[Run],
    last: datetime,
    now: datetime,
    replayed_at: datetime | None,
    *,
    is_named: bool,
) -> Scope:
    """All events of the runs, whenever they arrived, replays too.

    Of named runs also those that lie up to a day beside their windows; else all events of the time
    that the windows cover, and without a run those of the day before `last`.
    """
    beside = DEFAULT_SINCE if is_named else timedelta(0)
    event_from = min((run.window[0] for run in runs), default=last - DEFAULT_SINCE) - beside
    event_until = max((run.window[1] for run in runs), default=last) + beside
    started = min((run.started_at for run in runs), default=last - DEFAULT_SINCE)
    seen = max((run.seen_at for run in runs), default=last)
    seen = max(seen, replayed_at or seen)
    return Scope(
        event_from=event_from,
        event_until=event_until,
        arrival_from=started - timedelta(hours=1),
        arrival_until=min(now + timedelta(hours=1), seen + DELIVERED_WITHIN),
        runs=tuple(run.run_id for run in runs) if is_named else (),
    )
