"""The generator's payload, given to its entry."""

from __future__ import annotations

from typing import Any

from handlers.telemetry_generator import handler
from tests.bad_input.case import KEYS, Case, Outcome, Surface, environment, of_reply
from tests.bad_input.surfaces.environments import GENERATOR
from tests.handlers.fakes import FakeContext

TICK = {"scheduled_at": "2025-08-11T10:00:00Z"}
PERSON = "CUST_0badc0de_000042"
WINDOW = {"start": "2025-08-11T08:00:00Z", "end": "2025-08-11T10:00:00Z"}


def nested(depth: int) -> list[Any]:
    """A list in a list in a list."""
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


def run(payload: object) -> Outcome:
    with environment(GENERATOR):
        return of_reply(lambda: handler.handle(payload, FakeContext()))


CASES = (
    *(Case(bad, "E_EVENT_SHAPE", "payload") for bad in (None, [], "x", "", 7, True, 1.5, [TICK])),
    Case({}, "E_EVENT_SHAPE", "payload"),
    Case({"test": False}, "E_EVENT_SHAPE", "payload"),
    Case({"seed": 7, "profile": "steady"}, "E_EVENT_SHAPE", "payload"),
    Case({"test": True, "seed": "x" * 300_000}, "E_EVENT_SHAPE", "payload", given="300 kB"),
    Case({"test": nested(50_000)}, "E_EVENT_SHAPE", "payload", given="lists 50,000 deep"),
    Case({"batchsize": 5}, "E_EVENT_FIELD", "batchsize"),
    Case({"batchSize": 5}, "E_EVENT_FIELD", "batchSize"),
    Case({"TEST": True}, "E_EVENT_FIELD", "TEST"),
    Case({**TICK, "debug": True}, "E_EVENT_FIELD", "debug"),
    Case({"": 1}, "E_EVENT_FIELD", ""),
    Case({"a\nb\nc\nd\ne": 1}, "E_EVENT_FIELD", "a\\nb\\nc\\nd\\ne"),
    Case({"k" * 9_000: 1}, "E_EVENT_FIELD", "k" * 37 + "...", given="a key of 9,000 letters"),
    Case({"\ud800": 1}, "E_EVENT_FIELD", "\\ud800", given="a key that is half a character"),
    Case({PERSON: 1}, "E_EVENT_FIELD", PERSON),
    Case(
        {KEYS["AWS_ACCESS_KEY_ID"]: 1},
        "E_EVENT_FIELD",
        KEYS["AWS_ACCESS_KEY_ID"],
        given="a key's id for a name",
    ),
    Case({"Records": [{"body": "{}"}]}, "E_EVENT_FIELD", "Records"),
    *(Case({"test": bad}, "E_EVENT_TYPE", "test") for bad in ("true", 1, None, [], "yes")),
    *(
        Case({"batch_size": bad}, "E_EVENT_TYPE", "batch_size")
        for bad in ("100", 1.5, 100.0, True, None, [100], {"n": 1}, float("nan"), float("inf"))
    ),
    *(
        Case({"batch_size": bad}, "E_EVENT_LIMIT", "batch_size")
        for bad in (0, -5, 1_000_001, 2**70)
    ),
    *(Case({**TICK, "seed": bad}, "E_EVENT_LIMIT", "seed") for bad in (-1, 2**63)),
    *(Case({**TICK, "seed": bad}, "E_EVENT_TYPE", "seed") for bad in ([1], "7", 1.0, None)),
    *(
        Case({**TICK, "profile": bad}, "E_EVENT_PROFILE", "profile")
        for bad in ("party", "Steady", "steady ", "", None, ["steady"], "x" * 10_000)
    ),
    *(
        Case({"scheduled_at": bad}, "E_EVENT_TIME", "scheduled_at")
        for bad in (
            *("<aws.scheduler.scheduled-time>", "yesterday", "", "now", "2025-08-11"),
            *("2025-08-11T10:00:00", "2025-08-11 10:00:00Z", "2025-W33-1T10:00:00Z"),
            *("2026-02-30T00:00:00Z", "2025-08-11T24:00:00Z", "2025-08-11T10:00:60Z"),
            *(
                "2025-08-11T10:00:00+25:00",
                "2025-08-11T10:00:00+05:99",
                "2025-08-11T10:00:00+02",
                "2025-08-11T10:00Z",
                "2025-08-11T10:00:00.Z",
            ),
            *("0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "0000-01-01T00:00:00Z"),
            *("1999-12-31T00:00:00Z", "2000-01-01T00:00:00Z", "2025-08-11T10:00:00Z\n"),
            *("٢٠٢٥-08-11T10:00:00Z", "2025-08-11T10:00:00Z'; DROP TABLE titles --"),
            *(1754906400, None, [], True, "9" * 10_000, "2999-01-01T00:00:00Z"),
        )
    ),
    Case({**WINDOW, "end": "2999-01-01T12:00:00Z"}, "E_EVENT_LIMIT", ("end", "end")),
    Case({"start": WINDOW["start"]}, "E_EVENT_FIELD", "end"),
    Case({"end": WINDOW["end"]}, "E_EVENT_FIELD", "start"),
    Case({"start": "2999-01-01T00:00:00Z"}, "E_EVENT_FIELD", "end"),
    Case({**WINDOW, **TICK}, "E_EVENT_FIELD", "scheduled_at"),
    Case({**WINDOW, "end": WINDOW["start"]}, "E_EVENT_RANGE", "end"),
    Case(
        {
            "start": "2025-08-11T02:00:30.000100Z",
            "end": "2025-08-11T02:00:30.000900Z",
            "batch_size": 1,
        },
        "E_EVENT_RANGE",
        "end",
    ),
    *(
        Case({**TICK, "window_seconds": bad}, code, "window_seconds")
        for bad, code in (
            (0, "E_EVENT_LIMIT"),
            (59, "E_EVENT_LIMIT"),
            (3601, "E_EVENT_LIMIT"),
            ("300", "E_EVENT_TYPE"),
            (60.0, "E_EVENT_TYPE"),
            (True, "E_EVENT_TYPE"),
        )
    ),
    Case({"test": True, "window_seconds": 300}, "E_EVENT_FIELD", "window_seconds"),
    Case({**WINDOW, "start": "2025-08-11T10:00:01Z"}, "E_EVENT_RANGE", "end"),
    Case({**WINDOW, "start": "2025-08-10T09:59:59Z"}, "E_EVENT_LIMIT", "end"),
    Case(
        {"test": 1, "batch_size": 0, "sed": 3, "start": "now"},
        "E_EVENT_TYPE",
        ("test", "batch_size", "sed", "start"),
    ),
)
SURFACE = Surface("generator's payload", "`statusCode` of the reply", 400, run, CASES)
