"""Clients of the brokers, made: TLS, and a token of the function's role for every connection.

Owns how they are made and ended; how long one is kept is `connection`'s.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

from handlers.msk_producer import causes
from handlers.msk_producer.client_settings import ALONE, PRODUCER, checked
from handlers.msk_producer.settings import Settings

BOOTSTRAP_SECONDS = 5.0
SHORTEST_BOOTSTRAP_SECONDS = 0.1
FORCED_CLOSE_SECONDS = 10.0
CLIENT_ID = "acme-telemetry-producer"


def base(settings: Settings, deadline: float) -> dict[str, Any]:
    """What every client is set to, to be connected by `deadline` (time.monotonic)."""
    left = min(BOOTSTRAP_SECONDS, deadline - time.monotonic())
    if left < SHORTEST_BOOTSTRAP_SECONDS:
        raise causes.unreachable(settings, "no time is left to connect")
    return {
        "bootstrap_servers": settings.brokers,
        "bootstrap_timeout_ms": int(left * 1000),
        "client_id": CLIENT_ID,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "OAUTHBEARER",
        "sasl_oauth_token_provider": tokens(settings.region),
        "reconnect_backoff_max_ms": 2_000,
    }


def tokens(region: str) -> Any:
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
    given = base(settings, deadline)
    with causes.explained(settings):
        client = KafkaAdminClient(**given, request_timeout_ms=given["bootstrap_timeout_ms"])
    try:
        yield client
    finally:
        # Nobody waits for a client to say goodbye to brokers that hang.
        threading.Thread(target=client.close, daemon=True).start()


def producer(settings: Settings, deadline: float, *, alone: bool = False) -> Any:
    """A producer, of batches or of records `alone`.

    Raises PipelineError when the brokers cannot be used.
    """
    from kafka import KafkaProducer

    client = {**checked(PRODUCER), **(ALONE if alone else {})}
    with causes.explained(settings):
        return KafkaProducer(**base(settings, deadline), **client)


def end(client: Any) -> None:
    """End a producer's thread; what it has not delivered it drops."""
    from kafka.errors import KafkaError

    # `close` flushes first, for its timeout per batch, and leaves the thread alive when that fails:
    # only the sender itself can be told to stop.
    client._sender.force_close()
    client._sender.join(FORCED_CLOSE_SECONDS)
    with contextlib.suppress(KafkaError):  # the reason it was discarded for has been reported
        client.close(timeout=1)
