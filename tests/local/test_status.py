"""What `make status` says of calls that failed."""

from __future__ import annotations

from typing import Any

import pytest

from local import status
from local.settings import Laptop


class Clients:
    """A scheduler with one schedule, and queues with so many messages each."""

    def __init__(self, waiting: dict[str, int]) -> None:
        self.waiting = waiting

    def list_schedules(self) -> dict[str, Any]:
        return {"Schedules": [{"Name": "s", "GroupName": "g", "Target": {"Arn": "generator"}}]}

    def get_schedule(self, **_: str) -> dict[str, Any]:
        return {"State": "ENABLED", "ScheduleExpression": "rate(5 minutes)"}

    def list_queues(self) -> dict[str, Any]:
        return {"QueueUrls": list(self.waiting)} if self.waiting else {}

    def get_queue_attributes(self, QueueUrl: str, **_: Any) -> dict[str, Any]:
        return {"Attributes": {status.WAITING: str(self.waiting[QueueUrl])}}


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        ({}, []),
        ({"http://h/0/A-DLQ": 0}, []),
        (
            {"http://h/0/A-DLQ": 2, "http://h/0/B-DLQ": 0, "http://h/0/C-DLQ": 1},
            ["failed     2 calls wait in A-DLQ", "failed     1 calls wait in C-DLQ"],
        ),
    ],
)
def test_dead_letters_are_counted(
    waiting: dict[str, int], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status.operations, "client", lambda *_: Clients(waiting))
    assert list(status._dead_letters(Laptop())) == expected


@pytest.mark.parametrize(
    ("last_error", "expected"),
    [
        (None, []),
        ("AccessDeniedException: no", ["           last error: AccessDeniedException: no"]),
    ],
)
def test_a_schedule_that_cannot_call_says_why(
    last_error: str | None, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status.operations, "client", lambda *_: Clients({}))
    monkeypatch.setattr(status, "_last_error", lambda _, name: last_error if name == "g/s" else "?")
    found = list(status._schedule(Laptop(), {"function_arns": {"generator": "generator"}}))
    assert found == ["schedule   enabled, rate(5 minutes)", *expected]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, ""),
        ({"streams": {}, "error": None}, ""),
        ({"streams": {}, "error": "E_DELIVERY_STREAM: no"}, ": E_DELIVERY_STREAM: no"),
    ],
)
def test_a_stream_that_is_not_seen_says_why(
    said: dict[str, Any] | None, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "delivery_status", lambda _: said)
    found = list(status._delivery(Laptop(), {"delivery_stream": "s"}))
    assert found == [f"delivery   the worker does not see the stream yet{why}"]
