"""Ways in which no broker is reached: each has its own words, and none takes long."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from handlers.msk_producer import causes
from handlers.msk_producer.clients import BOOTSTRAP_SECONDS
from handlers.msk_producer.settings import Settings
from handlers.runtime.errors import PipelineError

Broker = Callable[[], contextlib.AbstractContextManager[str]]


def asked(brokers: str, seconds: float = 60) -> str:
    """What the probe says of these brokers."""
    settings = Settings(brokers, "acme-telemetry", 3, "eu-central-1", "AcmeTelemetry")
    with pytest.raises(PipelineError) as refused:
        causes.probe(settings, time.monotonic() + seconds)
    assert refused.value.code == "E_KAFKA_UNREACHABLE"
    return str(refused.value)


@contextlib.contextmanager
def closed() -> Iterator[str]:
    """Bound and not listening."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """Takes no more connections and refuses none."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        yield f"127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def silent() -> Iterator[str]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def talkative() -> Iterator[str]:
    """Answers, but no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with contextlib.suppress(OSError):
                one, _ = server.accept()
                one.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                one.close()

        threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def nameless() -> Iterator[str]:
    """A name without address."""
    yield "nosuch.invalid:9098"


@contextlib.contextmanager
def ill_formed() -> Iterator[str]:
    """A name that cannot be asked for; the settings refuse it before."""
    yield "a..b:9098"


CASES: dict[str, Broker] = {
    "is no name of a host": ill_formed,
    "nothing listens on": closed,
    "does not answer within": black_hole,
    "has no address": nameless,
    "takes no TLS connection": talkative,
}


@pytest.mark.parametrize("words", CASES)
def test_each_way_has_its_own_words(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "PROBE_SECONDS", 0.5)
    with CASES[words]() as broker:
        said = asked(broker)
    assert [one for one in CASES if one in said] == [words]
    assert "fix: " in said


def test_a_name_that_nobody_answers_for_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(causes.socket, "getaddrinfo", lambda *given, **named: released.wait(30))
    monkeypatch.setattr(causes, "PROBE_SECONDS", 0.3)
    began = time.monotonic()
    assert "nobody says the address of" in asked("slow.invalid:9098")
    assert time.monotonic() - began < 2
    released.set()


def test_many_silent_brokers_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "PROBES_SECONDS", 0.6)
    with contextlib.ExitStack() as stack:
        brokers = [stack.enter_context(silent()) for _ in range(6)]
        began = time.monotonic()
        said = asked(",".join(brokers))
    assert time.monotonic() - began < 2
    assert all(broker in said for broker in brokers)


def test_no_way_takes_longer_than_eight_seconds() -> None:
    assert causes.PROBES_SECONDS <= 8
    assert causes.PROBE_SECONDS + BOOTSTRAP_SECONDS <= 8


def test_the_probe_ends_at_the_deadline() -> None:
    with silent() as broker:
        began = time.monotonic()
        assert "does not answer" in asked(broker, seconds=0.3)
        assert time.monotonic() - began < 1
        assert "no time is left" in asked(broker, seconds=0)


def test_an_untrusted_certificate_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        def wrap_socket(self, plain: socket.socket, server_hostname: str) -> None:
            error = ssl.SSLCertVerificationError("failed")
            error.verify_message = "certificate is not yet valid"
            raise error

    monkeypatch.setattr(causes.ssl, "create_default_context", Context)
    with silent() as broker:
        assert "is not trusted (certificate is not yet valid)" in asked(broker)
