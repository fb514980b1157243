"""Payloads: what each asks for, and what is refused with code, field and expectation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.runtime.errors import PipelineError
from handlers.telemetry_generator import request
from handlers.telemetry_generator.request import Request

NOW = datetime(2025, 8, 11, 10, 3, 7, 250_000, tzinfo=UTC)
TICK = {"scheduled_at": "2025-08-11T10:00:00Z"}
WINDOW = {"start": "2025-08-11T08:00:00Z", "end": "2025-08-11T10:00:00Z"}


def parsed(event: object, request_id: str = "r-1", now: datetime = NOW, seed: int = 1) -> Request:
    return request.parse(
        event, request_id=request_id, now=now, default_seed=seed, default_profile="steady"
    )


def test_a_tick_covers_the_five_minutes_before_it() -> None:
    tick = parsed(TICK)
    assert tick.window == (NOW.replace(minute=0, second=0, microsecond=0) - timedelta(minutes=5),
                           NOW.replace(minute=0, second=0, microsecond=0))  # fmt: skip
    assert tick.batch_size is None and tick.scheduled_at == tick.window[1]


def test_a_tick_may_cover_another_time_and_is_another_run() -> None:
    hour = parsed({**TICK, "window_seconds": 3600})
    assert hour.window is not None
    assert hour.window[1] - hour.window[0] == timedelta(hours=1)
    assert hour.run_id != parsed(TICK).run_id
    assert parsed({**TICK, "window_seconds": 300}).run_id == parsed(TICK).run_id


def test_times_are_cut_to_the_milliseconds_of_events() -> None:
    fine = {"start": "2025-08-11T08:00:00.000999Z", "end": "2025-08-11T10:00:00.000001Z"}
    assert parsed(fine).window == parsed(WINDOW).window
    assert parsed(fine).run_id == parsed(WINDOW).run_id


def test_a_test_is_a_hundred_events_of_the_last_minutes() -> None:
    test = parsed({"test": True})
    assert (test.batch_size, test.window) == (100, None)
    assert test.window_at(NOW) == (
        datetime(2025, 8, 11, 9, 48, 7, tzinfo=UTC),
        datetime(2025, 8, 11, 10, 3, 7, tzinfo=UTC),
    )
    assert parsed({"test": True, "batch_size": 7}).batch_size == 7


def test_a_replay_may_be_exact_or_by_volume() -> None:
    assert parsed(WINDOW).batch_size is None
    assert parsed({**WINDOW, "batch_size": 5}).batch_size == 5


@pytest.mark.parametrize("event", [TICK, WINDOW, {**WINDOW, "batch_size": 5}])
def test_a_run_with_a_window_is_named_by_its_parameters_alone(event: dict[str, object]) -> None:
    later = parsed(event, request_id="r-2", now=NOW + timedelta(days=1))
    assert parsed(event).run_id == later.run_id


def test_spelling_does_not_name_another_run() -> None:
    assert parsed(TICK).run_id == parsed({"scheduled_at": "2025-08-11T12:00:00.000+02:00"}).run_id


def test_a_run_without_a_window_is_named_by_the_call() -> None:
    event = {"test": True, "batch_size": 5}
    assert parsed(event).run_id == parsed(event, now=NOW + timedelta(hours=1)).run_id
    assert parsed(event).run_id != parsed(event, request_id="r-2").run_id


def test_different_parameters_are_different_runs() -> None:
    events: list[dict[str, Any]] = [
        TICK, {"scheduled_at": "2025-08-11T09:55:00Z"}, {**TICK, "seed": 2}, WINDOW,
        {**WINDOW, "batch_size": 5}, {**WINDOW, "batch_size": 6}, {"test": True},
    ]  # fmt: skip
    runs = {parsed(event).run_id for event in events} | {parsed(TICK, seed=9).run_id}
    assert len(runs) == len(events) + 1


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(PipelineError, match="batch_size \\(the nearest name\\)"):
        parsed({"batchSize": 5})


def test_the_placeholder_of_the_scheduler_is_recognised() -> None:
    with pytest.raises(PipelineError, match="placeholder, not substituted"):
        parsed({"scheduled_at": "<aws.scheduler.scheduled-time>"})


def test_all_problems_are_listed() -> None:
    with pytest.raises(PipelineError) as caught:
        parsed({"test": 1, "batch_size": 0, "sed": 3, "start": "now"})
    assert [problem.field for problem in caught.value.problems] == [
        "test", "batch_size", "sed", "start",
    ]  # fmt: skip


def test_a_clock_that_is_a_little_ahead_is_forgiven() -> None:
    assert parsed(TICK, now=datetime(2025, 8, 11, 9, 59, 55, tzinfo=UTC)).batch_size is None


@pytest.mark.parametrize(
    ("payload", "now"),
    [
        (TICK, datetime(2025, 8, 11, 9, 59, 54, 999_999, tzinfo=UTC)),
        (
            {"start": "2025-08-11T09:00:00Z", "end": "2025-08-11T10:00:00Z"},
            datetime(2025, 8, 11, 9, 59, 59, 999_999, tzinfo=UTC),
        ),
        (
            {"start": "2025-08-11T09:59:59Z", "end": "2025-08-11T10:00:00.001Z", "batch_size": 3},
            datetime(2025, 8, 11, 10, tzinfo=UTC),
        ),
    ],
)
def test_no_window_ends_in_the_future(payload: dict[str, Any], now: datetime) -> None:
    with pytest.raises(PipelineError, match="in the future") as caught:
        parsed(payload, now=now)
    assert caught.value.code == "E_EVENT_TIME"
