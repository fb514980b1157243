"""EventBridge Scheduler on the laptop: it fires by itself, with the rights of its role."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import wait_for
from tests.emulator.conftest import Emulator, allow

SERVICE = "scheduler.amazonaws.com"
INPUT = json.dumps(
    {
        "scheduled_at": "<aws.scheduler.scheduled-time>",
        "attempt": "<aws.scheduler.attempt-number>",
        "execution": "<aws.scheduler.execution-id>",
        "schedule": "<aws.scheduler.schedule-arn>",
    }
)
FUNCTION = "arn:aws:lambda:eu-central-1:000000000000:function:ticked"
QUEUE = "arn:aws:sqs:eu-central-1:000000000000:buried"
RECORDER = """
import json
def handle(event, context):
    print("TICK " + json.dumps(event))
"""


def _create(aws: Emulator, name: str, role: str, expression: str, **more: Any) -> None:
    target = {"Arn": FUNCTION, "RoleArn": role, "Input": INPUT, **more.pop("target", {})}
    aws.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
        **more,
    )


def _ticks(aws: Emulator, schedule: str) -> list[dict[str, str]]:
    logs = aws.client("logs")
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/ticked")
        lines = [event["message"] for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []
    ticks = [json.loads(line[5:]) for line in lines if line.startswith("TICK ")]
    return [tick for tick in ticks if tick["schedule"].endswith(f"/{schedule}")]


@pytest.fixture(scope="module")
def roles(aws: Emulator) -> dict[str, str]:
    """A role that may call the function and bury what fails, and one that may bury only."""
    aws.function("ticked", aws.role("ticked-role", "lambda.amazonaws.com"), RECORDER)
    aws.client("sqs").create_queue(QueueName="buried")
    bury = allow("sqs:SendMessage", QUEUE)
    call = allow("lambda:InvokeFunction", FUNCTION)
    return {
        "full": aws.role("ticks-full", SERVICE, call, bury),
        "bury": aws.role("ticks-bury", SERVICE, bury),
    }


def _soon(seconds: float = 2) -> str:
    return datetime.fromtimestamp(time.time() + seconds, UTC).strftime("at(%Y-%m-%dT%H:%M:%S)")


def test_the_input_is_filled_in(aws: Emulator, roles: dict[str, str]) -> None:
    expression = _soon()
    _create(aws, "filled", roles["full"], expression)
    (tick,) = wait_for(lambda: _ticks(aws, "filled"), 15)
    assert tick["scheduled_at"] == expression[3:-1] + "Z"
    assert tick["attempt"] == "1"
    assert re.fullmatch(r"[0-9a-f-]{36}", tick["execution"])
    assert tick["schedule"] == (
        "arn:aws:scheduler:eu-central-1:000000000000:schedule/default/filled"
    )


def test_a_rate_is_due_one_period_after_creation(aws: Emulator, roles: dict[str, str]) -> None:
    created = time.time()
    _create(aws, "each-minute", roles["full"], "rate(1 minute)")
    _create(aws, "off", roles["full"], _soon(1), State="DISABLED")
    due = aws.hook("schedules", method="GET")
    while "default/each-minute" not in due:
        due = aws.hook("schedules", method="GET")
    assert "default/off" not in due
    next_at = datetime.fromisoformat(due["default/each-minute"]["next_at"]).timestamp()
    assert 58.9 < next_at - created < 61
    time.sleep(max(0.0, created + 4 - time.time()))
    assert _ticks(aws, "off") == []
    aws.client("scheduler").delete_schedule(Name="each-minute")


def test_a_role_without_the_right_ends_in_the_queue(aws: Emulator, roles: dict[str, str]) -> None:
    expression = _soon()
    _create(aws, "denied", roles["bury"], expression, target={"DeadLetterConfig": {"Arn": QUEUE}})
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName="buried")["QueueUrl"]

    def received() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = sqs.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"]
        ).get("Messages", [])
        return found

    (message,) = wait_for(received, 15)
    attributes = {
        name: value["StringValue"] for name, value in message["MessageAttributes"].items()
    }
    assert attributes["ERROR_CODE"].startswith("AccessDenied")
    assert attributes["TARGET_ARN"] == FUNCTION
    assert attributes["RETRY_ATTEMPTS"] == "0"
    assert json.loads(message["Body"])["scheduled_at"] == expression[3:-1] + "Z"
    assert _ticks(aws, "denied") == []
    assert "AccessDenied" in aws.hook("schedules", method="GET")["default/denied"]["last_error"]
    aws.client("scheduler").delete_schedule(Name="denied")
    wait_for(lambda: "default/denied" not in aws.hook("schedules", method="GET"), 5)
    _create(aws, "denied", roles["bury"], "rate(1 hour)")  # another of that name begins anew
    wait_for(lambda: "default/denied" in aws.hook("schedules", method="GET"), 5)
    assert aws.hook("schedules", method="GET")["default/denied"]["last_error"] is None
    aws.client("scheduler").delete_schedule(Name="denied")


@pytest.mark.parametrize("expression", ["rate(5 minute)", "cron(0 * * * *)", "at(noon)", "often"])
def test_wrong_expressions_are_refused(
    aws: Emulator, roles: dict[str, str], expression: str
) -> None:
    with pytest.raises(ClientError, match="Invalid Schedule Expression"):
        _create(aws, "wrong", roles["full"], expression)


def test_an_unknown_zone_is_refused(aws: Emulator, roles: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="Invalid Schedule Expression"):
        _create(
            aws,
            "wrong",
            roles["full"],
            "cron(0 3 * * ? *)",
            ScheduleExpressionTimezone="Europe/Atlantis",
        )


@pytest.mark.parametrize(
    ("service", "condition"),
    [
        ("events.amazonaws.com", None),
        (SERVICE, {"ArnEquals": {"aws:SourceArn": "arn:aws:scheduler:x:y:schedule-group/z"}}),
    ],
)
def test_the_role_must_trust_the_scheduler(aws: Emulator, service: str, condition: Any) -> None:
    role = aws.role(f"untrusted-{time.time_ns()}", service, condition=condition)
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume"):
        _create(aws, "untrusted", role, "rate(5 minutes)")


def test_a_role_bound_to_the_group_is_taken(aws: Emulator) -> None:
    arn = "arn:aws:scheduler:eu-central-1:000000000000:schedule-group/default"
    role = aws.role("bound", SERVICE, condition={"ArnEquals": {"aws:SourceArn": arn}})
    _create(aws, "bound", role, "rate(5 minutes)", State="DISABLED")
    scheduler = aws.client("scheduler")
    assert scheduler.get_schedule(Name="bound")["Target"]["RoleArn"] == role
    scheduler.delete_schedule(Name="bound")
