"""The line does to connections what it says."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.network import Line, Mode


@pytest.fixture
def line() -> Iterator[Line]:
    """Before a server that sends everything back."""

    def echo(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        try:
            while piece := connection.recv(1024):
                connection.sendall(piece)
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        with Line(listener.getsockname()[1], delay_seconds=0.1) as made:
            yield made


def connect(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), 2)


def asked(connection: socket.socket, seconds: float = 2) -> bytes:
    connection.settimeout(seconds)
    connection.sendall(b"ping")
    answer = connection.recv(4)
    if not answer:
        raise ConnectionResetError("ended")
    return answer


def test_it_passes_on(line: Line) -> None:
    with connect(line) as one:
        assert asked(one) == b"ping"
        assert line.connections == 1


@pytest.mark.parametrize("mode", [Mode.BLACK_HOLE, Mode.MUTE])
def test_what_was_held_comes_when_the_hole_is_closed(line: Line, mode: Mode) -> None:
    with connect(line) as one:
        asked(one)
        line.turn(mode)
        with pytest.raises(TimeoutError):
            asked(one, 0.2)
        line.turn(Mode.PASS)
        one.settimeout(2)
        assert one.recv(4) == b"ping"


def test_a_slow_line_takes_its_time(line: Line) -> None:
    line.turn(Mode.SLOW)
    with connect(line) as one:
        began = time.monotonic()
        assert asked(one) == b"ping"
        assert time.monotonic() - began >= 0.2


def test_a_half_closed_line_says_no_more_and_still_listens(line: Line) -> None:
    with connect(line) as one:
        asked(one)
        line.turn(Mode.HALF_CLOSED)
        assert one.recv(4) == b""
        one.sendall(b"ping")
        assert one.recv(4) == b""
    with connect(line) as new:
        assert new.recv(4) == b""


def test_a_reset_ends_old_connections(line: Line) -> None:
    with connect(line) as one:
        asked(one)
        line.turn(Mode.RESET)
        with pytest.raises(ConnectionError):
            asked(one)


def test_a_reset_ends_new_connections(line: Line) -> None:
    line.turn(Mode.RESET)
    with pytest.raises(ConnectionError):
        asked(connect(line))


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.PASS])
def test_it_counts_what_met_a_mode(line: Line, mode: Mode) -> None:
    with connect(line) as connection:
        asked(connection)
        assert line.met == 0
        line.turn(mode)
        with contextlib.suppress(OSError):
            asked(connection, 0.3)
        assert line.met > 0
