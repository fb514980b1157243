"""Small stand-ins for the AWS clients: they answer as the services do, without patching."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlglot

KEY_MAX_BYTES = 1024


class ServiceError(Exception):
    """What botocore raises: an answer with a code and an HTTP status."""

    def __init__(self, code: str, status: int = 400, message: str = "") -> None:
        super().__init__(code)
        self.response = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }


class FakeS3:
    """Objects by key, one bucket; keys missing answer `missing`.

    `denied` prefixes answer 403, `unreadable` ones to GetObject alone.
    """

    def __init__(self, missing: int = 404) -> None:
        self.objects: dict[str, bytes] = {}
        self.missing = missing
        self.denied: tuple[str, ...] = ()
        self.unreadable: tuple[str, ...] = ()
        self.puts: list[str] = []

    def get_object(self, **request: Any) -> dict[str, Any]:
        key = request["Key"]
        self._check(key)
        if self.unreadable and key.startswith(self.unreadable):
            raise ServiceError("AccessDenied", 403)
        if key not in self.objects:
            raise ServiceError("NoSuchKey", self.missing)
        return {"Body": io.BytesIO(self.objects[key])}

    def put_object(self, **request: Any) -> dict[str, Any]:
        key = request["Key"]
        self._check(key)
        if request.get("IfNoneMatch") == "*" and key in self.objects:
            raise ServiceError("PreconditionFailed", 412)
        self.objects[key] = request["Body"]
        self.puts.append(key)
        return {}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        self._check(request["Prefix"])
        keys = sorted(key for key in self.objects if key.startswith(request["Prefix"]))
        start = int(request.get("ContinuationToken", 0))
        page = {"Contents": [{"Key": key} for key in keys[start : start + 2]]}
        if start + 2 < len(keys):
            page.update(IsTruncated=True, NextContinuationToken=str(start + 2))  # type: ignore[call-overload]
        return page

    def _check(self, key: str) -> None:
        if len(key.encode()) > KEY_MAX_BYTES:
            raise ServiceError("KeyTooLongError", 400)
        if self.denied and key.startswith(self.denied):
            raise ServiceError("AccessDenied", 403)


class FakeGlue:
    """Databases → tables → column names, one table a page."""

    def __init__(self, databases: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self.databases = databases
        self.error: Exception | None = None

    def get_tables(self, **request: Any) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        if request["DatabaseName"] not in self.databases:
            raise ServiceError("EntityNotFoundException")
        tables = list(self.databases[request["DatabaseName"]].items())
        start = int(request.get("NextToken", 0))
        page: dict[str, Any] = {
            "TableList": [
                {"Name": name, "StorageDescriptor": {"Columns": [{"Name": c} for c in columns]}}
                for name, columns in tables[start : start + 1]
            ]
        }
        if start + 1 < len(tables):
            page["NextToken"] = str(start + 1)
        return page


class FakeAthena:
    """Answers a statement with the rows of the table after its `from`, through result files."""

    def __init__(self, s3: FakeS3, tables: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
        self.s3 = s3
        self.tables = tables
        self.states: list[str] = ["QUEUED", "SUCCEEDED"]
        self.reason = "SYNTAX_ERROR"
        self.athena_error: dict[str, object] = {"ErrorCategory": 2, "Retryable": False}
        self.stop_error: Exception | None = None
        self.started: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.error: Exception | None = None
        self._polls: dict[str, int] = {}

    def start_query_execution(self, **request: Any) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        self.started.append(request)
        query = f"query-{len(self.started)}"
        self._polls[query] = 0
        asked = sqlglot.parse_one(request["QueryString"], read="trino")
        (table,) = asked.find_all(sqlglot.exp.Table)
        rows = self.tables[table.name]
        columns = list(rows[0]) if rows else asked.named_selects
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([["" if v is None else v for v in row.values()] for row in rows])
        self.s3.objects[f"athena-results/{query}.csv"] = text.getvalue().encode()
        return {"QueryExecutionId": query}

    def get_query_execution(self, **request: Any) -> dict[str, Any]:
        query = request["QueryExecutionId"]
        state = self.states[min(self._polls[query], len(self.states) - 1)]
        self._polls[query] += 1
        return {
            "QueryExecution": {
                "Status": {
                    "State": state,
                    "StateChangeReason": self.reason,
                    **({"AthenaError": self.athena_error} if state == "FAILED" else {}),
                },
                "ResultConfiguration": {
                    "OutputLocation": f"s3://results/athena-results/{query}.csv"
                },
            }
        }

    def stop_query_execution(self, **request: Any) -> dict[str, Any]:
        self.stopped.append(request["QueryExecutionId"])
        if self.stop_error is not None:
            raise self.stop_error
        return {}


class FakeContext:
    """Lambda's context: a request id and the time left."""

    def __init__(self, request_id: str = "request-1", remaining_seconds: float = 60.0) -> None:
        self.aws_request_id = request_id
        self.remaining_seconds = remaining_seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.remaining_seconds * 1000)


class FakeLambda:
    """Answers invocations by function name; an answer may raise, be raw bytes, or a
    function error."""

    def __init__(self, functions: Mapping[str, Callable[[Any], Any]]) -> None:
        self.functions = functions
        self.calls: list[tuple[str, Any]] = []

    def invoke(self, **request: Any) -> dict[str, Any]:
        name = request["FunctionName"]
        event = json.loads(request["Payload"])
        self.calls.append((name, event))
        answer = self.functions[name](event)
        failed = {"FunctionError": "Unhandled"} if _is_failure(answer) else {}
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return {"StatusCode": 200, "Payload": io.BytesIO(raw), **failed}


def _is_failure(answer: object) -> bool:
    return isinstance(answer, dict) and "errorMessage" in answer
