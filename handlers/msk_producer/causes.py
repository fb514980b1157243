"""Why Kafka cannot be used: the client hides it behind a time-out, so it is found out here.

The client's own words are caught from its log while it starts; what precedes Kafka (name, port,
TLS, credentials) is tried before the client is made, which also makes the common faults quick.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

from handlers.msk_producer.settings import Settings
from handlers.msk_producer.skew import seconds_behind
from handlers.msk_producer.waiting import within
from handlers.runtime.errors import Kind, PipelineError

PROBE_SECONDS = 3.0  # for one broker
PROBES_SECONDS = 6.0  # for all of them
_STARTING = ("kafka.net.manager",)
SENDING = ("kafka.net.manager", "kafka.net.connection")


def unreachable(settings: Settings, cause: str) -> PipelineError:
    """E_KAFKA_UNREACHABLE: no broker answers as one."""
    return PipelineError(
        "E_KAFKA_UNREACHABLE",
        f"not to be reached: {' '.join(cause.split())[:300]}",
        field="BOOTSTRAP_BROKERS",
        value=settings.bootstrap_brokers,
        fix="see that the cluster is active and its security group admits the function's",
        kind=Kind.DEPENDENCY,
    )


def backpressure(what: str) -> PipelineError:
    """E_KAFKA_BACKPRESSURE: the brokers take events more slowly than they come."""
    return PipelineError(
        "E_KAFKA_BACKPRESSURE",
        f"the brokers take no more events now ({what})",
        fix="send the unresolved events again, later or in smaller batches",
        kind=Kind.DEPENDENCY,
    )


def denied(settings: Settings, action: str) -> PipelineError:
    """E_KAFKA_DENIED: the role lacks `kafka-cluster:<action>`."""
    resource = "the cluster" if action in ("Connect", "WriteDataIdempotently") else settings.topic
    return PipelineError(
        "E_KAFKA_DENIED",
        f"the broker denies kafka-cluster:{action} on {resource} to the function's role",
        fix=f"grant kafka-cluster:{action} on the ARN of {resource}",
        kind=Kind.DENIED,
    )


def topic_denied(settings: Settings) -> PipelineError:
    """E_TOPIC_DENIED: the topic may be there, and the role may not see it."""
    return PipelineError(
        "E_TOPIC_DENIED",
        f"the broker denies kafka-cluster:DescribeTopic on {settings.topic} to the function's role",
        fix=f"grant kafka-cluster:DescribeTopic on the ARN of {settings.topic}",
        kind=Kind.DENIED,
    )


def topic_gone(settings: Settings) -> PipelineError:
    """E_TOPIC_MISSING: it was there when the client started."""
    return PipelineError(
        "E_TOPIC_MISSING",
        f"topic {settings.topic} is gone",
        fix="call again: the next call makes it",
        kind=Kind.DEPENDENCY,
    )


def unanswered(settings: Settings, problem: BaseException, client: Any) -> PipelineError:
    """E_KAFKA_UNREACHABLE: a broker let the client in and then did not answer.

    A client goes on with the addresses that the brokers advertise; a wrong one shows here.
    """
    advertised = sorted(f"{one.host}:{one.port}" for one in client._manager.cluster.brokers())
    return unreachable(
        settings,
        f"no answer ({problem}) under the addresses that the brokers advertise, "
        f"{', '.join(advertised) or 'none'}",
    )


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
    raise unreachable(settings, "; ".join(found))


def _look_up(host: str, port: int, seconds: float) -> None:
    """See that the host has an address. Raises socket.gaierror, UnicodeError, TimeoutError.

    Looking up has no time-out of its own.
    """
    within(seconds, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def require_credentials(region: str) -> None:
    """Make one token and forget it. Raises PipelineError (E_AWS_NO_CREDENTIALS)."""
    from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

    try:
        MSKAuthTokenProvider.generate_auth_token(region)
    # Without credentials the signer fails with whatever its next line stumbles over.
    except Exception as problem:
        raise PipelineError(
            "E_AWS_NO_CREDENTIALS",
            f"no token can be signed ({type(problem).__name__})",
            fix="run with the credentials of the function's role in the environment",
            kind=Kind.DENIED,
        ) from problem


@contextlib.contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """Turn a client's failure to start into the reason that it only logs."""
    from kafka.errors import KafkaError

    with heard(*_STARTING) as found:
        try:
            yield
        except KafkaError as problem:
            raise _explanation(settings, found or [problem]) from problem


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
    # A broker that denies a token closes the connection; the client sees now the one, now the
    # other. TLS was tried before, so a connection that closes has got as far as the token.
    if _refuses(found) or all("socket disconnected" in str(one) for one in found):
        return _connect_denied(settings)
    return unreachable(settings, str(found[-1]))


def while_sending(
    settings: Settings, found: list[BaseException], cluster: Any, began: float
) -> PipelineError | None:
    """Why records got no answer, where the client knows it; None where it does not.

    `found`: what it logged, `cluster`: its metadata, `began` (time.monotonic): the sending.
    """
    if _refuses(found):
        return _connect_denied(settings)
    if settings.topic in cluster.unauthorized_topics:
        return topic_denied(settings)
    answered = cluster._last_successful_refresh_ms >= 1000 * began
    if answered and cluster.partitions_for_topic(settings.topic) is None:
        return topic_gone(settings)
    return None


def _refuses(found: list[BaseException]) -> bool:
    from kafka.errors import AuthorizationError, SaslAuthenticationFailedError

    refusals = (SaslAuthenticationFailedError, AuthorizationError)
    return any(isinstance(one, refusals) for one in found)


def _connect_denied(settings: Settings) -> PipelineError:
    """E_KAFKA_DENIED, or E_AUTH_CLOCK_SKEW where the function's clock is why."""
    behind = seconds_behind(os.environ, time.time())
    return denied(settings, "Connect") if behind is None else _clock_skew(behind)


def _clock_skew(behind: int) -> PipelineError:
    return PipelineError(
        "E_AUTH_CLOCK_SKEW",
        f"the broker denies the function's token, which is dated by a clock at least {behind} s "
        "behind the time at which AWS began the call",
        fix="publish the function anew, which gives it another sandbox",
        kind=Kind.DENIED,
    )


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
