"""A line to the broker: a TCP proxy whose behaviour a test changes while connections are open."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from enum import Enum

CHUNK_BYTES = 16 * 1024
POLL_SECONDS = 0.02
CONNECT_SECONDS = 5.0


class Mode(Enum):
    """What the line does with bytes and connections from now on."""

    PASS = "passes everything on"
    SLOW = "waits before each piece"
    BLACK_HOLE = "takes everything and passes nothing on until it ends"
    MUTE = "passes requests on and keeps the answers until it ends"
    HALF_CLOSED = "tells clients that the broker will say no more, and passes requests on"
    RESET = "resets every connection, old and new"


class Line:
    """Listens on a free port of the loopback and passes on to `target` (a port there).

    `with Line(port) as line:` ends every connection and thread at the end.
    """

    def __init__(self, target: int, delay_seconds: float = 0.05) -> None:
        self.target = target
        self.mode = Mode.PASS
        self.delay_seconds = delay_seconds
        self.connections = 0
        """How many were accepted."""
        self.met = 0
        """How many connections and pieces met a mode that does not pass them on as they come."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: dict[socket.socket, bool] = {}
        """The open ends; True for those that lead to a client."""
        self._lock = threading.Lock()
        self._over = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def __enter__(self) -> Line:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.close()
        self.reset()

    def reset(self) -> None:
        """Reset every open connection (RST, not FIN)."""
        with self._lock:
            found, self._open = self._open, {}
        for one in found:
            self._meets()
            _reset(one)

    def turn(self, mode: Mode) -> None:
        """Behave so from now on; RESET and HALF_CLOSED change the open connections too."""
        self.mode = mode
        if mode is Mode.RESET:
            self.reset()
        if mode is Mode.HALF_CLOSED:
            with self._lock:
                clients = [one for one, is_client in self._open.items() if is_client]
            for one in clients:
                self._meets()
                _half_close(one)

    def _accept(self) -> None:
        self._listener.settimeout(POLL_SECONDS)
        while not self._over.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            if self.mode is Mode.RESET:
                self._meets()
                _reset(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), CONNECT_SECONDS)
            except OSError:
                _reset(client)
                continue
            with self._lock:
                self._open |= {client: True, server: False}
            if self.mode is Mode.HALF_CLOSED:
                self._meets()
                _half_close(client)
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pump, args=(source, sink, answers), daemon=True
                ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            source.settimeout(None)
            while piece := source.recv(CHUNK_BYTES):
                if self.mode is Mode.SLOW or self._held(answers):
                    self._meets()
                if self.mode is Mode.SLOW:
                    time.sleep(self.delay_seconds)
                while self._held(answers) and not self._over.is_set():
                    time.sleep(POLL_SECONDS)
                if not (answers and self.mode is Mode.HALF_CLOSED):
                    sink.sendall(piece)
        for one in (source, sink):
            with self._lock:
                self._open.pop(one, None)
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _meets(self) -> None:
        with self._lock:
            self.met += 1

    def _held(self, answers: bool) -> bool:
        """Bytes are held, not dropped: TCP would send them again once the hole is closed."""
        return self.mode is Mode.BLACK_HOLE or (answers and self.mode is Mode.MUTE)


def _half_close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_WR)


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RD)  # wakes the thread that reads
    one.close()
