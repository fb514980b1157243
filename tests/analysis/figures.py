"""Accounts and verifications made by hand, for tests of what judges and shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from analysis.figures import Arrival, RunFigures, TopicFigures
from analysis.hops import Hop
from analysis.lateness import Lateness
from analysis.reconciliation import Account
from analysis.scope import Scope
from analysis.verification import Verification

NOW = datetime(2025, 8, 11, 12, 0, tzinfo=UTC)
RUN = "a" * 16
SCOPE = Scope(
    event_from=NOW - timedelta(hours=6),
    event_until=NOW,
    arrival_from=NOW - timedelta(hours=7),
    arrival_until=NOW + timedelta(hours=1),
    runs=(RUN,),
)
GOOD = RunFigures(
    run_id=RUN,
    hour="2025-08-11T11",
    sent_hour="2025-08-11T12",
    attempts=1,
    is_open=False,
    is_dead=False,
    is_failed=False,
    generated=1000,
    acked=1000,
    rejected=0,
    unresolved=0,
    quarantined=0,
    recovered=0,
    sent_at_least=1000,
    sent_at_most=1000,
    sent_by_hour={"2025-08-11T12": 1000},
    objects=3,
    lines=1000,
    rows=1000,
    distinct=1000,
    invented=0,
    max_copies=1,
    payload={"scheduled_at": "2025-08-11T12:00:00Z", "seed": 1, "profile": "steady"},
)


def account(
    *runs: RunFigures,
    records: int | None = None,
    nameless_lines: int = 0,
    lateness: Lateness | None = None,
    beside: tuple[Hop, ...] = (),
) -> Account:
    """An account of these runs, which arrived in the hour in which they were sent; the topic took
    just what they sent unless `records` says else."""
    sent = sum(run.sent_at_least for run in runs) if records is None else records
    arrivals = [
        Arrival(
            hour=run.sent_hour,
            run_id=run.run_id,
            objects=run.objects,
            lines=run.lines,
            rows=run.rows,
            first_copies=run.distinct,
        )
        for run in runs
    ]
    if nameless_lines:
        arrivals.append(Arrival(hour=GOOD.sent_hour, run_id="", lines=nameless_lines))
    return Account(
        runs=runs,
        arrivals=tuple(arrivals),
        topic=TopicFigures(partitions=3, records=sent, expired=0, end_offset=sent),
        scope=SCOPE,
        lateness=lateness or Lateness(Counter()),
        ticks=None,
        beside=beside,
        younger=0,
        taken_at=NOW,
    )


def run(**changes: Any) -> RunFigures:
    """A run that is well but for `changes`; all that it sent was sent in its `sent_hour`."""
    made = replace(GOOD, **changes)
    sent = {"sent_by_hour": {made.sent_hour: made.sent_at_least}}
    return replace(made, **{**sent, **changes})


def frames(**changes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The results of a verification that is well, but for `changes`."""
    found = {
        "join_rows_by_table": pd.DataFrame(
            {
                "reference_table": ["customers", "titles"],
                "events": [1000, 1000],
                "matched": [1000, 1000],
                "joined": [1000, 1000],
                "orphans": [0, 0],
                "extra": [0, 0],
            }
        ),
        "views_by_title": pd.DataFrame(
            {
                "title_id": ["T1", "T2"],
                "title_name": ["The Light Kingdom", "<b>Beyond & Game</b>"],
                "genre": ["Animation", "Thriller"],
                "views": [300, 120],
                "viewers": [290, 119],
                "events": [700, 300],
            }
        ),
        "events_by_type": pd.DataFrame(
            {
                "event_type": ["start", "stop"],
                "events": [600, 400],
                "sessions": [600, 400],
                "share_percent": [60.0, 40.0],
            }
        ),
        "views_by_tier": pd.DataFrame(
            {
                "subscription_tier": ["free_with_ads"],
                "customers": [400],
                "views": [420],
                "events": [1000],
                "views_per_customer": [1.05],
            }
        ),
        "events_by_hour": pd.DataFrame(
            {
                "event_hour": ["2025-08-11T09", "2025-08-11T11"],
                "events": [600, 400],
                "views": [1, 2],
            }
        ),
        "rows_by_partition": pd.DataFrame(
            {"malformed": [0, 0], "nameless": [0, 0], "timeless": [0, 0]}
        ),
        "incoherent_sessions_by_rule": pd.DataFrame(
            {"rule": ["begins_with_start", "starts_once"], "checked": [600, 600], "broken": [0, 0]}
        ),
    }
    return {**found, **changes}


def verification(**changes: pd.DataFrame) -> Verification:
    """A verification that is well, but for `changes`."""
    return Verification(SCOPE, frames(**changes))


def empty() -> Verification:
    """What the queries give where there is no event at all."""
    joined = frames()["join_rows_by_table"].assign(events=0, matched=0, joined=0)
    without = {name: frame.head(0) for name, frame in frames().items()}
    return Verification(SCOPE, {**without, "join_rows_by_table": joined})
