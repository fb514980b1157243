"""A role may do on the broker what its IAM policy says, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import (
    KafkaError,
    TopicAuthorizationFailedError,
)

from tests.kafka.clients import send_one, settings
from tests.kafka.conftest import Stream

pytestmark = pytest.mark.stack

MINE, OTHER, NEW = "mine", "other", "new"
CLUSTER = ["Connect", "WriteDataIdempotently"]
TOPIC = ["DescribeTopic", "WriteData"]


@pytest.fixture
def policy(stream: Stream, login: Any) -> Callable[..., str]:
    """Log in as a role with these rights on the cluster and on the topic `mine`."""
    stream.ensure_topic(MINE)
    stream.ensure_topic(OTHER)

    def set_policy(cluster: list[str], topic: list[str]) -> str:
        login(stream.role("writer", stream.statements(cluster, topic, MINE)))
        stream.wait_for_policies()
        return stream.laptop.bootstrap_brokers

    return set_policy


def create(brokers: str, topic: str) -> None:
    with contextlib.closing(KafkaAdminClient(**settings(brokers))) as admin:
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": -1}})


def delete(brokers: str, topic: str) -> None:
    with contextlib.closing(KafkaAdminClient(**settings(brokers))) as admin:
        admin.delete_topics([topic])


def read(brokers: str, topic: str) -> None:
    consumer = KafkaConsumer(**settings(brokers), group_id=None, auto_offset_reset="earliest")
    with contextlib.closing(consumer):
        consumer.assign([TopicPartition(topic, 0)])
        consumer.poll(timeout_ms=5_000)


def test_the_producers_rights_are_enough(policy: Callable[..., str]) -> None:
    assert send_one(policy(CLUSTER, TOPIC), MINE) >= 0


@pytest.mark.parametrize(
    ("cluster", "topic", "act", "error"),
    [
        (CLUSTER, ["DescribeTopic"], lambda b: send_one(b, MINE), TopicAuthorizationFailedError),
        (CLUSTER, TOPIC, lambda b: send_one(b, OTHER), TopicAuthorizationFailedError),
        (CLUSTER, TOPIC, lambda b: create(b, NEW), TopicAuthorizationFailedError),
        (CLUSTER, [*TOPIC, "CreateTopic"], lambda b: create(b, NEW), TopicAuthorizationFailedError),
        (CLUSTER, TOPIC, lambda b: delete(b, MINE), TopicAuthorizationFailedError),
        (CLUSTER, TOPIC, lambda b: read(b, MINE), TopicAuthorizationFailedError),
    ],
    ids=["no WriteData", "another topic", "no CreateTopic", "create another", "delete", "read"],
)
def test_what_is_not_granted_is_denied(
    policy: Callable[..., str],
    cluster: list[str],
    topic: list[str],
    act: Callable[[str], object],
    error: type[KafkaError],
) -> None:
    brokers = policy(cluster, topic)
    with pytest.raises(error):
        act(brokers)


def test_an_idempotent_producer_needs_its_own_right(policy: Callable[..., str]) -> None:
    brokers = policy(["Connect"], TOPIC)
    with pytest.raises(KafkaError, match=r"Error 31|ClusterAuthorization"):
        send_one(brokers, MINE)
    assert send_one(brokers, MINE, idempotent=False) >= 0


def test_a_group_needs_its_own_right(stream: Stream, policy: Callable[..., str]) -> None:
    brokers = policy(CLUSTER, [*TOPIC, "ReadData"])
    consumer = KafkaConsumer(MINE, **settings(brokers), group_id="g", request_timeout_ms=5_000)
    with contextlib.closing(consumer), pytest.raises(KafkaError, match=r"[Aa]uthoriz"):
        consumer.poll(timeout_ms=5_000)


def test_a_new_grant_counts_without_a_new_connection(
    stream: Stream, policy: Callable[..., str]
) -> None:
    brokers = policy(CLUSTER, ["DescribeTopic"])
    with pytest.raises(TopicAuthorizationFailedError):
        send_one(brokers, MINE)
    stream.role("writer", stream.statements(CLUSTER, TOPIC, MINE))
    stream.wait_for_policies()
    assert send_one(brokers, MINE) >= 0
