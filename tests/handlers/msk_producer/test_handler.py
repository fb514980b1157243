"""The entry: what is replied, what is raised, what is logged, with no broker to be had."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.contract.batch import Account, pack
from handlers.msk_producer import connection, topic
from handlers.msk_producer.handler import ensure, handle
from handlers.msk_producer.settings import load
from handlers.runtime.errors import PipelineError
from handlers.runtime.invocation import Invocation
from handlers.runtime.logs import Log
from tests.bad_input.surfaces.generator import nested
from tests.handlers.msk_producer.events import Clock, event, line

KEYS = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_SESSION_TOKEN": "session-token-that-stays-secret",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A function's environment whose broker is a port that nothing listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening: a connection is refused
        for name, value in {
            **KEYS,
            "AWS_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "BOOTSTRAP_BROKERS": f"127.0.0.1:{held.getsockname()[1]}",
            "TOPIC": "acme-telemetry",
            "TOPIC_PARTITIONS": "3",
            "METRIC_NAMESPACE": "AcmeTelemetry",
        }.items():
            monkeypatch.setenv(name, value)
        connection.of_process.cache_clear()
        yield
        connection.of_process.cache_clear()


def call(payload: object) -> dict[str, Any]:
    return json.loads(json.dumps(handle(payload, Clock())))


def test_without_a_broker_good_events_are_unresolved_at_once_and_bad_ones_rejected() -> None:
    began = time.monotonic()
    account = Account.of_reply(call({"batch_id": "b", "events": [event(0), {}, event(1)]}))
    assert time.monotonic() - began < 3
    assert (account.received, account.acked, account.unresolved) == (3, 0, (0, 2))
    assert [one.index for one in account.rejected] == [1]
    assert account.error is not None
    assert account.error["code"] == "E_KAFKA_UNREACHABLE"
    assert "nothing listens on" in str(account.error["message"])


def itself() -> dict[str, Any]:
    """An event that holds itself."""
    made = event(9)
    made["city"] = made
    return made


ITSELF: list[Any] = []
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(event(9, city=b"\xff"), "E_REC_ENCODING", id="bytes"),
        pytest.param(b"\xff", "E_REC_ENCODING", id="bytes for an event"),
        pytest.param(event(9, city="\ud800"), "E_REC_ENCODING", id="half a character"),
        pytest.param(event(9, city={1}), "E_REC_SHAPE", id="a set"),
        pytest.param({**event(9), (1, 2): 3}, "E_REC_SHAPE", id="a tuple for a name"),
        pytest.param(itself(), "E_REC_SHAPE", id="an event that holds itself"),
        pytest.param(ITSELF, "E_REC_SHAPE", id="a list that holds itself"),
        pytest.param(event(9, position_seconds=10**5_000), "E_REC_SHAPE", id="5,001 digits"),
        pytest.param(event(9, city=nested(50_000)), "E_REC_SHAPE", id="50,000 deep"),
        pytest.param(nested(50_000), "E_REC_SHAPE", id="50,000 deep for an event"),
    ],
)
def test_an_event_that_json_cannot_hold_is_rejected_alone(bad: object, reason: str) -> None:
    account = Account.of_reply(call({"batch_id": "b", "events": [event(0), bad, event(1)]}))
    assert (account.received, account.unresolved) == (3, (0, 2))
    assert [(one.index, one.reason) for one in account.rejected] == [(1, reason)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("[" * 50_000 + "]" * 50_000, nested(49_999), id="deep"),
        pytest.param("1" + "0" * 5_000, 10**5_000, id="long"),
        pytest.param('"\\ud800"', "\ud800", id="half a character"),
    ],
)
def test_both_forms_of_a_batch_reject_the_same(text: str, value: object) -> None:
    written = line(9, city="?").replace(b'"?"', text.encode())
    as_lines = call(
        {
            "batch_id": "b",
            "encoding": "gzip+base64",
            "lines": pack([line(0), written, line(1)]),
        }
    )
    as_objects = call({"batch_id": "b", "events": [event(0), event(9, city=value), event(1)]})
    fates = [
        ([(one["index"], one["reason"]) for one in reply["rejected"]], reply["unresolved"])
        for reply in (as_lines, as_objects)
    ]
    assert fates[0] == fates[1]
    assert [index for index, _ in fates[0][0]] == [1]


def test_events_count_though_one_of_them_cannot_be_written() -> None:
    long = event(0, city="x" * 5_000_000)
    assert call({"batch_id": "b", "events": [{1}, long]})["error"]["code"] == "E_BATCH_LIMIT"
    assert call({"batch_id": "b", "events": [b"x" * 5_000_001]})["error"]["code"] == "E_BATCH_LIMIT"


def test_a_batch_without_a_good_event_needs_no_broker() -> None:
    account = Account.of_reply(call({"batch_id": "b", "events": [None, "x"]}))
    assert (account.acked, len(account.rejected), account.error) == (0, 2, None)


def test_a_wrong_request_is_replied() -> None:
    assert call({"batch": []})["error"]["code"] == "E_EVENT_FIELD"
    assert call(None)["error"]["code"] == "E_EVENT_SHAPE"


def test_missing_settings_are_replied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOPIC")
    monkeypatch.setenv("BOOTSTRAP_BROKERS", "http://broker")
    error = call({"describe_topic": True})["error"]
    assert [problem["field"] for problem in error["problems"]] == ["BOOTSTRAP_BROKERS", "TOPIC"]


@pytest.mark.parametrize("broker", ["nosuch.invalid:9098"])
def test_a_name_without_address_is_named(monkeypatch: pytest.MonkeyPatch, broker: str) -> None:
    monkeypatch.setenv("BOOTSTRAP_BROKERS", broker)
    assert "has no address" in call({"describe_topic": True})["error"]["message"]


def test_a_port_without_tls_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("BOOTSTRAP_BROKERS", f"127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        message = call({"describe_topic": True})["error"]["message"]
    assert "does not answer within 3 s" in message
    assert time.monotonic() - began < 8


def test_missing_credentials_are_named_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    call({"describe_topic": True})  # imports the signer
    began = time.monotonic()
    assert call({"describe_topic": True})["error"]["code"] == "E_AWS_NO_CREDENTIALS"
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("minutes", [-1, 5])
def test_expired_credentials_sign_nothing(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Keys that say when they end, as those of a container; Lambda's own do not say it."""
    ends = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", ends.isoformat())
    error = call({"describe_topic": True})["error"]
    assert error["code"] == ("E_AWS_NO_CREDENTIALS" if minutes < 0 else "E_KAFKA_UNREACHABLE")


def test_a_failure_within_the_signer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(region: str) -> tuple[str, int]:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("aws_msk_iam_sasl_signer.MSKAuthTokenProvider.generate_auth_token", fail)
    error = call({"describe_topic": True})["error"]
    assert error["code"] == "E_AWS_NO_CREDENTIALS"
    assert "ZeroDivisionError" in error["message"]
    assert "secret" not in error["message"]


@pytest.mark.parametrize("payload", [{"describe_topic": True}, {"ensure_topic": True}])
def test_a_question_that_hangs_ends_with_the_call(
    monkeypatch: pytest.MonkeyPatch, payload: dict[str, bool]
) -> None:
    released = threading.Event()
    for task in ("describe", "ensure"):
        monkeypatch.setattr(topic, task, lambda settings, deadline: released.wait(30))
    began = time.monotonic()
    try:
        said = str(handle(payload, Clock(seconds=3)))
    except PipelineError as error:
        said = str(error)
    assert time.monotonic() - began < 1
    assert "no answer in the time of the call" in said
    released.set()


def test_a_failed_ensure_topic_is_raised_so_that_a_deployment_stops() -> None:
    with pytest.raises(PipelineError, match="E_KAFKA_UNREACHABLE"):
        handle({"ensure_topic": True}, Clock(seconds=6))


def test_ensure_topic_tries_again_until_its_time_is_over() -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(PipelineError):
        ensure(load(os.environ), Invocation.of(Clock(5), 0), Log(), pause)
    assert len(pauses) >= 1
    assert time.monotonic() - began < 5


def test_the_log_holds_no_event_no_token_and_no_customer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call({"batch_id": "b", "encoding": "gzip+base64", "lines": pack([line(0), b"CUST_broken"])})
    call({"batch_id": "b", "events": "CUST_wrong"})
    logged = capsys.readouterr().out
    assert '"unresolved":1' in logged
    for secret in ("CUST_", "TITLE_", "Berlin", *KEYS.values()):
        assert secret not in logged
    metrics = [json.loads(text) for text in logged.splitlines() if '"_aws"' in text]
    assert (metrics[0]["EventsReceived"], metrics[0]["EventsUnresolved"]) == (2, 1)


def test_an_account_that_does_not_add_up_is_no_account() -> None:
    with pytest.raises(ValueError, match="the account of batch b is wrong"):
        Account("b", "t", received=3, acked=1, unresolved=(2,))
