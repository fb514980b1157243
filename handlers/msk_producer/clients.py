"""Clients of the brokers, made: TLS, and a token of the function's role for every connection.

Owns how they are made and ended; how long one is kept is `connection`'s.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

from handlers.msk_producer import causes, problems
from handlers.msk_producer.client_settings import ALONE, PRODUCER, checked
from handlers.msk_producer.limits import SHORTEST_SECONDS
from handlers.msk_producer.settings import Settings

BOOTSTRAP_SECONDS = 5.0
FORCED_CLOSE_SECONDS = 10.0
CLIENT_ID = "acme-telemetry-producer"


def base(settings: Settings, deadline: float) -> dict[str, Any]:
    """What every client is set to, to be connected by `deadline` (time.monotonic).

    Raises PipelineError (E_CALL_DEADLINE) when there is no time for that.
    """
    from handlers.msk_producer.tokens import Tokens

    left = min(BOOTSTRAP_SECONDS, deadline - time.monotonic())
    if left < SHORTEST_SECONDS:
        raise problems.out_of_time()
    return {
        "bootstrap_servers": settings.brokers,
        "bootstrap_timeout_ms": int(left * 1000),
        "client_id": CLIENT_ID,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "OAUTHBEARER",
        "sasl_oauth_token_provider": Tokens(settings.region),
        "reconnect_backoff_max_ms": 2_000,
    }


def _hush() -> None:
    """Keep the details of the client and the signer out of every log.

    They hold tokens, signatures and whole events, and come with a root logger of level DEBUG.
    """
    for name in ("kafka", "botocore"):
        logging.getLogger(name).setLevel(logging.WARNING)


@contextlib.contextmanager
def admin(settings: Settings, deadline: float) -> Iterator[Any]:
    """An admin client. Raises PipelineError when the brokers cannot be used."""
    from kafka import KafkaAdminClient

    _hush()
    causes.require_credentials(settings.region)
    causes.probe(settings, deadline)
    given = base(settings, deadline)
    with causes.explained(settings):
        client = KafkaAdminClient(**given, request_timeout_ms=given["bootstrap_timeout_ms"])
    try:
        yield client
    finally:
        # Nobody waits for a client to say goodbye to brokers that hang.
        threading.Thread(target=_close, args=(client,), daemon=True).start()


def producer(settings: Settings, deadline: float, *, alone: bool = False) -> Any:
    """A producer, of batches or of records `alone`.

    Raises PipelineError when the brokers cannot be used.
    """
    from kafka import KafkaProducer

    _hush()
    client = {**checked(PRODUCER), **(ALONE if alone else {})}
    with causes.explained(settings):
        return KafkaProducer(**base(settings, deadline), **client)


def end(client: Any) -> None:
    """End a producer's thread; what it has not delivered it drops."""
    # `close` flushes first, for its timeout per batch, and leaves the thread alive when that fails:
    # only the sender itself can be told to stop.
    client._sender.force_close()
    client._sender.join(FORCED_CLOSE_SECONDS)
    _close(client, timeout=1)


def _close(client: Any, **limits: int) -> None:
    with contextlib.suppress(Exception):  # the reason it is not needed any more has been reported
        client.close(**limits)
