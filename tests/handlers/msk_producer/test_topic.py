"""What the brokers' description of the topic means."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from kafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidReplicationFactorError,
    InvalidTopicError,
    KafkaConnectionError,
    KafkaTimeoutError,
    RequestTimedOutError,
    SaslAuthenticationFailedError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)

from handlers.msk_producer import topic
from handlers.msk_producer.settings import Settings
from handlers.msk_producer.tokens import NoTokenError
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


class Creating(Admin):
    """There is no such topic; making it fails of `problem`, and is carried out where it `counts`.

    Each partition then has the leader that `leaders` says.
    """

    def __init__(self, problem: Exception | None, counts: bool, leaders: list[int]) -> None:
        super().__init__(3, [])
        self.problem, self.counts, self.new_leaders = problem, counts, leaders

    def create_topics(self, wanted: dict[str, Any], timeout_ms: int) -> None:
        if self.counts:
            self.error_code, self.leaders = 0, self.new_leaders
        if self.problem is not None:
            raise self.problem


def asking(monkeypatch: pytest.MonkeyPatch, client: Admin) -> None:
    """Makes every admin client this one."""

    @contextlib.contextmanager
    def admin(settings: Settings, deadline: float) -> Iterator[Admin]:
        yield client

    monkeypatch.setattr(topic, "admin", admin)


@pytest.mark.parametrize(
    ("error_code", "leaders", "code", "names"),
    [
        (3, [], "E_TOPIC_MISSING", "there is no topic acme-telemetry in the cluster"),
        (29, [], "E_TOPIC_DENIED", "DescribeTopic"),
        (0, [1, -1, 1], "E_KAFKA_UNREACHABLE", "a partition of acme-telemetry has no leader"),
        (5, [], "E_KAFKA_UNREACHABLE", "a partition of acme-telemetry has no leader"),
        (17, [], "E_TOPIC_NAME", "differs from every other topic's"),
        (-1, [], "E_KAFKA_REFUSED", "UnknownError"),
    ],
)
def test_a_topic_that_cannot_be_described_is_named(
    monkeypatch: pytest.MonkeyPatch, error_code: int, leaders: list[int], code: str, names: str
) -> None:
    asking(monkeypatch, Admin(error_code, leaders))
    with pytest.raises(PipelineError, match=names) as caught:
        topic.describe(SETTINGS, time.monotonic() + 5)
    assert caught.value.code == code


SECRET = "example-of-a-secret-that-stays-secret"


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (InvalidTopicError(), "E_TOPIC_NAME", "a name that differs .* by more than . and _"),
        (TopicAuthorizationFailedError(), "E_TOPIC_MISSING", "grant kafka-cluster:CreateTopic"),
        (ClusterAuthorizationFailedError(), "E_TOPIC_MISSING", "grant kafka-cluster:CreateTopic"),
        (InvalidReplicationFactorError(), "E_TOPIC_MISSING", "cannot be made"),
        (SaslAuthenticationFailedError(), "E_KAFKA_DENIED", "kafka-cluster:Connect"),
        (RuntimeError(SECRET), "E_KAFKA_CLIENT", "RuntimeError"),
        (NoTokenError("RuntimeError"), "E_AWS_NO_CREDENTIALS", "RuntimeError"),
    ],
)
def test_a_topic_that_cannot_be_made_is_named(
    monkeypatch: pytest.MonkeyPatch, problem: Exception, code: str, words: str
) -> None:
    asking(monkeypatch, Creating(problem, counts=False, leaders=[]))
    with pytest.raises(PipelineError, match=words) as caught:
        topic.in_time(topic.ensure, SETTINGS, time.monotonic() + 5)
    assert caught.value.code == code
    assert SECRET not in str(caught.value)


UNANSWERED = [
    KafkaTimeoutError("Timed out after 5000 ms"),
    KafkaConnectionError("socket disconnected"),
    RequestTimedOutError(),
    TimeoutError(),
]


@pytest.mark.parametrize(
    ("problem", "created"),
    [(None, True), (TopicAlreadyExistsError(), False), *((one, False) for one in UNANSWERED)],
)
def test_a_topic_that_was_made_after_all_is_found(
    monkeypatch: pytest.MonkeyPatch, problem: Exception | None, created: bool
) -> None:
    asking(monkeypatch, Creating(problem, counts=True, leaders=[1, 1, 1]))
    made = topic.ensure(SETTINGS, time.monotonic() + 5)
    assert made == {"topic": "acme-telemetry", "created": created, "partitions": 3}


@pytest.mark.parametrize("problem", UNANSWERED)
def test_a_topic_whose_making_got_no_answer_is_not_said_to_be_forbidden(
    monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    asking(monkeypatch, Creating(problem, counts=False, leaders=[]))
    with pytest.raises(PipelineError, match="acme-telemetry does not appear") as caught:
        topic.in_time(topic.ensure, SETTINGS, time.monotonic() + 0.8)
    assert caught.value.code == "E_KAFKA_UNREACHABLE"


class Going(Creating):
    """The topic is there, without leaders, and gone at the second look."""

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        described = super().describe_topics(names)
        self.error_code, self.leaders = (3, []) if self.leaders == [-1] else (0, self.leaders)
        return described


def test_a_topic_that_goes_while_it_is_waited_for_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Going(None, counts=True, leaders=[1, 1, 1])
    client.error_code, client.leaders = 0, [-1]
    asking(monkeypatch, client)
    made = topic.ensure(SETTINGS, time.monotonic() + 2)
    assert made == {"topic": "acme-telemetry", "created": True, "partitions": 3}


def test_a_partition_without_a_leader_is_named_before_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking(monkeypatch, Admin(0, [1, -1, 1]))
    deadline = time.monotonic() + 0.8
    with pytest.raises(PipelineError, match="a partition of acme-telemetry has no leader"):
        topic.in_time(topic.ensure, SETTINGS, deadline)
    assert time.monotonic() < deadline


def test_a_partition_without_a_leader_does_not_eat_a_long_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(topic, "CREATE_SECONDS", 0.3)
    asking(monkeypatch, Creating(TopicAlreadyExistsError(), counts=True, leaders=[1, -1]))
    began = time.monotonic()
    with pytest.raises(PipelineError, match="a partition of acme-telemetry has no leader"):
        topic.ensure(SETTINGS, began + 3)
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("task", [topic.ensure, topic.describe])
@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (RuntimeError(SECRET), "E_KAFKA_CLIENT"),
        (NoTokenError("RuntimeError"), "E_AWS_NO_CREDENTIALS"),
        (SaslAuthenticationFailedError(), "E_KAFKA_DENIED"),
        (KafkaTimeoutError(), "E_KAFKA_UNREACHABLE"),
    ],
)
def test_a_question_that_fails_is_told_by_what_it_fails_of(
    monkeypatch: pytest.MonkeyPatch, task: Any, problem: Exception, code: str
) -> None:
    class Failing(Admin):
        def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
            raise problem

    asking(monkeypatch, Failing(0, []))
    with pytest.raises(PipelineError) as caught:
        topic.in_time(task, SETTINGS, time.monotonic() + 2)
    assert caught.value.code == code
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_offsets_that_cannot_be_asked_for_are_told_without_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing(Admin):
        def list_partition_offsets(self, places: Any) -> None:
            raise RuntimeError(SECRET)

    asking(monkeypatch, Failing(0, [1]))
    with pytest.raises(PipelineError, match=r"E_KAFKA_CLIENT.*RuntimeError") as caught:
        topic.describe(SETTINGS, time.monotonic() + 2)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
