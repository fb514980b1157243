"""Why Kafka cannot be used: the client hides it behind a time-out, so it is found out here.

The client's own words are caught from its log while it starts; what precedes Kafka (name, port,
TLS, credentials) is tried before the client is made, which also makes the common faults quick.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

from handlers.msk_producer import problems
from handlers.msk_producer.settings import Settings
from handlers.msk_producer.waiting import within
from handlers.runtime.errors import PipelineError

PROBE_SECONDS = 3.0  # for one broker
PROBES_SECONDS = 6.0  # for all of them
_STARTING = ("kafka.net.manager",)
SENDING = ("kafka.net.manager", "kafka.net.connection")


def probe(settings: Settings, deadline: float) -> None:
    """Return as soon as one broker takes a TLS connection before `deadline` (time.monotonic).

    Raises PipelineError (E_KAFKA_UNREACHABLE) with what went wrong at each.
    """
    context = ssl.create_default_context()
    found = []
    for_each = min(PROBE_SECONDS, PROBES_SECONDS / len(settings.brokers))
    for broker in settings.brokers:
        host, _, port = broker.rpartition(":")
        seconds = min(for_each, deadline - time.monotonic())
        if seconds <= 0:
            found.append("no time is left")
            break
        try:
            _look_up(host, int(port), seconds)
        except socket.gaierror:
            found.append(f"{broker} has no address")
            continue
        except UnicodeError:  # an empty or too long label, found while the name is encoded
            found.append(f"{broker} is no name of a host")
            continue
        except TimeoutError:
            found.append(f"nobody says the address of {broker} within {seconds:.0f} s")
            continue
        try:
            with (
                socket.create_connection((host, int(port)), seconds) as plain,
                context.wrap_socket(plain, server_hostname=host),
            ):
                return
        except TimeoutError:
            found.append(f"{broker} does not answer within {seconds:.0f} s")
        except ConnectionRefusedError:
            found.append(f"nothing listens on {broker}")
        except ssl.SSLCertVerificationError as problem:
            found.append(f"the certificate of {broker} is not trusted ({problem.verify_message})")
        except OSError as problem:
            found.append(f"{broker} takes no TLS connection ({problem})")
    raise problems.unreachable(settings, "; ".join(found))


def _look_up(host: str, port: int, seconds: float) -> None:
    """See that the host has an address. Raises socket.gaierror, UnicodeError, TimeoutError.

    Looking up has no time-out of its own.
    """
    within(seconds, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def require_credentials(region: str) -> None:
    """Make one token and forget it. Raises PipelineError (E_AWS_NO_CREDENTIALS)."""
    from handlers.msk_producer.tokens import NoTokenError, Tokens

    try:
        Tokens(region).token()
    except NoTokenError as problem:
        raise problems.no_credentials(problem) from None


@contextlib.contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """Turn a client's failure to start into the reason that it only logs."""
    from kafka.errors import KafkaError

    with heard(*_STARTING) as found:
        try:
            yield
        except PipelineError:
            raise
        except Exception as problem:  # noqa: BLE001 - told as one of ours
            hides = found and isinstance(problem, KafkaError)
            raise _explanation(settings, found if hides else [problem]) from None


@contextlib.contextmanager
def heard(*logs: str) -> Iterator[list[BaseException]]:
    """The exceptions that the client writes into these logs meanwhile, and tells nobody."""
    ear = _Ear()
    for name in logs:
        logging.getLogger(name).addHandler(ear)
    try:
        yield ear.causes
    finally:
        for name in logs:
            logging.getLogger(name).removeHandler(ear)


def _explanation(settings: Settings, found: list[BaseException]) -> PipelineError:
    known = _known(settings, found)
    if known is not None:
        return known
    # A broker that denies a token closes the connection; the client sees now the one, now the
    # other. TLS was tried before, so a connection that closes has got as far as the token.
    if all("socket disconnected" in str(one) for one in found):
        return problems.connect_denied(settings)
    return problems.of(settings, found[-1])


def while_sending(
    settings: Settings, found: list[BaseException], cluster: Any, began: float
) -> PipelineError | None:
    """Why records got no answer, where the client knows it; None where it does not.

    `found`: what it logged, `cluster`: its metadata, `began` (time.monotonic): the sending.
    """
    known = _known(settings, found)
    if known is not None:
        return known
    if settings.topic in cluster.unauthorized_topics:
        return problems.topic_denied(settings)
    answered = cluster._last_successful_refresh_ms >= 1000 * began
    if answered and cluster.partitions_for_topic(settings.topic) is None:
        return problems.topic_gone(settings)
    return None


def _known(settings: Settings, found: list[BaseException]) -> PipelineError | None:
    """What is certain once it was logged, whatever else was."""
    from kafka.errors import AuthorizationError, SaslAuthenticationFailedError

    from handlers.msk_producer.tokens import NoTokenError

    for one in found:
        if isinstance(one, NoTokenError):
            return problems.no_credentials(one)
        if isinstance(one, SaslAuthenticationFailedError | AuthorizationError):
            return problems.connect_denied(settings)
    return None


class _Ear(logging.Handler):
    """Keeps the exceptions that the client logs; it formats them away otherwise."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.causes: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        from kafka.errors import KafkaTimeoutError

        for argument in record.args if isinstance(record.args, tuple) else ():
            if isinstance(argument, BaseException) and not isinstance(argument, KafkaTimeoutError):
                self.causes.append(argument)
