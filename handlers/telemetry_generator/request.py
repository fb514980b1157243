"""The generator's payload, checked field by field, and the run that it asks for.

| payload | window | events |
|---|---|---|
| `scheduled_at` | the 5 minutes before it, or `window_seconds` | by the hour-of-day volumes |
| `start`, `end` | [start, end) | by the volumes, or exactly `batch_size` |
| `test` or `batch_size` alone | the 15 minutes before now | exactly `batch_size` |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.contract.identity import run_id
from handlers.contract.limits import (
    CLOCK_TOLERANCE_SECONDS,
    FIRST_YEAR,
    PROFILES,
    REQUEST_MAX_BYTES,
    RUN_MAX_EVENTS,
    SEED_MAX,
    TEST_WINDOW_SECONDS,
    TICK_MAX_SECONDS,
    TICK_MIN_SECONDS,
    TICK_SECONDS,
    WINDOW_MAX_HOURS,
)
from handlers.runtime import payload
from handlers.runtime.clock import parse_rfc3339, rfc3339
from handlers.runtime.errors import PipelineError
from handlers.runtime.payload import Field, UnfitError

TEST_BATCH_SIZE = 100
UNSUBSTITUTED = "<aws.scheduler.scheduled-time>"


def _instant(given: object) -> datetime:
    expected = "RFC 3339 with a zone"
    if given == UNSUBSTITUTED:
        raise UnfitError(
            "E_EVENT_TIME",
            "the scheduler's placeholder, not substituted",
            "the scheduled time",
            fix="call through the schedule: EventBridge Scheduler puts the time in",
        )
    if not isinstance(given, str):
        raise UnfitError("E_EVENT_TIME", "not a text", expected)
    try:
        at = parse_rfc3339(given)
    except ValueError as error:
        raise UnfitError("E_EVENT_TIME", "not a time", expected) from error
    if at.year < FIRST_YEAR:
        raise UnfitError("E_EVENT_TIME", "too early", f"a time from {FIRST_YEAR} on")
    return at.replace(microsecond=at.microsecond // 1000 * 1000)  # events are of whole ms


def _scheduled(given: object) -> datetime:
    at = _instant(given)
    if (at - timedelta(seconds=TICK_MAX_SECONDS)).year < FIRST_YEAR:  # where its window may begin
        raise UnfitError("E_EVENT_TIME", "too early", f"a time of {FIRST_YEAR}, or later")
    return at


def _profile(given: object) -> str:
    if given not in PROFILES:
        raise UnfitError("E_EVENT_PROFILE", "unknown", "one of " + ", ".join(PROFILES))
    return str(given)


FIELDS = (
    Field("test", payload.boolean, '"test": true'),
    Field("batch_size", payload.whole_number(1, RUN_MAX_EVENTS), '"batch_size": 100'),
    Field("scheduled_at", _scheduled, '"scheduled_at": "2025-08-11T10:00:00Z"'),
    Field(
        "window_seconds",
        payload.whole_number(TICK_MIN_SECONDS, TICK_MAX_SECONDS),
        f'"window_seconds": {TICK_SECONDS}',
    ),
    Field("start", _instant, '"start": "2025-08-11T08:00:00Z"'),
    Field("end", _instant, '"end": "2025-08-11T10:00:00Z"'),
    Field("seed", payload.whole_number(0, SEED_MAX), '"seed": 7'),
    Field("profile", _profile, '"profile": "steady"'),
)


@dataclass(frozen=True)
class Request:
    """What one call asks for. `window` is None where it ends now: the first attempt fixes it."""

    run_id: str
    window: tuple[datetime, datetime] | None
    scheduled_at: datetime | None
    batch_size: int | None
    seed: int
    profile: str
    parameters: dict[str, object]

    def window_at(self, now: datetime) -> tuple[datetime, datetime]:
        """The window, which ends at `now` (whole seconds) where the payload names none."""
        if self.window is not None:
            return self.window
        end = now.replace(microsecond=0)
        return end - timedelta(seconds=TEST_WINDOW_SECONDS), end


def parse(
    event: object, *, request_id: str, now: datetime, default_seed: int, default_profile: str
) -> Request:
    """The request that `event` is. Raises PipelineError E_EVENT_*, naming every problem."""
    values = payload.parse(event, FIELDS, REQUEST_MAX_BYTES)
    window_seconds = values.get("window_seconds", TICK_SECONDS)
    assert isinstance(window_seconds, int)
    start, end, scheduled_at = (_time(values, name) for name in ("start", "end", "scheduled_at"))
    test = bool(values.get("test", False))
    batch_size = values.get("batch_size", TEST_BATCH_SIZE if test else None)
    problems = _window_problems(start, end, scheduled_at, now)
    if "window_seconds" in values and scheduled_at is None:
        problems.append(
            PipelineError(
                "E_EVENT_FIELD",
                "given without scheduled_at",
                field="window_seconds",
                expected="a scheduled time beside it",
                fix="add scheduled_at, or leave window_seconds out",
            )
        )
    if not problems and batch_size is None and start is None and scheduled_at is None:
        problems.append(
            PipelineError(
                "E_EVENT_SHAPE",
                "without a window or a number of events",
                field="payload",
                expected='"scheduled_at", "start" and "end", or "test" and "batch_size"',
                fix='send {"test": true} for 100 events of the last minutes',
            )
        )
    if problems:
        raise PipelineError.of(problems)
    if start is not None and end is not None:
        window: tuple[datetime, datetime] | None = (start, end)
    elif scheduled_at is not None:
        window = (scheduled_at - timedelta(seconds=window_seconds), scheduled_at)
    else:
        window = None
    seed = values.get("seed", default_seed)
    profile = values.get("profile", default_profile)
    assert isinstance(seed, int) and isinstance(profile, str)
    assert batch_size is None or isinstance(batch_size, int)
    parameters: dict[str, object] = {
        "test": test,
        "batch_size": batch_size,
        "seed": seed,
        "profile": profile,
        "start": rfc3339(start) if start else None,
        "end": rfc3339(end) if end else None,
        "scheduled_at": rfc3339(scheduled_at) if scheduled_at else None,
    }
    if window_seconds != TICK_SECONDS:
        parameters["window_seconds"] = window_seconds
    named = parameters if window is not None else {**parameters, "request_id": request_id}
    return Request(run_id(named), window, scheduled_at, batch_size, seed, profile, parameters)


def _time(values: dict[str, object], name: str) -> datetime | None:
    value = values.get(name)
    assert value is None or isinstance(value, datetime)
    return value


def _window_problems(
    start: datetime | None, end: datetime | None, scheduled_at: datetime | None, now: datetime
) -> list[PipelineError]:
    problems = []
    for name, other, value, pair in (("start", "end", start, end), ("end", "start", end, start)):
        if value is None and pair is not None:
            problems.append(
                PipelineError(
                    "E_EVENT_FIELD",
                    "missing",
                    field=name,
                    expected=f"a time beside {other}",
                    fix=f"add {name}, or leave {other} out",
                )
            )
    if scheduled_at is not None and (start is not None or end is not None):
        problems.append(
            PipelineError(
                "E_EVENT_FIELD",
                "given beside start or end",
                field="scheduled_at",
                expected="either the scheduled time or a window",
                fix="leave one of them out",
            )
        )
    if start is not None and end is not None:
        problems += _range_problems(start, end)
    ahead = timedelta(seconds=CLOCK_TOLERANCE_SECONDS)
    problems += [
        PipelineError(
            "E_EVENT_TIME",
            "in the future",
            field=name,
            value=rfc3339(value),
            expected=f"at most {rfc3339(now)}, now",
            fix="end earlier, or call later",
        )
        for name, value, latest in (("end", end, now), ("scheduled_at", scheduled_at, now + ahead))
        if value is not None and value > latest
    ]
    return problems


def _range_problems(start: datetime, end: datetime) -> list[PipelineError]:
    if start >= end:
        return [
            PipelineError(
                "E_EVENT_RANGE",
                "not after start",
                field="end",
                value=rfc3339(end),
                expected=f"a time after {rfc3339(start)}",
                fix="move end to after start",
            )
        ]
    if end - start > timedelta(hours=WINDOW_MAX_HOURS):
        return [
            PipelineError(
                "E_EVENT_LIMIT",
                "too long after start",
                field="end",
                value=rfc3339(end),
                expected=f"a window of at most {WINDOW_MAX_HOURS} h",
                fix="replay in shorter windows",
            )
        ]
    return []
