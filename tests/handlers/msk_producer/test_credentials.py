"""Credentials that end while a client is at work: told as what they are, and got over."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from kafka.errors import KafkaError

from handlers.msk_producer import clients, connection, topic
from handlers.msk_producer.handler import handle
from handlers.msk_producer.tokens import Tokens
from tests.conftest import wait_for
from tests.handlers.msk_producer.events import Clock, event
from tests.handlers.msk_producer.fake_broker import TOPIC, Broker

SECRET = "example-of-a-secret-that-stays-secret"
TOKEN = "example-of-a-token-that-stays-secret"


class Signer:
    """Signs as long as it is told to, and then fails with a text that nobody may see."""

    def __init__(self) -> None:
        self.signed = 0
        self.most: float = float("inf")

    def __call__(self, region: str) -> tuple[str, int]:
        if self.signed >= self.most:
            raise RuntimeError(f"the refreshed credentials are still expired: {SECRET}")
        self.signed += 1
        return TOKEN, 0


@pytest.fixture
def signer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Signer]:
    """A container without TLS, whose topic exists."""
    base, signer = clients.base, Signer()
    monkeypatch.setattr(topic, "ensure", lambda settings, deadline: {})
    monkeypatch.setattr(
        clients,
        "base",
        lambda *given: {**base(*given), "security_protocol": "SASL_PLAINTEXT"},
    )
    monkeypatch.setattr("aws_msk_iam_sasl_signer.MSKAuthTokenProvider.generate_auth_token", signer)
    yield signer
    connection.of_process.cache_clear()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a broker that of the function."""

    def use(broker: Broker) -> Broker:
        for name, value in {
            "AWS_REGION": "eu-central-1",
            "BOOTSTRAP_BROKERS": broker.address,
            "TOPIC": TOPIC,
            "TOPIC_PARTITIONS": "3",
            "METRIC_NAMESPACE": "AcmeTelemetry",
        }.items():
            monkeypatch.setenv(name, value)
        return broker

    return use


def call(seconds: float = 10) -> dict[str, Any]:
    """The account of three good events and a bad one."""
    events = [event(0), {"bad": 1}, event(1), event(2)]
    reply = handle({"batch_id": "b", "events": events}, Clock(seconds))
    return json.loads(json.dumps(reply))


def assert_without_credentials(reply: dict[str, Any]) -> None:
    assert (reply["received"], reply["acked"], reply["unresolved"]) == (4, 0, [0, 2, 3])
    assert [one["index"] for one in reply["rejected"]] == [1]
    assert reply["error"]["code"] == "E_AWS_NO_CREDENTIALS"
    assert "RuntimeError" in reply["error"]["message"]


def test_credentials_that_end_while_a_session_is_renewed_are_named_and_got_over(
    signer: Signer, at: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    broker = at(Broker(session_ms=1_200, renewal_seconds=0.3))
    assert call()["acked"] == 3
    signer.most = signer.signed
    wait_for(lambda: broker.handshakes >= 3, 5)
    reply = call()
    assert_without_credentials(reply)
    signer.most = float("inf")
    assert call()["acked"] == 3  # in the same process
    assert SECRET not in str(reply) + caplog.text + "".join(capfd.readouterr())
    broker.close()


def test_credentials_that_are_gone_at_the_start_are_named(
    signer: Signer, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "BOOTSTRAP_SECONDS", 0.5)
    broker = at(Broker())
    signer.most = 0
    assert_without_credentials(call())
    broker.close()


def test_credentials_that_end_between_two_connections_are_named(signer: Signer, at: Any) -> None:
    broker = at(Broker())
    signer.most = 1  # the first asks for the brokers, the second is to send
    assert_without_credentials(call(4))
    signer.most = float("inf")
    assert call()["acked"] == 3
    broker.close()


def test_each_token_is_new_and_none_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(["first", "second"])

    def sign(region: str) -> tuple[str, int]:
        return next(made), 0

    monkeypatch.setattr("aws_msk_iam_sasl_signer.MSKAuthTokenProvider.generate_auth_token", sign)
    tokens = Tokens("eu-central-1")
    assert (tokens.token(), tokens.token()) == ("first", "second")
    assert list(vars(tokens).values()) == ["eu-central-1"]


def test_what_keeps_the_signer_from_signing_shows_its_type_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(region: str) -> tuple[str, int]:
        raise OSError(SECRET)

    monkeypatch.setattr("aws_msk_iam_sasl_signer.MSKAuthTokenProvider.generate_auth_token", fail)
    with pytest.raises(KafkaError) as caught:
        Tokens("eu-central-1").token()
    assert str(caught.value) == "NoTokenError: OSError"
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_root_logger_that_tells_all_tells_no_token_and_no_event(
    signer: Signer, at: Any, caplog: pytest.LogCaptureFixture
) -> None:
    broker = at(Broker())
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "kafka")
    caplog.set_level(logging.DEBUG, "botocore")
    assert call()["acked"] == 3
    logging.getLogger("botocore.auth").debug("Signature: %s", TOKEN)
    assert TOKEN not in caplog.text
    assert "CUST_" not in caplog.text
    broker.close()
