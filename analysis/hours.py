"""The account by the hour: what was made of an hour's events, and what arrived in an hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures import Arrival, RunFigures


@dataclass
class HourFigures:
    """One UTC hour. Events made: by the last hour that the run's window touches; what arrived: by
    the hour of arrival. A line is of the same event in both, but mostly not in the same hour.

    `rows` minus `first_copies` are copies. `other_lines` are of no run of the account.
    """

    hour: str
    runs: int = 0
    generated: int = 0
    acked: int = 0
    rejected: int = 0
    unresolved: int = 0
    objects: int = 0
    lines: int = 0
    rows: int = 0
    first_copies: int = 0
    other_lines: int = 0


def by_hour(runs: Sequence[RunFigures], arrivals: Sequence[Arrival]) -> list[HourFigures]:
    """The hours in which anything was made or arrived, in their order."""
    found: dict[str, HourFigures] = {}

    def at(hour: str) -> HourFigures:
        return found.setdefault(hour, HourFigures(hour))

    for run in runs:
        made = at(run.hour)
        made.runs += 1
        made.generated += run.generated
        made.acked += run.acked
        made.rejected += run.rejected
        made.unresolved += run.unresolved
    own = {run.run_id for run in runs}
    parts: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        parts[arrival.hour].append(arrival)
    for hour, arrived in parts.items():
        figures = at(hour)
        for one in arrived:
            if one.run_id in own:
                figures.objects += one.objects
                figures.lines += one.lines
                figures.rows += one.rows
                figures.first_copies += one.first_copies
            else:
                figures.other_lines += one.lines
    return [found[hour] for hour in sorted(found)]
