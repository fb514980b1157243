"""One call of a schedule's target: with its role's keys, repeated, and buried where it fails.

Source: "Configuring a dead-letter queue for EventBridge Scheduler" and "Adding context attributes",
EventBridge Scheduler guide.
"""

from __future__ import annotations

import json
import logging
import os
import time
from dataclasses import dataclass
from typing import Any

from local.aws import credentials

SEAMS = {
    "ministack.services.cloudwatch:record_metric": (
        "(namespace, metric_name, value, unit, dimensions)"
    ),
}
SERVICE = "scheduler.amazonaws.com"
DEFAULT_ATTEMPTS = 185
DEFAULT_AGE_SECONDS = 86_400
LONGEST_PAUSE_SECONDS = 60
log = logging.getLogger(__name__)
errors: dict[str, str] = {}
"""The last error of each schedule, by group/name; gone with its next success."""


class TargetError(Exception):
    """The target could not be called; `code` is AWS's word for it, `final` says not to repeat."""

    def __init__(self, code: str, message: str, final: bool) -> None:
        super().__init__(message)
        self.code = code
        self.final = final


@dataclass(frozen=True)
class Call:
    """One firing of a schedule; `scheduled_at` is RFC 3339 UTC, `target` the schedule's own."""

    execution_id: str
    schedule_arn: str
    source_arn: str
    scheduled_at: str
    group: str
    target: dict[str, Any]
    region: str

    @property
    def place(self) -> str:
        """group/name of the schedule."""
        return self.schedule_arn.partition(":schedule/")[2]

    def payload(self, attempt: int) -> str:
        """The input with its context attributes filled in; without an input AWS's own event."""
        text = self.target.get("Input")
        if text is None:
            text = json.dumps(
                {
                    "version": "0",
                    "id": self.execution_id,
                    "detail-type": "Scheduled Event",
                    "source": "aws.scheduler",
                    "account": self.schedule_arn.split(":")[4],
                    "time": self.scheduled_at,
                    "region": self.region,
                    "resources": [self.schedule_arn],
                    "detail": "{}",
                }
            )
        for name, value in (
            ("schedule-arn", self.schedule_arn),
            ("scheduled-time", self.scheduled_at),
            ("execution-id", self.execution_id),
            ("attempt-number", str(attempt)),
        ):
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return str(text)


def invoke(call: Call) -> None:
    """Call the target, again while it fails, then hand the payload to the dead-letter queue."""
    policy = call.target.get("RetryPolicy") or {}
    attempts = 1 + policy.get("MaximumRetryAttempts", DEFAULT_ATTEMPTS)
    ends = time.monotonic() + policy.get("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS)
    attempt = 0
    while True:
        attempt += 1
        _count(call, "InvocationAttemptCount")
        try:
            _call_target(call, call.payload(attempt))
            errors.pop(call.place, None)
            return
        except TargetError as error:
            errors[call.place] = f"{error.code}: {error}"[:200]
            log.warning("schedule %s: %s: %s", call.place, error.code, str(error)[:200])
            _count(call, "TargetErrorCount")
            pause = min(2 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
            condition = None
            if error.final or attempt >= attempts:
                condition = "MaximumRetryAttempts"
            elif time.monotonic() + pause > ends:
                condition = "MaximumEventAgeInSeconds"
            if condition:
                _bury(call, attempt, error, condition)
                return
        time.sleep(pause)


def _client(call: Call, service: str) -> Any:
    """A client with the keys of the schedule's role; raises TargetError."""
    import boto3

    try:
        keys = credentials.assume(
            call.target["RoleArn"], SERVICE, call.execution_id, call.source_arn
        )
    except credentials.TrustError as error:
        raise TargetError("AWS.Scheduler.InternalServerError", str(error), final=True) from error
    session = boto3.session.Session(
        keys.access_key, keys.secret_key, keys.token, region_name=call.region
    )
    endpoint = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    return session.client(service, endpoint_url=endpoint)  # type: ignore[call-overload]


def _call_target(call: Call, payload: str) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    arn = call.target["Arn"]
    service = arn.split(":")[2]
    try:
        if service == "lambda":
            _client(call, "lambda").invoke(
                FunctionName=arn, InvocationType="Event", Payload=payload.encode()
            )
        elif service == "sqs":
            _send(_client(call, "sqs"), arn, payload, {})
        else:
            raise TargetError("UnsupportedTarget", f"{arn} is no function or queue", final=True)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        final = 400 <= status < 500 and status != 429
        raise TargetError(code, error.response["Error"]["Message"], final) from error
    except BotoCoreError as error:
        raise TargetError(type(error).__name__, str(error), final=False) from error


def _send(client: Any, queue_arn: str, body: str, attributes: dict[str, str]) -> None:
    account, name = queue_arn.split(":")[4:6]
    client.send_message(
        QueueUrl=f"{client.meta.endpoint_url}/{account}/{name}",
        MessageBody=body,
        MessageAttributes={
            key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
        },
    )


def _bury(call: Call, attempt: int, error: TargetError, condition: str) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    _count(call, "InvocationDroppedCount")
    queue = (call.target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    attributes = {
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": str(error) or error.code,
        "EXECUTION_ID": call.execution_id,
        "EXHAUSTED_RETRY_CONDITION": condition,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(attempt - 1),
        "SCHEDULED_TIME": call.scheduled_at,
        "SCHEDULE_ARN": call.schedule_arn,
        "TARGET_ARN": call.target["Arn"],
    }
    try:
        _send(_client(call, "sqs"), queue, call.payload(attempt), attributes)
        _count(call, "InvocationsSentToDeadLetterCount")
    except (ClientError, BotoCoreError, TargetError) as failed:
        _count(call, "InvocationsFailedToBeSentToDeadLetterCount")
        log.warning("schedule %s: dead-letter queue: %s", call.place, str(failed)[:200])


def _count(call: Call, name: str) -> None:
    from ministack.services import cloudwatch

    cloudwatch.record_metric("AWS/Scheduler", name, 1, "Count", {"ScheduleGroup": call.group})
