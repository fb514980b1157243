"""One call from payload to reply: reference, ledger, batches, account, and what a retry does."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.contract.batch import unpack
from handlers.contract.reference_document import POINTER_KEY, Document, document_key
from handlers.data_loader.cache import Cache
from handlers.runtime.errors import Kind, PipelineError
from handlers.runtime.invocation import Invocation
from handlers.runtime.logs import Log
from handlers.runtime.metrics import Metrics
from handlers.runtime.objects import Bucket
from handlers.telemetry_generator.calls import Function
from handlers.telemetry_generator.generator import Generator
from handlers.telemetry_generator.ledger import Ledger
from handlers.telemetry_generator.sender import Sender
from handlers.telemetry_generator.source import Source
from tests.handlers.fakes import FakeContext, FakeLambda, FakeS3, ServiceError
from tests.handlers.references import small_document

NOW = datetime(2025, 8, 11, 3, 0, 2, tzinfo=UTC)
TICK = {"scheduled_at": "2025-08-11T03:00:00Z"}


def acked(event: dict[str, Any]) -> dict[str, Any]:
    count = len(unpack(event["lines"], 1 << 26))
    return {"batch_id": event["batch_id"], "topic": "t", "received": count, "acked": count,
            "rejected": [], "unresolved": []}  # fmt: skip


def unresolved(event: dict[str, Any]) -> dict[str, Any]:
    account = acked(event)
    return {**account, "acked": 0, "unresolved": list(range(account["received"]))}


def account(**changes: Any) -> dict[str, Any]:
    whole = {"batch_id": "b", "topic": "t", "received": 10, "acked": 10, "rejected": [],
             "unresolved": []}  # fmt: skip
    return {**whole, **changes}


@dataclass
class Stage:
    """Everything around the generator, faked; `now` may be moved."""

    now: datetime = NOW
    s3: FakeS3 = field(default_factory=FakeS3)
    producer: Callable[[dict[str, Any]], Any] = acked
    document: Document = field(default_factory=small_document)
    log: io.StringIO = field(default_factory=io.StringIO)
    loads: int = 0

    def __post_init__(self) -> None:
        self.functions = FakeLambda({"P": self.produce, "L": self.load})
        self.source = self.new_source()

    def produce(self, event: dict[str, Any]) -> Any:
        return self.producer(event)

    def load(self, event: dict[str, Any]) -> Any:
        self.loads += 1
        self.publish(self.document)
        return {"statusCode": 200, "body": "{}"}

    def publish(self, document: Document) -> None:
        Cache(self.bucket, Log(stream=io.StringIO())).publish(document, "tenure", self.now, 60)

    @property
    def bucket(self) -> Bucket:
        return Bucket(self.s3, "data")

    def new_source(self) -> Source:
        return Source(self.bucket, Function(self.functions, "L"), Log(stream=self.log))

    def call(self, event: object, request_id: str = "r-1", seconds: float = 300) -> dict[str, Any]:
        log = Log(stream=self.log)
        generator = Generator(
            source=self.source,
            ledger=Ledger(self.bucket),
            sender=Sender(Function(self.functions, "P"), 65, log),
            metrics=Metrics("N", "generator", self.log),
            log=log,
            seed=3,
            profile="steady",
            clock=lambda: self.now,
        )
        return generator.answer(event, Invocation.of(FakeContext(request_id, seconds)))

    def sent(self) -> list[bytes]:
        batches = [event for name, event in self.functions.calls if name == "P"]
        batches.sort(key=lambda event: str(event["batch_id"]))
        return [line for event in batches for line in unpack(event["lines"], 1 << 26)]

    def ledger(self) -> dict[str, dict[str, Any]]:
        return {
            key: json.loads(body)
            for key, body in sorted(self.s3.objects.items())
            if key.startswith("ledger/")
        }


def test_a_tick_is_made_sent_and_kept_in_the_ledger() -> None:
    stage = Stage()
    reply = stage.call(TICK)
    assert 1000 <= reply["generated"] <= 3000
    assert (reply["acked"], reply["rejected"], reply["unresolved"]) == (reply["generated"], 0, 0)
    assert reply["window"] == {
        "start": "2025-08-11T02:55:00.000Z",
        "end": "2025-08-11T03:00:00.000Z",
    }
    assert reply["reference"] == {
        "source": "data_loader", "version": stage.document.version, "age_seconds": 0.0,
    }  # fmt: skip
    assert reply["using_real_data"] is True
    assert len(stage.sent()) == reply["generated"]
    opened, closed = sorted(stage.ledger(), reverse=True)
    folder = f"ledger/year=2025/month=08/day=11/{reply['run_id']}/20250811T030002000Z-r-1"
    assert (opened, closed) == (f"{folder}-opened.json", f"{folder}-closed.json")
    record = stage.ledger()[closed]
    assert record["status"] == "complete" and record["acked"] == record["generated"]
    assert stage.ledger()[opened]["status"] == "open"


def test_the_ledger_is_opened_before_the_first_send() -> None:
    stage = Stage()
    keys: list[str] = []

    def look(event: dict[str, Any]) -> dict[str, Any]:
        keys.extend(stage.ledger())
        return acked(event)

    stage.producer = look
    stage.call(TICK)
    assert [key.rpartition("-")[2] for key in keys] == ["opened.json"]


def test_reference_data_come_from_memory_cache_or_loader() -> None:
    stage = Stage()
    sources = [stage.call(TICK)["reference"]["source"] for _ in range(2)]
    stage.source = stage.new_source()
    stage.now += timedelta(seconds=30)
    reference = stage.call(TICK)["reference"]
    assert [*sources, reference["source"]] == ["data_loader", "memory", "cache"]
    assert stage.loads == 1


def test_a_stale_cache_is_refreshed_and_never_used() -> None:
    stage = Stage()
    stage.call(TICK)
    stage.now += timedelta(minutes=60)
    assert stage.call({"scheduled_at": "2025-08-11T04:00:00Z"})["reference"] == {
        "source": "data_loader", "version": stage.document.version, "age_seconds": 0.0,
    }  # fmt: skip
    assert stage.loads == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s3, key: s3.objects.update({POINTER_KEY: b"{"}),
        lambda s3, key: s3.objects.update({POINTER_KEY: b"{}"}),
        lambda s3, key: s3.objects.update({POINTER_KEY: s3.objects[POINTER_KEY][:-40]}),
        lambda s3, key: s3.objects.update({key: s3.objects[key][:-9]}),
        lambda s3, key: s3.objects.update({key: b""}),
        lambda s3, key: s3.objects.update({key: small_document(salt="x").encode()}),
        lambda s3, key: s3.objects.pop(key),
    ],
)
def test_a_spoilt_cache_is_loaded_again(spoil: Callable[[FakeS3, str], object]) -> None:
    stage = Stage()
    stage.publish(stage.document)
    spoil(stage.s3, document_key(stage.document.version))
    reply = stage.call(TICK)
    assert stage.loads == 1 and reply["reference"]["source"] == "data_loader"
    assert '"level":"WARNING"' in stage.log.getvalue()


@pytest.mark.parametrize(
    ("answer", "code", "kind"),
    [
        ({"statusCode": 422, "body": '{"error":{"code":"E_REF_TABLE","message":"x"}}'},
         "E_REF_TABLE", Kind.DATA),
        ({"statusCode": 403, "body": '{"error":{"code":"E_GLUE_DENIED","message":"x"}}'},
         "E_GLUE_DENIED", Kind.DENIED),
        ({"statusCode": 500, "body": "?"}, "E_REF_UNAVAILABLE", Kind.DEPENDENCY),
        ({"errorMessage": "E_QUERY_TIMEOUT: late"}, "E_CALL_FAILED", Kind.DEPENDENCY),
        ({"statusCode": 200, "body": "{}"}, "E_REF_UNAVAILABLE", Kind.DEPENDENCY),
        ("text", "E_CALL_REPLY", Kind.DEPENDENCY),
    ],
)  # fmt: skip
def test_without_reference_data_there_are_no_events(answer: Any, code: str, kind: Kind) -> None:
    stage = Stage()
    stage.functions.functions = {"P": acked, "L": lambda event: answer}
    with pytest.raises(PipelineError) as caught:
        stage.call(TICK)
    assert (caught.value.code, caught.value.kind) == (code, kind)
    assert stage.sent() == [] and stage.ledger() == {}


def test_a_denied_data_loader_is_named() -> None:
    stage = Stage()

    def deny(event: Any) -> Any:
        raise ServiceError("AccessDeniedException", 403)

    stage.functions.functions = {"P": acked, "L": deny}
    with pytest.raises(PipelineError, match=r"E_CALL_DENIED: function L .*lambda:InvokeFunction"):
        stage.call(TICK)


def test_a_retry_makes_the_same_bytes_from_the_versions_of_the_ledger() -> None:
    stage = Stage()
    stage.producer = unresolved
    with pytest.raises(PipelineError, match="E_RUN_UNRESOLVED") as caught:
        stage.call({"test": True, "batch_size": 200})
    assert caught.value.kind.retried
    first = stage.sent()
    stage.functions.calls.clear()
    stage.document = small_document(salt="new")
    stage.now += timedelta(minutes=3)
    stage.publish(stage.document)
    stage.now += timedelta(minutes=3)
    stage.producer = acked
    stage.source = stage.new_source()
    reply = stage.call({"test": True, "batch_size": 200})
    assert stage.sent() == first
    assert reply["reference"]["version"] != stage.document.version
    assert [record["status"] for record in stage.ledger().values()] == [
        "unresolved", "open", "complete", "open",
    ]  # fmt: skip


def test_a_retry_after_midnight_finds_its_run() -> None:
    stage = Stage(now=datetime(2025, 8, 11, 23, 59, 59, tzinfo=UTC))
    one = stage.call({"test": True})
    stage.now += timedelta(minutes=2)
    two = stage.call({"test": True})
    assert one["window"] == two["window"] and one["run_id"] == two["run_id"]
    assert stage.sent()[:100] == stage.sent()[100:]


def test_a_new_call_is_a_new_run() -> None:
    stage = Stage()
    one, two = (stage.call({"test": True}, request_id=name) for name in ("a", "b"))
    assert one["run_id"] != two["run_id"] and len(set(stage.sent())) == 200


def test_a_large_run_goes_in_batches_and_loses_nothing() -> None:
    stage = Stage()
    window = {"start": "2025-08-10T20:00:00Z", "end": "2025-08-11T02:00:00Z"}
    reply = stage.call({**window, "batch_size": 25_003})
    sizes = sorted(len(unpack(e["lines"], 1 << 26)) for n, e in stage.functions.calls if n == "P")
    assert sizes == [5_003, 10_000, 10_000]
    ids = [json.loads(line)["event_id"] for line in stage.sent()]
    assert ids == [f"{reply['run_id']}-{index:08d}" for index in range(25_003)]


def test_rejected_and_unresolved_events_are_counted_by_reason() -> None:
    stage = Stage()

    def some(event: dict[str, Any]) -> dict[str, Any]:
        rejected = [{"index": 1, "reason": "E_REC_SIZE", "detail": "x"}]
        return {**acked(event), "acked": 7, "rejected": rejected, "unresolved": [0, 5],
                "error": {"code": "E_KAFKA_UNREACHABLE", "message": "x"}}  # fmt: skip

    stage.producer = some
    with pytest.raises(PipelineError, match=r"2 of 10 events .*E_KAFKA_UNREACHABLE"):
        stage.call({"batch_size": 10})
    closed = next(value for key, value in stage.ledger().items() if key.endswith("closed.json"))
    assert closed["rejected_reasons"] == {"E_REC_SIZE": 1}
    assert (closed["generated"], closed["acked"], closed["rejected"], closed["unresolved"]) == (
        10, 7, 1, 2,
    )  # fmt: skip
    assert closed["error"] == "E_KAFKA_UNREACHABLE: 2"


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ({"errorMessage": "Task timed out"}, "E_CALL_FAILED"),
        ({"error": {"code": "E_CFG_TOPIC", "message": "x"}}, "E_CFG_TOPIC"),
        (account(received=9, acked=9), "E_CALL_REPLY"),
        (account(acked=9), "E_CALL_REPLY"),
        (account(acked=8, unresolved=[10, 3]), "E_CALL_REPLY"),
        (account(acked=8, unresolved=[3, 3]), "E_CALL_REPLY"),
        ({}, "E_CALL_REPLY"),
        ([], "E_CALL_REPLY"),
    ],
)  # fmt: skip
def test_no_reply_but_a_whole_account_is_believed(reply: Any, cause: str) -> None:
    stage = Stage()
    stage.producer = lambda event: reply
    with pytest.raises(PipelineError, match=f"10 of 10 events .*{cause}"):
        stage.call({"batch_size": 10})


def test_a_call_that_cannot_end_in_time_is_not_made() -> None:
    stage = Stage()
    with pytest.raises(PipelineError, match="E_RUN_DEADLINE"):
        stage.call({"batch_size": 10}, seconds=60)
    assert stage.sent() == []


def test_nothing_personal_is_logged() -> None:
    stage = Stage()
    stage.call({"test": True})
    assert "CUST_" not in stage.log.getvalue() and "TITLE_" not in stage.log.getvalue()


def test_an_unreadable_ledger_stops_the_run() -> None:
    stage = Stage()
    stage.call(TICK)
    key = next(key for key in stage.ledger() if key.endswith("opened.json"))
    stage.s3.objects[key] = b"{}"
    stage.now += timedelta(seconds=9)
    with pytest.raises(PipelineError, match="E_LEDGER"):
        stage.call(TICK)
