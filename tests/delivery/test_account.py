"""A role's keys: held while they are good, renewed before they are not; a stream outlives both."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from botocore.credentials import Credentials

from local import settings
from local.delivery import worker
from local.delivery.account import RENEW_SECONDS, KeysError, RoleKeys, _Held
from local.delivery.crash import Crash
from local.delivery.delivery import Delivery
from local.delivery.stream import Stream
from local.ports import free_ports
from local.settings import Laptop
from tests.conftest import wait_for


@contextlib.contextmanager
def answering(status: int, body: bytes) -> Iterator[Laptop]:
    """A laptop whose emulator gives this answer to everything."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ports = dataclasses.replace(free_ports(), emulator=server.server_port)
        yield dataclasses.replace(settings.load(), ports=ports)
        server.shutdown()


STREAM = Stream(
    name="s",
    arn="arn",
    version="1",
    created_ms=0,
    topic="t",
    read_from_ms=0,
    source_role="arn:aws:iam::000000000000:role/r",
    destination_role="arn:aws:iam::000000000000:role/r",
    bucket="b",
    prefix="p/",
    time_zone="",
    extension="",
    buffer_bytes=1,
    buffer_seconds=1.0,
    compressed=False,
    delimiter=b"",
    key_arn=None,
    log=("group", "stream"),
)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, b'{"message": "not trusted"}', "E_DELIVERY_ROLE: not trusted; fix: "),
        (500, b"Internal Server Error", "E_DELIVERY_ROLE: .* 500 without a reason"),
        (500, b"[]", "E_DELIVERY_ROLE: .* 500 without a reason"),
        (200, b"{", "E_DELIVERY_EMULATOR: .* no keys; fix: "),
        (200, b'{"AccessKeyId": "A"}', "E_DELIVERY_EMULATOR: .* no keys; fix: "),
        (200, b"null", "E_DELIVERY_EMULATOR: .* no keys; fix: "),
    ],
)
def test_whatever_the_emulator_answers_a_stream_goes_on(
    status: int, body: bytes, said: str
) -> None:
    with answering(status, body) as laptop:
        with pytest.raises(KeysError, match=f"^{said}"):
            RoleKeys(laptop, STREAM.source_role, "arn").load()
        delivery = Delivery(laptop, STREAM, Crash())
        delivery.start()
        wait_for(lambda: delivery.progress.error, 10)
        assert delivery.is_alive()
        delivery.end(flush=False)
        delivery.join(10)
        assert not delivery.is_alive()


def test_a_delivery_that_ended_by_itself_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[threading.Thread] = []

    class Ending(threading.Thread):
        def __init__(self, laptop: Laptop, stream: Stream, crash: Crash) -> None:
            super().__init__()
            self.stream = stream
            self.alive = True
            began.append(self)

        def run(self) -> None:
            pass

        def is_alive(self) -> bool:
            return self.alive

    monkeypatch.setattr(worker, "Delivery", Ending)
    monkeypatch.setattr(worker.Worker, "_streams", lambda self: ({STREAM.name: STREAM}, []))
    at_work = worker.Worker(settings.load(), Crash())
    at_work._follow()
    at_work._follow()
    assert len(began) == 1
    began[0].alive = False  # type: ignore[attr-defined]
    at_work._follow()
    assert len(began) == 2


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], RoleKeys]:
    """Keys of a role of which each set is good for so many seconds, numbered as they come."""

    def make(seconds: float) -> RoleKeys:
        made = RoleKeys(settings.load(), "arn:aws:iam::000000000000:role/r", "arn")
        numbers = iter(range(10))
        monkeypatch.setattr(
            made,
            "_fetch",
            lambda: _Held(Credentials(str(next(numbers)), "s", "t"), time.time() + seconds),
        )
        return made

    return make


@pytest.mark.parametrize(
    ("seconds", "second"), [(RENEW_SECONDS + 60, "0"), (RENEW_SECONDS - 60, "1"), (-5, "1")]
)
def test_keys_are_renewed_before_they_expire(
    keys: Callable[[float], RoleKeys], seconds: float, second: str
) -> None:
    held = keys(seconds)
    assert held.load().access_key == "0"
    assert held.load().access_key == second


def test_forgotten_keys_are_not_used_again(keys: Callable[[float], RoleKeys]) -> None:
    held = keys(3600)
    held.load()
    held.forget()
    assert held.load().access_key == "1"


def test_without_the_emulator_the_error_names_it() -> None:
    nobody = dataclasses.replace(settings.load(), ports=free_ports())
    with pytest.raises(KeysError, match=r"^E_DELIVERY_EMULATOR: .*; fix: "):
        RoleKeys(nobody, "arn:aws:iam::000000000000:role/r", "arn").load()
