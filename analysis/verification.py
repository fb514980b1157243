"""Are the events real? The questions of the first notebook, asked together and judged.

Each check compares what a query found with what a true event stream would give. Thresholds are
absolute: a single orphan, malformed row or broken session is a defect of this pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.athena import Athena
from analysis.errors import AnalysisError
from analysis.scope import Scope
from analysis.verdict import Verdict, fail, ok, overall, warn

# Sessions outlive ticks: the first ticks carry on with sessions whose start was never due.
WITHOUT_START = "begins_with_start"
AT_ONCE = 4  # queries; most of one is waiting
BY_EVENTS = (
    "join_rows_by_table",
    "views_by_title",
    "events_by_type",
    "views_by_tier",
    "events_by_hour",
)
BY_ARRIVAL = ("rows_by_partition",)
BY_SESSION = ("incoherent_sessions_by_rule",)
# Asked only where the join of that table has orphans.
ORPHANS = {"titles": "orphan_titles_by_title", "customers": "orphan_customers_by_customer"}


@dataclass(frozen=True)
class Verification:
    """The frames by query name, of one scope; those of ORPHANS only where there are any."""

    scope: Scope
    frames: Mapping[str, pd.DataFrame]

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """A judgement for each check, in the order in which to read them."""
        frames = self.frames
        return {
            "Events": events(frames["events_by_type"]),
            "Titles": references(frames["join_rows_by_table"], "titles"),
            "Customers": references(frames["join_rows_by_table"], "customers"),
            "Sessions": sessions(frames["incoherent_sessions_by_rule"]),
            "Lines": lines(frames["rows_by_partition"]),
        }

    @property
    def verdict(self) -> Verdict:
        """The first of the worst checks, or that the events are real."""
        return overall(
            self.verdicts.values(),
            "The events are real: every id is known, every session in order, every line read.",
        )


def verify(athena: Athena, scope: Scope) -> Verification:
    """Ask every question of `scope`, a few at once. Raises what `Athena.frame` raises."""
    given: dict[str, dict[str, Any]] = {
        **dict.fromkeys(BY_EVENTS, scope.events),
        **dict.fromkeys(BY_ARRIVAL, scope.arrival),
        **dict.fromkeys(BY_SESSION, scope.sessions),
    }
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        asked = {name: pool.submit(athena.frame, name, **values) for name, values in given.items()}
        frames = {name: future.result() for name, future in asked.items()}
        for name in orphaned(frames["join_rows_by_table"]):
            frames[name] = athena.frame(name, **scope.events)
        return Verification(scope, frames)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        athena.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def orphaned(join_rows: pd.DataFrame) -> list[str]:
    """The queries that list the orphans which the joins have. (`join_rows_by_table`)"""
    tables = join_rows.loc[join_rows["orphans"] > 0, "reference_table"]
    return [ORPHANS[table] for table in tables]


def events(by_type: pd.DataFrame) -> Verdict:
    """Are there any events? (`events_by_type`)"""
    count = int(by_type["events"].sum())
    if not count:
        return warn(
            "There is no event in this range.",
            "widen the range, start the crawler (`make crawl`), or invoke the generator",
        )
    return ok(f"{count:,} different events of {len(by_type)} types.")


def references(join_rows: pd.DataFrame, table: str) -> Verdict:
    """Does the join with a reference table neither lose nor multiply? (`join_rows_by_table`)"""
    found = join_rows[join_rows["reference_table"] == table]
    if len(found) != 1:
        raise AnalysisError(
            "E_RESULT_SHAPE",
            f"join_rows_by_table has {len(found)} rows for {table}; expected 1",
            "check queries/join_rows_by_table.sql against its golden result",
            exit_code=3,
        )
    row = found.iloc[0]
    if row["orphans"]:
        return fail(
            f"{row['orphans']:,} of {row['events']:,} events name {table} that do not exist.",
            f"list them with orphan_{table}_by_{table[:-1]}; which reference version had they?",
        )
    if row["extra"]:
        return fail(
            f"The join with {table} makes {row['extra']:,} rows too many.",
            f"find the keys that occur twice in {table}: every report counts them double",
        )
    return ok(f"All {row['matched']:,} events join {table} exactly once.")


def sessions(by_rule: pd.DataFrame) -> Verdict:
    """Do the sessions tell possible stories? (`incoherent_sessions_by_rule`)"""
    if by_rule.empty:
        return warn("There is no session to judge in this range.", "widen the range")
    broken = by_rule[by_rule["broken"] > 0]
    checked = int(by_rule["checked"].max())
    if list(broken["rule"]) == [WITHOUT_START]:
        return warn(
            f"Of {checked:,} sessions {int(broken['broken'].sum()):,} have no start here. In the "
            "first hours of a schedule, or after a pause of it, they began before the ticks did.",
            "reconcile the runs: if every hop agrees, no start was lost",
        )
    if len(broken):
        rules = ", ".join(f"{row['rule']} ({row['broken']:,})" for _, row in broken.iterrows())
        return fail(
            f"Of {checked:,} sessions some break {rules}.",
            "look at one such session's events in order; compare with the run's seed and version",
        )
    return ok(f"{checked:,} sessions keep all {len(by_rule)} rules.")


def lines(by_partition: pd.DataFrame) -> Verdict:
    """Could every row be read as an event? (`rows_by_partition`)"""
    bad = by_partition["malformed"] + by_partition["nameless"]
    if bad.sum():
        return fail(
            f"{int(bad.sum()):,} rows in {int((bad > 0).sum())} hours of arrival are no events.",
            "copy them into quarantine (`python -m analysis scan`), and see who else writes",
        )
    timeless = by_partition["timeless"]
    if timeless.sum():
        return fail(
            f"{int(timeless.sum()):,} rows in {int((timeless > 0).sum())} hours of arrival have an "
            "event_timestamp that is no time: no question by event time counts them.",
            "find who else writes to the topic; queries by arrival still count these rows",
        )
    return ok("Every row is an event.")
