"""Clients of the brokers: TLS, and a token of the function's role for every connection.

The producer is made once per container and thrown away after anything that makes it doubtful; the
admin client lives for one use.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from handlers.msk_producer import causes
from handlers.msk_producer.client_settings import PRODUCER, checked
from handlers.msk_producer.limits import OUTSTANDING_MAX_BYTES
from handlers.msk_producer.settings import Settings

BOOTSTRAP_SECONDS = 5.0
IDLE_SECONDS = 300.0  # a container that slept longer has closed sockets
SHORTEST_BOOTSTRAP_SECONDS = 0.1
FORCED_CLOSE_SECONDS = 10.0
CLIENT_ID = "acme-telemetry-producer"


def _base(settings: Settings, deadline: float) -> dict[str, Any]:
    left = min(BOOTSTRAP_SECONDS, deadline - time.monotonic())
    if left < SHORTEST_BOOTSTRAP_SECONDS:
        raise causes.unreachable(settings, "no time is left to connect")
    return {
        "bootstrap_servers": settings.brokers,
        "bootstrap_timeout_ms": int(left * 1000),
        "client_id": CLIENT_ID,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "OAUTHBEARER",
        "sasl_oauth_token_provider": _tokens(settings.region),
        "reconnect_backoff_max_ms": 2_000,
    }


def _tokens(region: str) -> Any:
    """What the client asks for a token at each connection and re-authentication; none is kept."""
    from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
    from kafka.net.sasl.oauth import AbstractTokenProvider

    class Tokens(AbstractTokenProvider):  # type: ignore[misc]  # a class without types
        def token(self) -> str:
            made: tuple[str, int] = MSKAuthTokenProvider.generate_auth_token(region)
            return made[0]

    return Tokens()


@contextlib.contextmanager
def admin(settings: Settings, deadline: float) -> Iterator[Any]:
    """An admin client. Raises PipelineError when the brokers cannot be used."""
    from kafka import KafkaAdminClient

    causes.require_credentials(settings.region)
    causes.probe(settings, deadline)
    base = _base(settings, deadline)
    with causes.explained(settings):
        client = KafkaAdminClient(**base, request_timeout_ms=base["bootstrap_timeout_ms"])
    try:
        yield client
    finally:
        # Nobody waits for a client to say goodbye to brokers that hang.
        threading.Thread(target=client.close, daemon=True).start()


class Connection:
    """The container's producer; not for use by several calls at once, as Lambda has none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: Any = None
        self._process = 0
        self._used_at = 0.0
        self._held_bytes = 0
        self._lock = threading.Lock()

    @property
    def room_bytes(self) -> int:
        """What may be outstanding now: the cap less what discarded producers still hold."""
        with self._lock:
            return OUTSTANDING_MAX_BYTES - self._held_bytes

    def producer(self, deadline: float) -> Any:
        """The producer that the last call left in good order, else a new one.

        A new one means that the topic exists. Raises PipelineError.
        """
        from handlers.msk_producer import topic

        if self._producer is not None and self._process != os.getpid():
            self._producer = None  # its threads did not survive the fork
        if time.time() - self._used_at > IDLE_SECONDS:
            self.discard()
        if self._producer is None:
            from kafka import KafkaProducer

            client = checked(PRODUCER)
            topic.ensure(self._settings, deadline)
            with causes.explained(self._settings):
                self._producer = KafkaProducer(**_base(self._settings, deadline), **client)
            self._process = os.getpid()
        self._used_at = time.time()
        return self._producer

    def discard(self, held_bytes: int = 0) -> None:
        """Never use this producer again; it holds `held_bytes` until it has ended.

        Closing one that hangs takes its time and may fail, so nobody waits for it. It may still
        deliver what it has on the way: the same ids then come twice, which readers expect.
        """
        producer, self._producer = self._producer, None
        if producer is not None:
            with self._lock:
                self._held_bytes += held_bytes
            threading.Thread(target=self._end, args=(producer, held_bytes), daemon=True).start()

    def _end(self, producer: Any, held_bytes: int) -> None:
        _close(producer)
        with self._lock:
            self._held_bytes -= held_bytes


def _close(producer: Any) -> None:
    """End the client's thread; what it has not delivered it drops."""
    from kafka.errors import KafkaError

    # `close` flushes first, for its timeout per batch, and leaves the thread alive when that fails:
    # only the sender itself can be told to stop.
    producer._sender.force_close()
    producer._sender.join(FORCED_CLOSE_SECONDS)
    with contextlib.suppress(KafkaError):  # the reason it was discarded for has been reported
        producer.close(timeout=1)


@functools.cache
def of(settings: Settings) -> Connection:
    """The container's one connection to these brokers."""
    return Connection(settings)
