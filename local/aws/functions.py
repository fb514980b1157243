"""Lambda as AWS has it, where the emulator is kinder or knows less.

A function runs on the plain interpreter, with nothing but its archive and Lambda's environment;
its role must trust Lambda; payloads have Lambda's limits; an exception has its type and trace;
metric lines in its log (embedded metric format) become CloudWatch metrics.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
from pathlib import Path
from typing import Any

from local.aws import credentials, function_worker, seams

SEAMS = {
    "ministack.core.lambda_runtime:_detect_runtime_binary": "(runtime)",
    "ministack.services.lambda_svc:_execute_function_warm": "(func, event, request_id)",
    "ministack.services.lambda_svc:_emit_lambda_logs": (
        "(func, request_id, log_text, error, duration_ms, *log_source)"
    ),
    "ministack.services.lambda_svc:_fetch_code_from_s3": "(bucket, key, version_id)",
    "ministack.services.cloudwatch:_store_datum": (
        "(namespace, name, dims, ts, unit, value, values, counts, stat_values)"
    ),
    "ministack.services.cloudwatch:_evaluate_all_alarms": "()",
}
SYNCHRONOUS_BYTES = 6 * 1024 * 1024
ASYNCHRONOUS_BYTES = 1024 * 1024
RESPONSE_BYTES = SYNCHRONOUS_BYTES + 100  # as AWS words it: 6291556
WITHOUT_CODE: dict[str, Any] = {  # where the emulator would answer with an invented success
    "body": {
        "errorType": "Runtime.CodeMissing",
        "errorMessage": "E_LAMBDA_CODE: the function's archive is gone from the emulator's state; "
        "expected what was deployed; fix: make reset, then make up",
    },
    "error": True,
}
log = logging.getLogger(__name__)


def install() -> None:
    """Patch the function runtime and wrap the Lambda API."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    stock_binary = lambda_runtime._detect_runtime_binary
    script = Path(function_worker.__file__).read_text()

    def binary(runtime: str) -> tuple[str, str]:
        found: tuple[str, str] = stock_binary(runtime)
        return (interpreter(runtime), script) if runtime.startswith("python") else found

    stock_execute = lambda_svc._execute_function_warm

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        if not func.get("code_zip"):
            return WITHOUT_CODE
        return _with_error(stock_execute(func, event, request_id))

    stock_logs = lambda_svc._emit_lambda_logs

    def logs(func: Any, request_id: str, log_text: str, *rest: Any, **named: Any) -> None:
        stock_logs(func, request_id, log_text, *rest, **named)
        record_metrics(log_text)

    lambda_runtime._detect_runtime_binary = binary
    lambda_svc._execute_function_warm = execute
    lambda_svc._emit_lambda_logs = logs
    seams.wrap("lambda", _handle)


def interpreter(runtime: str) -> str:
    """The plain interpreter for a runtime such as python3.11, outside any environment.

    Raises RuntimeError where this machine has none of that version.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime == version:
        return str(getattr(sys, "_base_executable", sys.executable))
    found = shutil.which(runtime, path="/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin")
    if found is None:
        raise RuntimeError(
            f"E_LAMBDA_RUNTIME: runtime={runtime[:80]} is not on this machine; expected {version}; "
            f"fix: set functionRuntime to host"
        )
    return found


def _with_error(result: dict[str, Any]) -> dict[str, Any]:
    """The emulator's result of a call, with the worker's report of an exception as its error."""
    body = result.get("body")
    if isinstance(body, dict) and function_worker.MARK in body:
        return {**result, "body": body[function_worker.MARK], "error": True}
    return result


async def _handle(request: seams.Request, stock: seams.Stock) -> seams.Answer:
    if request.method == "POST" and request.path.endswith("/invocations"):
        return await _invoke(request, stock)
    if request.method in ("POST", "PUT"):
        refusal = _refuse_definition(request)
        if refusal is not None:
            return refusal
    return await stock(request)


async def _invoke(request: seams.Request, stock: seams.Stock) -> seams.Answer:
    asynchronous = request.headers.get("x-amz-invocation-type") == "Event"
    limit = ASYNCHRONOUS_BYTES if asynchronous else SYNCHRONOUS_BYTES
    if len(request.body) > limit:
        return seams.refuse(
            "RequestTooLargeException",
            f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
            413,
        )
    status, headers, body = await stock(request)
    if len(body) > RESPONSE_BYTES:
        error = {
            "errorMessage": "Response payload size exceeded maximum allowed payload size "
            f"({RESPONSE_BYTES} bytes).",
            "errorType": "Function.ResponseSizeTooLarge",
        }
        return 200, {**headers, "X-Amz-Function-Error": "Unhandled"}, json.dumps(error).encode()
    return status, headers, body


def _refuse_definition(request: seams.Request) -> seams.Answer | None:
    """An error for a function whose role Lambda cannot assume, or whose archive is not there."""
    creates = request.path.rstrip("/").endswith("/functions")
    if not creates and not request.path.endswith(("/configuration", "/code")):
        return None
    try:
        document = request.document
    except ValueError:
        return None
    role = document.get("Role")
    if role:
        try:
            credentials.require_trust(role, "lambda.amazonaws.com")
        except credentials.TrustError:
            return seams.refuse(
                "InvalidParameterValueException",
                "The role defined for the function cannot be assumed by Lambda.",
            )
    code = document.get("Code", {}) if creates else document
    if isinstance(code, dict) and code.get("S3Key") and not _archive_exists(code):
        return seams.refuse(
            "InvalidParameterValueException",
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
            "S3 Error Message: The specified key does not exist.",
        )
    return None


def _archive_exists(code: dict[str, Any]) -> bool:
    from ministack.services import lambda_svc

    found = lambda_svc._fetch_code_from_s3(
        code.get("S3Bucket", ""), code["S3Key"], version_id=code.get("S3ObjectVersion")
    )
    return found is not None


def record_metrics(log_text: str) -> None:
    """Store the metrics that the lines of a function's log carry in embedded metric format."""
    from ministack.services import cloudwatch

    stored = False
    for line in log_text.splitlines():
        if '"_aws"' not in line:
            continue
        try:
            data = list(embedded(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("a metric line is malformed: %s", type(error).__name__)
            continue
        for namespace, name, dimensions, timestamp, unit, values in data:
            cloudwatch._store_datum(
                namespace, name, dimensions, timestamp, unit, None, values, None, None
            )
            stored = True
    if stored:
        cloudwatch._evaluate_all_alarms()


def embedded(
    document: dict[str, Any],
) -> list[tuple[str, str, dict[str, str], float, str, list[float]]]:
    """The data of one metric line: namespace, name, dimensions, seconds, unit, values.

    A metric counts once for each set of dimensions. Raises KeyError or TypeError where the line
    breaks the format.
    """
    found = []
    timestamp = document["_aws"]["Timestamp"] / 1000
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                value = document[metric["Name"]]
                values = [float(one) for one in (value if isinstance(value, list) else [value])]
                unit = metric.get("Unit", "None")
                found.append(
                    (directive["Namespace"], metric["Name"], dimensions, timestamp, unit, values)
                )
    return found
