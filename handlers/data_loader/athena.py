"""Queries through Athena: start, wait to a deadline, read the result file from S3.

A result of 100,000 rows is one object; GetQueryResults would be a hundred calls.
"""

from __future__ import annotations

import contextlib
import csv
import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from handlers.runtime.errors import Kind, PipelineError
from handlers.runtime.objects import S3, Bucket, ObjectMissingError

POLL_SECONDS = (0.1, 0.2, 0.3, 0.5, 1.0)  # the last one repeats


class AthenaClient(Protocol):
    """The calls of boto3's Athena client that are used here."""

    def start_query_execution(self, **request: Any) -> Any:
        """StartQueryExecution."""
        ...

    def get_query_execution(self, **request: Any) -> Any:
        """GetQueryExecution."""
        ...

    def stop_query_execution(self, **request: Any) -> Any:
        """StopQueryExecution."""
        ...


@dataclass(frozen=True)
class Athena:
    """One workgroup, which says where results go."""

    athena: AthenaClient
    s3: S3
    workgroup: str
    sleep: Callable[[float], None] = time.sleep

    def start(self, sql: str, database: str, parameters: Sequence[str] = ()) -> str:
        """Start `sql` in `database` and return the query's id.

        `parameters` are literals as SQL spells them, bound to its `?`. Raises PipelineError.
        """
        bound = {"ExecutionParameters": list(parameters)} if parameters else {}
        try:
            started = self.athena.start_query_execution(
                QueryString=sql,
                QueryExecutionContext={"Database": database, "Catalog": "AwsDataCatalog"},
                WorkGroup=self.workgroup,
                **bound,
            )
        except Exception as error:
            raise _refused(error, self.workgroup) from error
        return str(started["QueryExecutionId"])

    def columns(
        self, query: str, remaining_seconds: Callable[[], float], needed: Iterable[str]
    ) -> dict[str, tuple[str, ...]]:
        """The columns of the query started as `query`: name → texts, NULL and "" both as "".

        Those `needed` are there.

        Raises PipelineError: E_QUERY_FAILED and E_QUERY_CANCELLED with Athena's reason,
        E_QUERY_TIMEOUT when `remaining_seconds()` reaches 0, E_QUERY_RESULT.
        """
        location = self._wait(query, remaining_seconds)
        bucket, _, key = location.removeprefix("s3://").partition("/")
        try:
            body = Bucket(self.s3, bucket).get(key)
        except ObjectMissingError as error:
            raise PipelineError(
                "E_QUERY_RESULT",
                "denied or missing",
                field=location,
                fix="grant the function's role s3:GetObject on the workgroup's results",
                kind=Kind.DENIED,
            ) from error
        return _columns(body, location, needed)

    def stop(self, queries: Iterable[str]) -> None:
        """Stop those that still run, as far as they can be: nobody waits for them any more."""
        for query in queries:
            # Whatever keeps it from being stopped, the reason to stop it is what counts.
            with contextlib.suppress(Exception):
                self.athena.stop_query_execution(QueryExecutionId=query)

    def _wait(self, query: str, remaining_seconds: Callable[[], float]) -> str:
        polls = 0
        while True:
            try:
                execution = self.athena.get_query_execution(QueryExecutionId=query)
            except Exception as error:
                raise _refused(error, self.workgroup) from error
            status = execution["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return str(execution["QueryExecution"]["ResultConfiguration"]["OutputLocation"])
            if status["State"] in ("FAILED", "CANCELLED"):
                raise _ended(query, status)
            pause = POLL_SECONDS[min(polls, len(POLL_SECONDS) - 1)]
            polls += 1
            if remaining_seconds() <= pause:
                raise PipelineError(
                    "E_QUERY_TIMEOUT",
                    f"query {query} was still {status['State']} at the function's deadline",
                    fix="call again, or raise the function's timeout",
                    kind=Kind.DEPENDENCY,
                )
            self.sleep(pause)


def _ended(query: str, status: Mapping[str, Any]) -> PipelineError:
    """A query that ended without a result.

    Whether another try may help is Athena's word: an error of its system (category 1) or one that
    it calls retryable; so may a query that somebody has cancelled.
    """
    state, error = status["State"], status.get("AthenaError") or {}
    passing = state == "CANCELLED" or error.get("Retryable") or error.get("ErrorCategory") == 1
    return PipelineError(
        f"E_QUERY_{state}",
        f"query {query} {state.lower()}: "
        f"{status.get('StateChangeReason', 'Athena gives no reason')[:300]}",
        fix="call again" if passing else "look the query up in the workgroup's history",
        kind=Kind.DEPENDENCY if passing else Kind.DATA,
    )


def _columns(body: bytes, location: str, needed: Iterable[str]) -> dict[str, tuple[str, ...]]:
    try:
        # strict, so that a row that was cut within a value is no row
        lines = csv.reader(io.StringIO(body.decode("utf-8"), newline=""), strict=True)
        names, rows = next(lines, []), list(lines)
    except (UnicodeDecodeError, csv.Error) as error:
        raise unusable(
            location,
            f"unreadable ({error})",
            f"CSV in UTF-8, no value longer than {csv.field_size_limit()} characters",
            "look for such values in the reference tables",
        ) from error
    missing = [name for name in needed if name not in names]
    if missing:
        raise unusable(location, f"without {', '.join(missing)}", "the columns that were asked for")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            has = f"{len(row)} of {len(names)} values"
            raise unusable(location, f"cut: row {number} has {has}", "as many in every row")
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return dict(zip(names, columns, strict=True))


def unusable(
    result: str,
    what: str,
    expected: str,
    fix: str = "call again; if it stays so, read the result's object",
) -> PipelineError:
    """E_QUERY_RESULT: Athena's result is none that can be read."""
    return PipelineError(
        "E_QUERY_RESULT", what, field=result, expected=expected, fix=fix, kind=Kind.DATA
    )


def _refused(error: Exception, workgroup: str) -> PipelineError:
    response: Any = getattr(error, "response", None) or {}
    answer = response.get("Error", {})
    code = answer.get("Code", type(error).__name__)
    message = str(answer.get("Message", ""))[:200]
    if code == "AccessDeniedException":
        return PipelineError(
            "E_ATHENA_DENIED",
            f"denied ({message})",
            field=f"workgroup {workgroup}",
            fix="grant the function's role the workgroup",
            kind=Kind.DENIED,
        )
    if code == "InvalidRequestException":
        return PipelineError(
            "E_QUERY_REFUSED",
            f"refused ({message})",
            field=f"workgroup {workgroup}",
            fix="check that the workgroup exists and is enabled",
            kind=Kind.DATA,
        )
    return PipelineError(
        "E_ATHENA",
        f"not answering ({code})",
        field=f"workgroup {workgroup}",
        fix="call again",
        kind=Kind.DEPENDENCY,
    )
