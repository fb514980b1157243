"""What stops a delivery is said by its code, and when it is over nothing is lost or doubled."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ReadTimeoutError
from kafka import TopicPartition
from kafka.admin import NewTopic

from local.delivery import account, source
from local.delivery.worker import Worker
from local.settings import Laptop
from tests.conftest import wait_for
from tests.delivery.pipeline import Pipeline, Stream, events

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("here")]
BUSY = ClientError(
    {
        "Error": {"Code": "SlowDown", "Message": "Please reduce your request rate."},
        "ResponseMetadata": {"HTTPStatusCode": 503},  # type: ignore[typeddict-item]
    },
    "PutObject",
)
SLOW = ReadTimeoutError(endpoint_url="http://127.0.0.1")
READ = "kafka-cluster:ReadData"
DESCRIBE = "kafka-cluster:DescribeTopic"
CONNECT = "kafka-cluster:Connect"


def _no_bucket(stream: Stream, store: dict[str, Any]) -> Callable[[], None]:
    stream.pipeline.aws.client("s3").delete_bucket(Bucket=stream.name)
    return lambda: stream.pipeline.bucket(stream.name)


def _no_right(stream: Stream, store: dict[str, Any]) -> Callable[[], None]:
    stream.rights("s3:PutObject")
    return stream.rights


def _raises(error: Exception, when: str = "error") -> Callable[..., Callable[[], None]]:
    def inject(stream: Stream, store: dict[str, Any]) -> Callable[[], None]:
        store[when] = error
        return lambda: store.update({when: None})

    return inject


@pytest.mark.parametrize(
    ("inject", "code", "log_code"),
    [
        pytest.param(_raises(BUSY), "E_STORE_FAILED", "S3.SlowDown", id="503"),
        pytest.param(_raises(SLOW), "E_STORE_UNREACHABLE", "S3.Unreachable", id="time-out"),
        pytest.param(
            _raises(SLOW, "after"), "E_STORE_UNREACHABLE", "S3.Unreachable", id="reply-lost"
        ),
        pytest.param(_no_right, "E_STORE_DENIED", "S3.AccessDenied", id="denied"),
        pytest.param(_no_bucket, "E_STORE_MISSING", "S3.NoSuchBucket", id="no-bucket"),
    ],
)
def test_while_nothing_can_be_stored_the_lag_grows_and_no_offset_moves(
    pipeline: Pipeline,
    store: dict[str, Any],
    inject: Callable[..., Callable[[], None]],
    code: str,
    log_code: str,
) -> None:
    stream = pipeline.stream()
    heal = inject(stream, store)
    stream.send(events(30))
    stream.expect_failing(code)
    wait_for(lambda: stream.status()["lag"] == 30)
    stream.send(events(60, start=30))
    wait_for(lambda: stream.status()["lag"] == 90)
    assert stream.noted() == {0: 0, 1: 0, 2: 0}
    said = stream.status()
    assert said["records"] == said["objects"] == 0 and said["refused_objects"] > 1
    (event,) = stream.logged()
    assert event["errorCode"] == log_code
    assert event["message"].startswith(f"{code}: ")
    heal()
    stream.expect_healed(events(90))
    assert stream.noted() == {0: 30, 1: 30, 2: 30}


def test_keys_that_are_not_taken_any_more_are_renewed(pipeline: Pipeline, here: Worker) -> None:
    stream = pipeline.stream()
    stream.send(events(9))
    wait_for(lambda: stream.status().get("records") == 9, 20)
    bucket = here._deliveries[stream.name]._objects._bucket
    assert bucket is not None and bucket.keys._held is not None
    ended = Credentials("ASIAENDEDENDEDENDED0", "x" * 40, "y" * 100)
    bucket.keys._held = account._Held(ended, time.time() + 3600)
    stream.send(events(9, start=9))
    wait_for(lambda: stream.status()["refused_objects"] > 0)
    stream.expect_healed(events(18))


@pytest.mark.parametrize("action", [DESCRIBE, READ])
def test_a_topic_that_may_not_be_read_is_waited_for(pipeline: Pipeline, action: str) -> None:
    stream = pipeline.stream()
    stream.send(events(30))
    wait_for(lambda: stream.status().get("records") == 30, 20)
    stream.rights(action)
    assert stream.role in stream.expect_failing("E_TOPIC_DENIED")
    stream.send(events(30, start=30))
    assert stream.noted() == {0: 10, 1: 10, 2: 10}
    stream.rights()
    stream.expect_healed(events(60))
    assert [one["errorCode"] for one in stream.logged()] == ["Kafka.TopicDenied"]


def test_a_role_that_is_not_let_in_is_named(pipeline: Pipeline) -> None:
    stream = pipeline.stream(without=CONNECT)
    stream.send(events(3))
    assert CONNECT in stream.expect_failing("E_KAFKA_DENIED")
    stream.rights()
    stream.expect_healed(events(3))


def test_a_role_that_is_not_let_in_any_more_is_named(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[Any] = []
    connect = source.Source._connect

    def kept(self: source.Source, laptop: Laptop, keys: account.RoleKeys) -> Any:
        readers.append(connect(self, laptop, keys))
        return readers[-1]

    monkeypatch.setattr(source.Source, "_connect", kept)
    stream = pipeline.stream()
    stream.send(events(3))
    wait_for(lambda: stream.status().get("records") == 3, 20)
    stream.rights(CONNECT)
    for connection in list(readers[-1]._manager._conns.values()):
        connection.close()  # as at the end of its session
    stream.send(events(3, start=3))
    stream.expect_failing("E_KAFKA_DENIED")
    stream.rights()
    stream.expect_healed(events(6))


def test_a_topic_that_goes_takes_nothing_along_that_was_read(
    pipeline: Pipeline, here: Worker
) -> None:
    stream = pipeline.stream(seconds=300)
    stream.send(events(30))
    wait_for(lambda: stream.status().get("buffered") == 30, 20)
    assert stream.objects() == []
    with pipeline.admin() as admin:
        admin.delete_topics([stream.name])
    stream.expect_failing("E_TOPIC_MISSING")
    wait_for(lambda: stream.status()["records"] == 30)
    assert sorted(stream.lines()) == sorted(events(30))
    assert stream.status()["lag"] is None
    with pipeline.admin() as admin:
        admin.create_topics([NewTopic(name=stream.name, num_partitions=2, replication_factor=1)])
    stream.send(events(20, start=30), partition=1)
    wait_for(lambda: stream.status()["buffered"] == 20, 20)
    here._deliveries[stream.name].end(flush=True)
    wait_for(lambda: len(stream.lines()) == 50)
    assert sorted(stream.lines()) == sorted(events(50))
    assert [one["errorCode"] for one in stream.logged()] == ["Kafka.TopicMissing"]


def test_a_topic_that_goes_with_records_that_were_not_read_is_told(
    pipeline: Pipeline, store: dict[str, Any]
) -> None:
    stream = pipeline.stream()
    store["error"] = BUSY
    stream.send(events(10), partition=0)
    stream.expect_failing("E_STORE_FAILED")
    stream.send(events(30, start=10), partition=0)
    wait_for(lambda: stream.status()["kafka_offset_lag"] == 30)
    with pipeline.admin() as admin:
        admin.delete_topics([stream.name])
    wait_for(lambda: "Kafka.TopicMissing" in str(stream.logged()), 20)
    store["error"] = None
    wait_for(lambda: stream.status()["expired"] == 30, 20)
    assert stream.lines() == events(10)


def test_a_topic_made_anew_is_read_from_its_start(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    stream.send(events(30), partition=0)
    wait_for(lambda: stream.status().get("records") == 30, 20)
    with pipeline.admin() as admin:
        admin.delete_topics([stream.name])
        wait_for(lambda: stream.name not in admin.list_topics())
        admin.create_topics([NewTopic(name=stream.name, num_partitions=1, replication_factor=1)])
    stream.send(events(50, start=30), partition=0)  # more than the old one had
    # Until the new topic is seen as one, what follows the old one's offsets may be read of it.
    stream.expect_healed(events(80), copies=2)


def test_partitions_that_are_added_are_read(pipeline: Pipeline) -> None:
    stream = pipeline.stream()
    stream.send(events(30))
    wait_for(lambda: stream.status().get("records") == 30, 20)
    with pipeline.admin() as admin:
        admin.create_partitions({stream.name: 4})
    stream.send(events(10, start=30), partition=3)
    wait_for(lambda: stream.status()["records"] == 40, 20)
    stream.expect_healed(events(40))


def test_records_that_expire_while_nothing_is_stored_are_counted(
    pipeline: Pipeline, store: dict[str, Any]
) -> None:
    stream = pipeline.stream()
    store["error"] = BUSY
    stream.send(events(10), partition=0)
    stream.expect_failing("E_STORE_FAILED")
    stream.send(events(30, start=10), partition=0)
    with pipeline.admin() as admin:
        admin.delete_records({TopicPartition(stream.name, 0): 25})
    store["error"] = None
    wait_for(lambda: stream.status()["expired"] == 15, 20)
    stream.expect_healed(events(10) + events(15, start=25))


def test_an_error_that_nobody_thought_of_is_told_and_survived(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = pipeline.stream()
    stream.send(events(9))
    wait_for(lambda: stream.status().get("records") == 9, 20)
    with monkeypatch.context() as patched:
        patched.setattr(source.Source, "poll", lambda *_: 1 / 0)
        assert "ZeroDivisionError" in stream.expect_failing("E_DELIVERY_UNEXPECTED")
        stream.send(events(9, start=9))
    stream.expect_healed(events(18))


def test_cloudwatch_sees_a_delivery_stop_and_go_on(
    pipeline: Pipeline, store: dict[str, Any]
) -> None:
    stream = pipeline.stream()
    store["error"] = BUSY
    stream.send(events(30), partition=0)
    stream.expect_failing("E_STORE_FAILED")
    stream.send(events(60, start=30), partition=0)

    def figures(name: str, statistic: str) -> list[float]:
        found = pipeline.aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName=name,
            Dimensions=[{"Name": "DeliveryStreamName", "Value": stream.name}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=[statistic],
        )
        return [float(one[statistic]) for one in found["Datapoints"]]

    wait_for(lambda: figures("KafkaOffsetLag", "Maximum") == [60.0])
    wait_for(lambda: figures("DeliveryToS3.DataFreshness", "Maximum") > [2.0])
    assert figures("DeliveryToS3.Success", "Maximum") == [0.0]
    assert figures("DataReadFromSource.Backpressured", "Maximum") == [1.0]
    assert figures("DeliveryToS3.Records", "Sum") == []
    store["error"] = None
    stream.expect_healed(events(90))
    wait_for(lambda: figures("DeliveryToS3.Records", "Sum") == [90.0])
    size = float(len(b"\n".join(events(90))) + 1)
    assert figures("DeliveryToS3.Bytes", "Sum") == [size]
    # of the attempts between two reports the last refused ones may be a part
    assert [0.0 < share <= 1.0 for share in figures("DeliveryToS3.Success", "Maximum")] == [True]
    assert figures("DataReadFromSource.Records", "Sum") == [90.0]
    assert figures("DataReadFromSource.Bytes", "Sum") == [size - 90]
    assert figures("KafkaOffsetLag", "Minimum") == [0.0]
