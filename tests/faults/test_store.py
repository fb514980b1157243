"""The way to S3 does to uploads what it says, and nothing to anything else."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.faults.store import Store

OBJECT = "/bucket/key"


@pytest.fixture
def stored() -> list[bytes]:
    return []


@pytest.fixture
def store(stored: list[bytes]) -> Iterator[Store]:
    """Before a server that keeps what it was sent whole."""

    class Keeper(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) == length:
                stored.append(body)
            self.send_response(200)
            self.send_header("ETag", "tag")
            self.end_headers()

        do_GET = do_POST = do_PUT

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keeper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Store(server.server_address[1]) as made:
        yield made
    server.shutdown()
    server.server_close()


def put(store: Store, path: str = OBJECT, method: str = "PUT") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", store.port, 5)
    connection.request(method, path, b"body")
    return connection.getresponse()


def test_it_passes_on(store: Store, stored: list[bytes]) -> None:
    answer = put(store)
    assert (answer.status, answer.headers["ETag"], stored) == (200, "tag", [b"body"])


@pytest.mark.parametrize(("share", "refused"), [(0.0, 0), (0.25, 2), (0.5, 4), (1.0, 8)])
def test_it_refuses_its_share(
    store: Store, stored: list[bytes], share: float, refused: int
) -> None:
    store.refused_share = share
    found = [put(store).status for _ in range(8)]
    assert (found.count(503), len(stored), store.refused) == (refused, 8 - refused, refused)


@pytest.mark.parametrize(("path", "method"), [("/bucket", "PUT"), (OBJECT, "GET"), ("/", "POST")])
def test_only_uploads_are_refused_or_cut(store: Store, path: str, method: str) -> None:
    store.refused_share, store.cut = 1.0, True
    assert put(store, path, method).status == 200


def test_a_cut_upload_is_stored_nowhere_and_answered_by_nothing(
    store: Store, stored: list[bytes]
) -> None:
    store.cut = True
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        put(store)
    assert stored == []


@pytest.mark.parametrize(
    ("how", "value"), [("cut", True), ("deaf", True), ("delay_seconds", 0.01), ("refused_share", 1)]
)
def test_it_counts_what_met_it(store: Store, how: str, value: float) -> None:
    put(store)
    assert store.met == 0
    setattr(store, how, value)
    with contextlib.suppress(http.client.HTTPException, ConnectionError):
        put(store)
    assert store.met == 1
