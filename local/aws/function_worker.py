"""The process in which a function runs; the emulator speaks to it in lines of JSON.

It is copied beside the function's code and run by a plain interpreter, so it imports the standard
library only. The function sees what Lambda shows: its archive, its own settings, its role's keys.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

KEPT = {
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "SSL_CERT_FILE",
}
MARK = "__function_error__"


def narrow_environment(name: str, code_folder: str, handler: str) -> None:
    """Leave in the environment only what Lambda gives, and where the laptop's AWS is."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    kept = {key: value for key, value in os.environ.items() if key in KEPT}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        AWS_EXECUTION_ENV=f"AWS_Lambda_{version}",
        AWS_LAMBDA_INITIALIZATION_TYPE="on-demand",
        AWS_LAMBDA_LOG_GROUP_NAME=f"/aws/lambda/{name}",
        LAMBDA_TASK_ROOT=code_folder,
        LANG="en_US.UTF-8",
        PATH="/usr/local/bin:/usr/bin:/bin",
        TZ=":UTC",
        _HANDLER=handler,
    )
    time.tzset()


def narrow_path(code_folder: str) -> None:
    """Import from the archive and the standard library, whatever else is installed here."""
    installed = ("site-packages", "dist-packages")
    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [code_folder] + [
        entry
        for entry in sys.path
        if os.path.abspath(entry) != own and not any(part in entry for part in installed)
    ]


class Context:
    """The context object that Lambda hands to a handler."""

    identity = None
    client_context = None

    def __init__(self, init: dict[str, Any], call: dict[str, Any]) -> None:
        self.function_name = init["function_name"]
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        self.memory_limit_in_mb = init["memory"]
        self.invoked_function_arn = call["invoked_function_arn"]
        self.aws_request_id = call["request_id"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self._deadline = time.monotonic() + call["timeout_ms"] / 1000

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this call."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def describe(error: BaseException, request_id: str) -> dict[str, Any]:
    """The payload that Lambda returns for an exception."""
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_tb(error.__traceback__)[1:],
    }


def call(function: Callable[..., Any], event: Any, context: Context) -> dict[str, Any]:
    """Run the handler once; an exception is a result too, and leaves the process in use."""
    try:
        result = function(event, context)
        json.dumps(result)  # Lambda refuses what it cannot marshal
        return {"status": "ok", "result": result}
    except Exception as error:  # noqa: BLE001  # whatever the function raises is its answer
        trace = "".join(traceback.format_tb(error.__traceback__)[1:])
        print(
            f"[ERROR] {type(error).__name__}: {error}\nTraceback (most recent call last):\n{trace}",
            file=sys.stderr,
            flush=True,
        )
        return {"status": "ok", "result": {MARK: describe(error, context.aws_request_id)}}


def main() -> None:
    """Load the handler, then answer one line for each line."""
    out, sys.stdout = sys.stdout, sys.stderr

    def say(document: dict[str, Any]) -> None:
        out.write(json.dumps(document) + "\n")
        out.flush()

    init = json.loads(sys.stdin.readline())
    module, name = init["module"], init["handler"]
    narrow_environment(init["function_name"], init["code_dir"], f"{module}.{name}")
    os.environ.update(init["env"])
    narrow_path(init["code_dir"])
    try:
        function = getattr(importlib.import_module(module), name)
    except Exception as error:  # noqa: BLE001  # whatever its import raises is the answer
        traceback.print_exc()
        say({"status": "error", "error": f"{type(error).__name__}: {error}"})
        return
    say({"status": "ready", "cold": True})
    for line in sys.stdin:
        request = json.loads(line)
        call_context = request["ctx"]
        trace_id = call_context.get("trace_id")
        if trace_id:
            os.environ["_X_AMZN_TRACE_ID"] = trace_id
        say(call(function, request["event"], Context(init, call_context)))


if __name__ == "__main__":
    main()
