"""The engine's protocol (pages, errors, a busy server, an unwanted statement) and its listeners."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psutil
import pytest

from local.aws.athena.engine import Engine, EngineError, Page
from local.aws.athena.statement import Step
from local.ports import free_ports
from local.supervisor import Supervisor
from local.trino import server
from tests.athena.conftest import Athena


class FakeEngine(ThreadingHTTPServer):
    """Answers with the given pages, one after the other; keeps what it was asked."""

    def __init__(self, pages: list[dict[str, Any] | int]) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.pages = pages
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def engine(self) -> Engine:
        """The client of this server."""
        return Engine(self.server_address[1])


class Answers(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: FakeEngine

    def answer(self) -> None:
        """The next page, or a status; nothing for a DELETE."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        page = 204 if self.command == "DELETE" else self.server.pages.pop(0)
        content = json.dumps(page).encode() if isinstance(page, dict) else b""
        self.send_response(page if isinstance(page, int) else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def fake() -> Iterator[Any]:
    """Starts a FakeEngine with pages; stops all at the end."""
    started: list[FakeEngine] = []

    def start(*pages: dict[str, Any] | int) -> FakeEngine:
        one = FakeEngine(list(pages))
        started.append(one)
        threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
        return one

    yield start
    for one in started:
        one.shutdown()
        one.server_close()


COLUMNS = [{"name": "a", "typeSignature": {"rawType": "bigint"}}]
FIRST = {"nextUri": "http://elsewhere:1/v1/statement/x/1", "stats": {"state": "QUEUED"}}
LAST = {"columns": COLUMNS, "data": [[1]], "stats": {"physicalInputBytes": 7}}


def pages(server: FakeEngine, step: Step, cancelled: bool = False) -> list[Page]:
    return list(server.engine.pages(step, "db", lambda: cancelled))


def test_a_statement_is_followed_to_its_last_page(fake: Any) -> None:
    server = fake(FIRST, LAST)
    found = pages(server, Step("select 1", {"awsdatacatalog.compression_codec": "GZIP"}))
    assert found[-1].rows == [[1]] and found[-1].scanned_bytes == 7
    (post, path, headers, body), (get, following, _, _) = server.asked
    assert (post, path, body) == ("POST", "/v1/statement", b"select 1")
    assert headers["X-Trino-Session"] == "awsdatacatalog.compression_codec=GZIP"
    assert (headers["X-Trino-Schema"], headers["X-Trino-Time-Zone"]) == ("db", "UTC")
    assert (get, following) == ("GET", "/v1/statement/x/1?maxWait=200ms")


def test_a_busy_engine_is_asked_again(fake: Any) -> None:
    server = fake(503, FIRST, 429, LAST)
    assert pages(server, Step("select 1"))[-1].rows == [[1]]


def test_a_starting_engine_is_asked_again(fake: Any) -> None:
    starting = {"errorName": "SERVER_STARTING_UP", "errorType": "INTERNAL_ERROR", "message": "-"}
    server = fake({"error": starting}, LAST)
    assert pages(server, Step("select 1"))[-1].rows == [[1]]


def test_a_failed_statement_names_its_error(fake: Any) -> None:
    error = {"errorName": "SYNTAX_ERROR", "errorType": "USER_ERROR", "message": "line 1:1: no"}
    server = fake(FIRST, {"error": error, "stats": {}})
    with pytest.raises(EngineError, match="SYNTAX_ERROR: line 1:1: no") as failed:
        pages(server, Step("select 1"))
    assert (failed.value.kind, [one[0] for one in server.asked]) == ("USER_ERROR", ["POST", "GET"])


def test_a_cancelled_statement_is_ended_on_the_engine(fake: Any) -> None:
    server = fake(FIRST)
    assert len(pages(server, Step("select 1"), cancelled=True)) == 1
    assert [one[:2] for one in server.asked][-1] == ("DELETE", "/v1/statement/x/1")


@pytest.mark.parametrize("page", [500, 404])
def test_an_engine_that_answers_nonsense_is_unavailable(fake: Any, page: int) -> None:
    with pytest.raises(EngineError, match="ENGINE_UNAVAILABLE"):
        pages(fake(page), Step("select 1"))


def test_an_engine_that_is_not_there_is_named_with_its_port() -> None:
    port = free_ports().trino
    with pytest.raises(EngineError, match=f"does not answer on 127.0.0.1:{port}"):
        list(Engine(port).pages(Step("select 1"), "db", lambda: False))


@pytest.mark.stack
def test_the_running_engine_listens_on_loopback_alone(athena: Athena) -> None:
    assert server.healthy(athena.laptop)
    pid = Supervisor(athena.laptop).status(server.part(athena.laptop)).pid
    listeners = {
        found.laddr.ip.removeprefix("::ffff:")
        for found in psutil.Process(pid).net_connections("tcp")
        if found.status == psutil.CONN_LISTEN
    }
    assert listeners == {"127.0.0.1"}
