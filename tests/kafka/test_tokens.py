"""The broker takes the tokens that MSK would take, and no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaProducer

from tests.kafka.clients import Tokens, altered, connects, genuine, settings, signed_ago
from tests.kafka.conftest import REAUTH_MS, TOPIC, Stream

pytestmark = pytest.mark.stack


@pytest.fixture
def connector(stream: Stream, login: Any) -> Stream:
    """A role that may connect, logged in."""
    login(stream.role("connector", stream.statements(["Connect"], [])))
    return stream


def test_a_genuine_token_connects(connector: Stream) -> None:
    assert connects(connector.laptop.bootstrap_brokers, genuine)


def test_a_token_of_14_minutes_ago_connects(connector: Stream) -> None:
    assert connects(connector.laptop.bootstrap_brokers, lambda: signed_ago(14))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: signed_ago(16), id="expired"),
        pytest.param(
            lambda: altered(genuine(), "X-Amz-Signature=", "X-Amz-Signature=0"), id="tampered"
        ),
        pytest.param(
            lambda: altered(genuine(), "X-Amz-Expires=900", "X-Amz-Expires=9000"), id="lengthened"
        ),
        pytest.param(
            lambda: altered(genuine(), os.environ["AWS_ACCESS_KEY_ID"], "ASIAUNKNOWNUNKNOWN00"),
            id="unknown key",
        ),
        pytest.param(
            lambda: altered(genuine(), "kafka-cluster%3AConnect", "kafka-cluster%3ADescribe"),
            id="another action",
        ),
        pytest.param(lambda: altered(genuine(), "https://kafka.", "http://kafka."), id="not https"),
        pytest.param(
            lambda: altered(genuine(), "eu-central-1.amazonaws.com", "eu-central-1.example.com"),
            id="another host",
        ),
        pytest.param(lambda: "not-a-token", id="no token"),
    ],
)
def test_a_wrong_token_is_refused(connector: Stream, make: Callable[[], str]) -> None:
    assert not connects(connector.laptop.bootstrap_brokers, make)


def test_a_root_key_is_refused(stream: Stream, login: Any, monkeypatch: Any) -> None:
    login(stream.role("connector", stream.statements(["Connect"], [])))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    assert not connects(stream.laptop.bootstrap_brokers, genuine)


def test_a_role_without_connect_is_refused(stream: Stream, login: Any) -> None:
    login(stream.role("stranger", stream.statements(["DescribeCluster"], ["*"])))
    assert not connects(stream.laptop.bootstrap_brokers, genuine)


def test_a_client_that_does_not_trust_the_authority_does_not_connect(
    connector: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert not connects(connector.laptop.bootstrap_brokers, genuine)


def test_the_log_holds_no_token(connector: Stream) -> None:
    token = genuine()
    assert connects(connector.laptop.bootstrap_brokers, lambda: token)
    log = connector.laptop.log("kafka").read_text()
    assert "connected: arn:aws:iam::000000000000:role/connector" in log
    assert token not in log
    assert "X-Amz-Signature" not in log


def test_nothing_is_lost_while_the_session_is_renewed(stream: Stream, login: Any) -> None:
    """Each session lasts REAUTH_MS; three of them pass while records flow."""
    import time

    login(
        stream.role(
            "soak",
            stream.statements(
                ["Connect", "WriteDataIdempotently"], ["CreateTopic", "DescribeTopic", "WriteData"]
            ),
        )
    )
    stream.ensure_topic(TOPIC)
    tokens = Tokens()
    producer = KafkaProducer(
        **settings(stream.laptop.bootstrap_brokers, tokens), acks="all", enable_idempotence=True
    )
    futures = []
    end = time.monotonic() + 3 * REAUTH_MS / 1000
    while time.monotonic() < end:
        futures.append(producer.send(TOPIC, b"r"))
        time.sleep(0.02)
    offsets = [(f.get(timeout=20).partition, f.value.offset) for f in futures]
    producer.close()
    assert len(set(offsets)) == len(futures)
    assert tokens.made >= 4
