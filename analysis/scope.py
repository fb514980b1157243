"""Which events a question is about: a range of event time, one of arrival, and runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from analysis.errors import AnalysisError, shown
from handlers.contract.identity import RUN_ID

ARRIVAL_MARGIN = timedelta(hours=1)
SESSION_MARGIN = timedelta(hours=12)
# Athena takes 1,024 characters a value, two of them the quotes; a run's id and its comma are 17.
RUNS_MAX = 60


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Half-open ranges in UTC and the runs that count (none named: all)."""

    event_from: datetime
    event_until: datetime
    arrival_from: datetime
    arrival_until: datetime
    runs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        whole_range(self.event_from, self.event_until, "event range")
        whole_range(self.arrival_from, self.arrival_until, "arrival range")
        for run in self.runs:
            if not RUN_ID.fullmatch(run):
                raise AnalysisError(
                    "E_RUN_ID",
                    f"run={shown(run)} is no run id; expected 16 hex digits",
                    "take it from the generator's reply or from the ledger",
                    exit_code=2,
                )

    @property
    def arrival(self) -> dict[str, object]:
        """The arrival range as query parameters."""
        until = self.arrival_until + timedelta(hours=1) - timedelta(microseconds=1)
        return {
            "arrival_from": hour_number(self.arrival_from),
            "arrival_until": hour_number(until),
        }

    @property
    def events(self) -> dict[str, object]:
        """Arrival range, event range and runs as query parameters. Raises E_RUN_COUNT."""
        return {
            **self.arrival,
            "event_from": event_time(self.event_from),
            "event_until": event_time(self.event_until),
            "runs": ",".join(named(self.runs)),
        }

    @property
    def sessions(self) -> dict[str, object]:
        """Parameters for a judgement of whole sessions: they may have begun half a day earlier."""
        wider = replace(
            self,
            event_from=self.event_from - SESSION_MARGIN,
            arrival_from=self.arrival_from - SESSION_MARGIN,
        )
        return {**wider.events, "judged_from": event_time(self.event_from)}


def of_events(
    event_from: datetime, event_until: datetime, runs: tuple[str, ...] = (), *, now: datetime
) -> Scope:
    """Events of [`event_from`, `event_until`), whenever they arrived from an hour before that on:
    replays and repairs come late. `now` is until when arrivals are asked for, an hour more for what
    is on its way. Raises AnalysisError (E_RANGE).
    """
    whole_range(event_from, event_until, "event range")
    if now.tzinfo is None:
        whole_range(event_from, now, "arrival range")
    return Scope(
        event_from=event_from,
        event_until=event_until,
        arrival_from=event_from - ARRIVAL_MARGIN,
        arrival_until=max(event_until, now) + ARRIVAL_MARGIN,
        runs=runs,
    )


def named(runs: Sequence[str]) -> tuple[str, ...]:
    """The runs, if a query can be asked of them. Raises AnalysisError (E_RUN_COUNT)."""
    if len(runs) > RUNS_MAX:
        raise AnalysisError(
            "E_RUN_COUNT",
            f"run={len(runs)} ids is more than one question takes; expected at most {RUNS_MAX}",
            "ask for the range of time that holds them, without naming runs",
            exit_code=2,
        )
    return tuple(runs)


def whole_range(start: datetime, end: datetime, what: str = "range") -> tuple[datetime, datetime]:
    """The range, if it is one. Raises AnalysisError (E_RANGE)."""
    if start.tzinfo is None or end.tzinfo is None or start >= end:
        raise AnalysisError(
            "E_RANGE",
            f"{what} {start.isoformat()} to {end.isoformat()} is empty, reversed or "
            "without a zone; expected a start before its end, in UTC",
            "swap or widen the range",
            exit_code=2,
        )
    return start, end


def hour_number(moment: datetime) -> int:
    """The UTC hour as YYYYMMDDHH."""
    return int(f"{moment.astimezone(UTC):%Y%m%d%H}")


def event_time(moment: datetime) -> str:
    """A time as events carry it: ISO 8601, UTC, milliseconds, Z."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
