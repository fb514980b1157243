"""Ranges and runs, as queries get them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from analysis import scope
from analysis.athena import literal
from analysis.errors import AnalysisError

NOON = datetime(2025, 8, 11, 12, 0, tzinfo=UTC)
RUN = "0123456789abcdef"


def test_the_default_arrival_range_begins_an_hour_before_the_events() -> None:
    asked = scope.of_events(NOON - timedelta(hours=2), NOON, (RUN,), now=NOON)
    assert asked.events == {
        "arrival_from": 2025081109,
        "arrival_until": 2025081113,
        "event_from": "2025-08-11T10:00:00.000Z",
        "event_until": "2025-08-11T12:00:00.000Z",
        "runs": RUN,
    }


def test_what_came_later_is_asked_for_until_now() -> None:
    days = scope.of_events(NOON - timedelta(hours=2), NOON, now=NOON + timedelta(days=3)).arrival
    assert days == {"arrival_from": 2025081109, "arrival_until": 2025081413}
    ahead = scope.of_events(NOON - timedelta(hours=2), NOON, now=NOON - timedelta(hours=1)).arrival
    assert ahead == {"arrival_from": 2025081109, "arrival_until": 2025081113}


def test_an_hour_that_has_begun_is_read_whole() -> None:
    asked = scope.of_events(NOON, NOON + timedelta(minutes=1), now=NOON)
    assert asked.arrival == {"arrival_from": 2025081111, "arrival_until": 2025081114}


def test_sessions_are_looked_for_half_a_day_earlier() -> None:
    asked = scope.of_events(NOON - timedelta(hours=2), NOON, now=NOON)
    assert asked.sessions == {
        **asked.events,
        "arrival_from": 2025081021,
        "event_from": "2025-08-10T22:00:00.000Z",
        "judged_from": "2025-08-11T10:00:00.000Z",
    }


def test_no_more_runs_are_asked_for_than_a_value_of_a_query_may_hold() -> None:
    runs = tuple(f"{number:016x}" for number in range(scope.RUNS_MAX + 1))
    most = scope.of_events(NOON - timedelta(hours=2), NOON, runs[:-1], now=NOON).events["runs"]
    assert len(literal(most)) <= 1024 < len(literal(most)) + 17  # Athena's limit
    with pytest.raises(AnalysisError, match="E_RUN_COUNT: run=61 ids"):
        _ = scope.of_events(NOON - timedelta(hours=2), NOON, runs, now=NOON).events


def test_other_zones_become_utc() -> None:
    berlin = timezone(timedelta(hours=2))
    moment = datetime(2025, 8, 11, 1, 2, 3, 456789, tzinfo=berlin)
    assert scope.event_time(moment) == "2025-08-10T23:02:03.456Z"
    assert scope.hour_number(moment) == 2025081023
