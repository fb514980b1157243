"""What the brokers' description of the topic means."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kafka.errors import (
    InvalidReplicationFactorError,
    InvalidTopicError,
    TopicAuthorizationFailedError,
)

from handlers.msk_producer import topic
from handlers.msk_producer.settings import Settings
from handlers.runtime.errors import PipelineError

SETTINGS = Settings("127.0.0.1:9098", "acme-telemetry", 3, "eu-central-1", "AcmeTelemetry")


class Admin:
    """Describes the topic so; made as kafka-python's client is."""

    def __init__(self, error_code: int, leaders: list[int]) -> None:
        self.error_code, self.leaders = error_code, leaders
        self._manager = self.cluster = self

    def brokers(self) -> list[Any]:
        return []

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        partitions = [
            {"partition_index": number, "leader_id": leader}
            for number, leader in enumerate(self.leaders)
        ]
        return [{"error_code": self.error_code, "partitions": partitions}]


@pytest.mark.parametrize(
    ("error_code", "leaders", "code", "names"),
    [
        (3, [], "E_TOPIC_MISSING", "there is no topic acme-telemetry in the cluster"),
        (29, [], "E_TOPIC_DENIED", "DescribeTopic"),
        (0, [1, -1, 1], "E_KAFKA_UNREACHABLE", "a partition of acme-telemetry has no leader"),
        (5, [], "E_KAFKA_UNREACHABLE", "a partition of acme-telemetry has no leader"),
    ],
)
def test_a_topic_that_cannot_be_described_is_named(
    monkeypatch: pytest.MonkeyPatch, error_code: int, leaders: list[int], code: str, names: str
) -> None:
    @contextlib.contextmanager
    def admin(settings: Settings, deadline: float) -> Iterator[Admin]:
        yield Admin(error_code, leaders)

    monkeypatch.setattr(topic, "admin", admin)
    with pytest.raises(PipelineError, match=names) as caught:
        topic.describe(SETTINGS, time.monotonic() + 5)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (InvalidTopicError, "E_TOPIC_NAME", "expected a name that differs .* by more than . and _"),
        (TopicAuthorizationFailedError, "E_TOPIC_MISSING", "grant kafka-cluster:CreateTopic"),
        (InvalidReplicationFactorError, "E_TOPIC_MISSING", "cannot be made"),
    ],
)
def test_a_topic_that_cannot_be_made_is_named(
    monkeypatch: pytest.MonkeyPatch, problem: type[Exception], code: str, words: str
) -> None:
    class Refusing(Admin):
        def create_topics(self, wanted: dict[str, Any], timeout_ms: int) -> None:
            raise problem

    @contextlib.contextmanager
    def admin(settings: Settings, deadline: float) -> Iterator[Admin]:
        yield Refusing(3, [])

    monkeypatch.setattr(topic, "admin", admin)
    with pytest.raises(PipelineError, match=words) as caught:
        topic.ensure(SETTINGS, time.monotonic() + 5)
    assert caught.value.code == code
