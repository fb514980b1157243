"""What is told when Kafka cannot be used: an error for each thing that somebody can do about it.

Owns codes, words and fixes; which of them it is, `causes` and `sending` find out. Of an error that
is worded by neither the client nor the system only the type is told: its text may hold a secret.
"""

from __future__ import annotations

import os
import re
import time
from typing import Any

from handlers.msk_producer.settings import Settings
from handlers.msk_producer.skew import seconds_behind
from handlers.runtime.errors import Kind, PipelineError

CALL_DEADLINE = "E_CALL_DEADLINE"
REFUSED = "E_KAFKA_REFUSED"
_ANEW = "send the unresolved events again: the next call makes a new client"


def of(settings: Settings, problem: BaseException) -> PipelineError:
    """What an exception of the client means by itself."""
    from kafka.errors import BrokerResponseError, SaslAuthenticationFailedError

    from handlers.msk_producer.tokens import NoTokenError

    if isinstance(problem, NoTokenError):
        return no_credentials(problem)
    if isinstance(problem, SaslAuthenticationFailedError):
        return connect_denied(settings)
    if is_silence(problem):
        return unreachable(settings, words(problem))
    return refused(problem) if isinstance(problem, BrokerResponseError) else client_failed(problem)


def unwrapped(problem: BaseException) -> BaseException:
    """The error that the client tells by the text of a plain KafkaError; any other as it is.

    So it does with what keeps it from a producer id (for which it asks once, and then fails all
    that it is given) and with records beside one that the broker refuses.
    """
    from kafka import errors

    from handlers.msk_producer.tokens import NoTokenError

    if type(problem) is not errors.KafkaError:
        return problem
    text = str(problem)
    code, token = re.search(r"\[Error (-?\d+)\]", text), re.search(r"NoTokenError: (\w+)", text)
    told: BaseException = problem
    if code is not None:
        told = errors.for_code(int(code[1]))()
    elif token is not None:
        told = NoTokenError(token[1])
    elif "for unknown reasons" in text:
        told = errors.KafkaConnectionError("no answer to the request for a producer id")
    elif "invalid records" in text:
        told = errors.InvalidRecordError()
    return told


def is_silence(problem: BaseException) -> bool:
    """True where no broker answered: there was no connection, or not for long enough."""
    from kafka import errors

    if isinstance(problem, errors.BrokerResponseError):
        # These two are answers by name only: the client makes them itself.
        return isinstance(problem, errors.RequestTimedOutError | errors.NetworkExceptionError)
    return isinstance(problem, errors.RetriableError | OSError)


def words(problem: BaseException) -> str:
    """What an error says, where the client or the system says it; else its type alone."""
    from kafka.errors import KafkaError

    if isinstance(problem, KafkaError):
        return str(problem)
    system = problem.strerror if isinstance(problem, OSError) else None
    return f"{type(problem).__name__}: {system}" if system else type(problem).__name__


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


def unanswered(settings: Settings, problem: BaseException, client: Any) -> PipelineError:
    """E_KAFKA_UNREACHABLE: a broker let the client in and then did not answer.

    A client goes on with the addresses that the brokers advertise; a wrong one shows here.
    """
    advertised = sorted(f"{one.host}:{one.port}" for one in client._manager.cluster.brokers())
    return unreachable(
        settings,
        f"no answer ({words(problem)}) under the addresses that the brokers advertise, "
        f"{', '.join(advertised) or 'none'}",
    )


def refused(problem: BaseException) -> PipelineError:
    """E_KAFKA_REFUSED: a broker answers, and takes the events not; E_KAFKA_DENIED for a right.

    Named are Kafka's own name and description of the error; a broker's further words are left out,
    since they may speak of a record.
    """
    from kafka.errors import AuthorizationError

    denial = isinstance(problem, AuthorizationError)
    name, told = type(problem).__name__, getattr(problem, "description", None)
    return PipelineError(
        "E_KAFKA_DENIED" if denial else REFUSED,
        f"the broker refuses with {name}" + (f" ({str(told).rstrip('.')})" if told else ""),
        fix=_remedy(problem),
        kind=Kind.DENIED if denial else Kind.DEPENDENCY,
    )


def _remedy(problem: BaseException) -> str:
    from kafka import errors

    if isinstance(problem, errors.AuthorizationError):
        return "grant the function's role the right that the error names"
    if isinstance(problem, errors.RetriableError):
        return "see that every broker of the cluster is active, and send the events again"
    session = (
        errors.CorruptRecordError,
        errors.InvalidProducerEpochError,
        errors.InvalidProducerIdMappingError,
        errors.OutOfOrderSequenceNumberError,
        errors.ProducerFencedError,
        errors.UnknownProducerIdError,
    )
    if isinstance(problem, session):
        return _ANEW
    return "set the topic, or the cluster, so that it takes such events, and send them again"


def client_failed(problem: BaseException) -> PipelineError:
    """E_KAFKA_CLIENT: the client, or what uses it, fails for itself."""
    return PipelineError(
        "E_KAFKA_CLIENT",
        f"the Kafka client failed: {' '.join(words(problem).split())[:300]}",
        fix=_ANEW,
        kind=Kind.DEPENDENCY,
    )


def no_credentials(problem: BaseException) -> PipelineError:
    """E_AWS_NO_CREDENTIALS, for a NoTokenError."""
    return PipelineError(
        "E_AWS_NO_CREDENTIALS",
        f"no token can be signed ({problem.args[0]})",
        fix="run with the credentials of the function's role in the environment",
        kind=Kind.DENIED,
    )


def out_of_time() -> PipelineError:
    """E_CALL_DEADLINE: nothing failed, and the call is over."""
    return PipelineError(
        CALL_DEADLINE,
        "no time is left in the call to send events",
        fix="send the unresolved events again, with a longer time-out or in smaller batches",
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


def denied(settings: Settings, action: str, code: str = "E_KAFKA_DENIED") -> PipelineError:
    """The role lacks `kafka-cluster:<action>`."""
    resource = "the cluster" if action in ("Connect", "WriteDataIdempotently") else settings.topic
    return PipelineError(
        code,
        f"the broker denies kafka-cluster:{action} on {resource} to the function's role",
        fix=f"grant kafka-cluster:{action} on the ARN of {resource}",
        kind=Kind.DENIED,
    )


def connect_denied(settings: Settings) -> PipelineError:
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


def topic_denied(settings: Settings) -> PipelineError:
    """E_TOPIC_DENIED: the topic may be there, and the role may not see it."""
    return denied(settings, "DescribeTopic", "E_TOPIC_DENIED")


def topic_gone(settings: Settings) -> PipelineError:
    """E_TOPIC_MISSING: it was there when the client started."""
    return PipelineError(
        "E_TOPIC_MISSING",
        f"topic {settings.topic} is gone",
        fix="call again: the next call makes it",
        kind=Kind.DEPENDENCY,
    )
