"""Lambda on the laptop: what a function sees, what is refused, what an exception looks like."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.conftest import wait_for
from tests.emulator.conftest import Emulator, allow

CODE = """
import json, os, sys, time

class NotToday(ValueError):
    pass

def handle(event, context):
    match event.get("do"):
        case "raise":
            raise NotToday("not today")
        case "large":
            return "x" * 6_300_000
        case "unserialisable":
            return {1, 2}
        case "import":
            __import__(event["name"])
        case "metric":
            print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [
                {"Namespace": "Acme/Test", "Dimensions": [["stage"]],
                 "Metrics": [{"Name": "Made", "Unit": "Count"}]}]}, "stage": "t", "Made": [40, 2]}))
    return {"pid": os.getpid(), "environment": dict(os.environ), "path": sys.path,
            "executable": sys.executable, "remaining": context.get_remaining_time_in_millis(),
            "request": context.aws_request_id, "arn": context.invoked_function_arn}
"""


@pytest.fixture(scope="module")
def function(aws: Emulator) -> str:
    """A function that tells what it sees."""
    role = aws.role("functions-role", "lambda.amazonaws.com")
    aws.function("tell", role, CODE, Environment={"Variables": {"OWN": "1"}})
    return "tell"


def test_sees_only_what_lambda_gives(aws: Emulator, function: str) -> None:
    seen, error = aws.invoke(function, {})
    assert error is None
    names = set(seen["environment"])
    assert names - {"SSL_CERT_FILE", "AWS_ENDPOINT_URL", "OWN"} == {
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "PATH",
        "TZ",
        "_HANDLER",
    }
    assert seen["environment"]["AWS_ENDPOINT_URL"] == aws.laptop.endpoint
    assert seen["environment"]["SSL_CERT_FILE"] == str(aws.laptop.certificate_authority)
    assert seen["environment"]["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.11"
    assert not [entry for entry in seen["path"] if "site-packages" in entry]
    assert not [entry for entry in seen["path"] if str(Path(__file__).parents[2]) in entry]
    assert Path(seen["executable"]).resolve() == Path(sys.executable).resolve()
    assert 15_000 < seen["remaining"] <= 20_000
    assert seen["arn"].endswith(":function:tell")


def test_a_forgotten_dependency_shows(aws: Emulator, function: str) -> None:
    seen, error = aws.invoke(function, {"do": "import", "name": "boto3"})
    assert error == "Unhandled"
    assert seen["errorType"] == "ModuleNotFoundError"


def test_an_exception_keeps_its_type_and_the_process(aws: Emulator, function: str) -> None:
    before = aws.invoke(function, {})[0]["pid"]
    seen, error = aws.invoke(function, {"do": "raise"})
    assert error == "Unhandled"
    assert (seen["errorType"], seen["errorMessage"]) == ("NotToday", "not today")
    assert "main.py" in seen["stackTrace"][0]
    assert "/function_worker" not in json.dumps(seen)
    assert aws.invoke(function, {})[0]["pid"] == before
    assert aws.invoke(function, {"do": "unserialisable"})[1] == "Unhandled"


@pytest.mark.parametrize(
    ("kind", "size", "limit"),
    [("RequestResponse", 6_291_457, 6_291_456), ("Event", 1_048_577, 1_048_576)],
)
def test_requests_have_lambdas_limits(
    aws: Emulator, function: str, kind: str, size: int, limit: int
) -> None:
    payload = json.dumps({"x": ""})
    payload = payload.replace('""', '"' + "x" * (size - len(payload)) + '"')
    client = aws.client("lambda")
    with pytest.raises(client.exceptions.RequestTooLargeException, match=f"smaller than {limit}"):
        client.invoke(FunctionName=function, Payload=payload, InvocationType=kind)
    fits = payload[:7] + payload[8:]
    assert len(fits) == limit
    reply = client.invoke(FunctionName=function, Payload=fits, InvocationType=kind)
    assert reply["StatusCode"] in (200, 202)


def test_a_large_response_is_an_error(aws: Emulator, function: str) -> None:
    seen, error = aws.invoke(function, {"do": "large"})
    assert error == "Unhandled"
    assert seen["errorType"] == "Function.ResponseSizeTooLarge"


@pytest.mark.parametrize(
    ("service", "condition"),
    [
        ("glue.amazonaws.com", None),
        ("lambda.amazonaws.com", {"StringEquals": {"aws:SourceAccount": "111111111111"}}),
    ],
)
def test_the_role_must_trust_lambda(aws: Emulator, service: str, condition: object) -> None:
    role = aws.role(f"untrusted-{service[:4]}-{time.time_ns()}", service, condition=condition)
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        aws.function("untrusted", role, CODE)


def test_the_archive_must_exist(aws: Emulator) -> None:
    role = aws.role("archive-role", "lambda.amazonaws.com")
    with pytest.raises(ClientError, match="NoSuchKey"):
        aws.client("lambda").create_function(
            FunctionName="none",
            Role=role,
            Runtime="python3.11",
            Handler="main.handle",
            Code={"S3Bucket": "none", "S3Key": "none.zip"},
        )


def test_another_python_is_refused_with_what_to_do(aws: Emulator) -> None:
    role = aws.role("python-role", "lambda.amazonaws.com")
    aws.client("lambda").create_function(
        FunctionName="old",
        Role=role,
        Runtime="python3.99",
        Handler="main.handle",
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )
    seen, error = aws.invoke("old", {})
    assert error == "Unhandled"
    assert "E_LAMBDA_RUNTIME: runtime=python3.99" in seen["errorMessage"]
    assert "fix: set functionRuntime to host" in seen["errorMessage"]


def test_metric_lines_become_metrics(aws: Emulator, function: str) -> None:
    aws.invoke(function, {"do": "metric"})
    metrics = aws.client("cloudwatch")

    def total() -> float:
        found = metrics.get_metric_statistics(
            Namespace="Acme/Test",
            MetricName="Made",
            Dimensions=[{"Name": "stage", "Value": "t"}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=["Sum"],
        )
        return float(sum(one["Sum"] for one in found["Datapoints"]))

    assert wait_for(total) == 42


def test_a_grant_on_a_groups_streams_holds(aws: Emulator) -> None:
    group = "/aws/test/streams"
    aws.client("logs").create_log_group(logGroupName=group)
    aws.client("logs").create_log_group(logGroupName=f"{group}-other")
    arn = f"arn:aws:logs:eu-central-1:000000000000:log-group:{group}:*"
    role = aws.role(
        "logs-role",
        "lambda.amazonaws.com",
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], arn),
    )
    keys = aws.hook("role-credentials", {"role_arn": role, "service": "lambda.amazonaws.com"})
    logs = aws.client("logs", keys)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    event = {"timestamp": time.time_ns() // 1_000_000, "message": "hello"}
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[event])
    with pytest.raises(ClientError, match="AccessDenied"):
        logs.create_log_stream(logGroupName=f"{group}-other", logStreamName="one")
