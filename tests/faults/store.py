"""The way to S3: an HTTP proxy before the emulator that refuses, cuts or delays what is stored."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSAL = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
HOP_BY_HOP = {"connection", "expect", "keep-alive", "transfer-encoding"}
UPSTREAM_SECONDS = 60


class Store:
    """Listens on a free port and passes on to the emulator's; faults meet only PUTs of objects.

    `refused_share` of them (0 to 1) get 503; with `cut` half of the body reaches S3 and then both
    connections end; with `deaf` the object is stored and the answer is lost; `delay_seconds` are
    waited before each.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.refused_share = 0.0
        self.cut = False
        self.deaf = False
        self.delay_seconds = 0.0
        self.puts = 0
        self.refused = 0
        self.met = 0
        """How many PUTs were refused, cut, delayed, or lost their answer."""
        self._owed = 0.0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Store:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def meets(self) -> None:
        """Counts this PUT where something is done to it; refusals count themselves."""
        with self._lock:
            self.met += bool(self.cut or self.deaf or self.delay_seconds)

    def refuses(self) -> bool:
        """Whether this PUT is one of the share; evenly spread, so that runs are alike."""
        with self._lock:
            self.puts += 1
            self._owed += self.refused_share
            if self._owed < 1:
                return False
            self._owed -= 1
            self.refused += 1
            self.met += 1
            return True


def _handler(store: Store) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a proxy has no log of its own."""

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stores = self.command == "PUT" and bool(self.path.strip("/").count("/"))
            if stores:
                store.meets()
                time.sleep(store.delay_seconds)
                if store.refuses():
                    self.answer(503, [("Content-Type", "application/xml")], REFUSAL)
                    return
                if store.cut:
                    self.cut_short(body)
                    return
            upstream = http.client.HTTPConnection("127.0.0.1", store.target, UPSTREAM_SECONDS)
            try:
                upstream.request(self.command, self.path, body, self.passed_headers())
                answer = upstream.getresponse()
                content = answer.read()
            except OSError:
                self.hang_up()
                return
            finally:
                upstream.close()
            if store.deaf and stores:
                self.hang_up()
                return
            self.answer(answer.status, answer.getheaders(), content)

        def passed_headers(self) -> dict[str, str]:
            return {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in HOP_BY_HOP
            }

        def answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in {*HOP_BY_HOP, "content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            with contextlib.suppress(ConnectionError):  # who asked may be gone
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

        def cut_short(self, body: bytes) -> None:
            lines = [f"{self.command} {self.path} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in self.passed_headers().items()]
            head = "\r\n".join([*lines, "", ""]).encode("latin-1")
            with socket.create_connection(("127.0.0.1", store.target), 5) as wire:
                wire.sendall(head + body[: len(body) // 2])
            self.hang_up()

        def hang_up(self) -> None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = pass_on

    return Handler
