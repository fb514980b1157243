"""One statement on the engine: its HTTP protocol, page by page.

Of the engine's own client this leaves out all that Athena has not, and tells what Athena needs and
it hides: the bytes scanned so far, the type signatures, the raw values.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local.aws.athena.statement import CATALOG, Step

WAIT = "200ms"  # how long the engine keeps a poll that has nothing new
ANSWER_SECONDS = 30
BUSY_STATUS = (429, 502, 503, 504)
BUSY_SECONDS = 0.1
BUSY_TRIES = 50
STARTING = ("SERVER_STARTING_UP", "NO_NODES_AVAILABLE")
STARTING_SECONDS = 30


class EngineError(Exception):
    """The engine failed a statement: `name` and `kind` are its errorName and errorType."""

    def __init__(self, name: str, kind: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.kind, self.message = name, kind, message


@dataclass
class Page:
    """One answer: the columns once they are known, some rows, the statistics so far."""

    columns: list[dict[str, Any]]
    rows: list[list[Any]]
    stats: dict[str, Any] = field(default_factory=dict)
    update: str = ""
    update_count: int | None = None

    @property
    def scanned_bytes(self) -> int:
        """Bytes read from S3 so far."""
        return int(self.stats.get("physicalInputBytes", 0))


class Engine:
    """The engine on a port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port

    def pages(self, step: Step, database: str, cancelled: Callable[[], bool]) -> Iterator[Page]:
        """Run a statement. Ends it, and returns early, when `cancelled` says so between two pages.

        Raises EngineError when it fails or when the engine does not answer.
        """
        headers = {
            "X-Trino-User": "athena",
            "X-Trino-Catalog": CATALOG,
            "X-Trino-Time-Zone": "UTC",
            **({"X-Trino-Schema": database} if database else {}),
        }
        if step.session:
            headers["X-Trino-Session"] = ",".join(
                f"{name}={urllib.parse.quote(value)}" for name, value in step.session.items()
            )
        deadline = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                yield from self._pages(step.sql, headers, cancelled)
                return
            except EngineError as problem:
                if problem.name not in STARTING or time.monotonic() > deadline or cancelled():
                    raise
                time.sleep(BUSY_SECONDS)

    def _pages(
        self, sql: str, headers: dict[str, str], cancelled: Callable[[], bool]
    ) -> Iterator[Page]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        where = ""
        try:
            page = _ask(connection, "POST", "/v1/statement", sql.encode(), headers)
            while True:
                error = page.get("error")
                if error:
                    raise EngineError(
                        error["errorName"], error.get("errorType", ""), error["message"]
                    )
                where = urllib.parse.urlsplit(page.get("nextUri", "")).path
                yield Page(
                    page.get("columns") or [],
                    page.get("data") or [],
                    page.get("stats") or {},
                    page.get("updateType") or "",
                    page.get("updateCount"),
                )
                if not where or cancelled():
                    return
                page = _ask(connection, "GET", f"{where}?maxWait={WAIT}", None, headers)
                where = ""
        except (OSError, ValueError, http.client.HTTPException) as problem:
            raise EngineError(
                "ENGINE_UNAVAILABLE",
                "INTERNAL_ERROR",
                f"the SQL engine does not answer on 127.0.0.1:{self.port} "
                f"({type(problem).__name__}); `make status` names its log",
            ) from problem
        finally:
            if where:  # left in the middle
                _forget(connection, where, headers)
            connection.close()


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
) -> dict[str, Any]:
    for _ in range(BUSY_TRIES):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status not in BUSY_STATUS:
            break
        time.sleep(BUSY_SECONDS)
    if answer.status != http.client.OK:
        raise http.client.HTTPException(f"status {answer.status}")
    page: dict[str, Any] = json.loads(content)
    return page


def _forget(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> None:
    """Tell the engine that nobody waits for the statement any more."""
    try:
        connection.request("DELETE", path, None, headers)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return  # an engine that has gone has forgotten it already
