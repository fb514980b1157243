"""Runs queries by name in the stack's workgroup and gives pandas frames.

Credentials, region and endpoint come from the environment, as every AWS client reads them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError
from pyathena import connect as connect_athena
from pyathena.error import Error as PyAthenaError
from pyathena.pandas.cursor import PandasCursor

from analysis import queries
from analysis.aws import DENIED
from analysis.errors import AnalysisError, shown

POLL_SECONDS = 0.2
# What an object that cannot be read ends a query with.
UNREADABLE = ("HIVE_CURSOR_ERROR", "HIVE_BAD_DATA", "HIVE_CANNOT_OPEN_SPLIT")


class Athena:
    """A connection to one stack's workgroup."""

    def __init__(self, outputs: Mapping[str, Any], reuse_minutes: int = 0) -> None:
        self._tables: Mapping[str, str] = outputs["tables"]
        self._workgroup = outputs["workgroup"]
        self._connection = connect_athena(
            work_group=outputs["workgroup"],
            s3_staging_dir=outputs["results_location"],
            region_name=outputs["region"],
            schema_name=outputs["databases"]["telemetry"],
            cursor_class=PandasCursor,
            poll_interval=POLL_SECONDS,
            result_reuse_enable=reuse_minutes > 0,
            result_reuse_minutes=reuse_minutes or None,
        )
        self._open: set[PandasCursor] = set()

    def frame(self, name: str, **values: object) -> pd.DataFrame:
        """The result of `queries/<name>.sql` with its parameters bound.

        Raises AnalysisError: E_QUERY_NAME, E_QUERY_PARAMETER, E_QUERY_FAILED (with the query's id
        and Athena's reason), E_WORKGROUP, E_DENIED, E_ATHENA.
        """
        query = queries.load(name)
        bound = [literal(value) for value in query.bind(values)]
        cursor = self._connection.cursor()
        self._open.add(cursor)
        try:
            cursor.execute(
                query.statement(self._tables), bound or None, paramstyle="qmark" if bound else None
            )
            frame: pd.DataFrame = cursor.as_pandas()
        except (PyAthenaError, ClientError, BotoCoreError) as error:
            raise self._explained(name, error, cursor.query_id) from error
        finally:
            self._open.discard(cursor)
        return frame

    def stop(self) -> None:
        """Cancel the queries that run; whoever waits for one gets E_QUERY_FAILED."""
        for cursor in list(self._open):
            # One that has ended meanwhile, or an Athena that is gone: there is nothing to stop.
            with contextlib.suppress(PyAthenaError, ClientError, BotoCoreError):
                cursor.cancel()

    def _explained(self, name: str, error: Exception, query_id: str | None) -> AnalysisError:
        cause = error.__cause__ if isinstance(error.__cause__, ClientError) else error
        code = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else ""
        reason = " ".join(str(error).split())[:300]
        if "workgroup" in reason.lower() and query_id is None:
            return AnalysisError(
                "E_WORKGROUP",
                f"workgroup={shown(self._workgroup)}: {reason}",
                "deploy the stack, or name the stack that has it",
                exit_code=4,
            )
        if code in DENIED or "AccessDenied" in reason:
            return AnalysisError(
                "E_DENIED",
                f"{name}: {reason}",
                "use credentials that may query this workgroup and read its tables",
                exit_code=5,
            )
        if query_id is not None:
            fix = "read the reason; a failed statement is never run again by itself"
            if any(code in reason for code in UNREADABLE):
                fix = "`python -m analysis scan` over these hours names each object that is broken"
            return AnalysisError(
                "E_QUERY_FAILED",
                f"{name}: query {query_id}: {reason}",
                fix,
                exit_code=4,
            )
        return AnalysisError(
            "E_ATHENA",
            f"{name}: {reason}",
            "check credentials, region and AWS_ENDPOINT_URL (on the laptop: `make env`)",
            exit_code=4,
        )


def connect(outputs: Mapping[str, Any], reuse_minutes: int = 0) -> Athena:
    """A connection to the workgroup that `outputs` name. Opens nothing until the first query.

    With `reuse_minutes` Athena answers a query again from a result that is no older.
    """
    return Athena(outputs, reuse_minutes)


def literal(value: object) -> str:
    """`value` as an execution parameter: Athena takes each as the text of an SQL literal.

    Texts and whole numbers only; raises AnalysisError (E_QUERY_PARAMETER) for anything else.
    """
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise AnalysisError(
        "E_QUERY_PARAMETER",
        f"value={shown(value)} is a {type(value).__name__}; expected a text or a whole number",
        "bind another value",
        exit_code=2,
    )
