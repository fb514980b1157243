"""One call from payload to reply: ledger, batches, account, and what a retry does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.contract.batch import unpack
from handlers.runtime.errors import PipelineError
from tests.handlers.fakes import FakeLambda
from tests.handlers.references import small_document
from tests.handlers.telemetry_generator.stage import (
    TICK,
    Stage,
    account,
    acked,
    of_batch,
    unresolved,
)


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
    assert reply["reference"]["age_seconds"] == 3 * 3600 + 362  # since the document was made
    assert stage.log.getvalue().count('"ReferenceAgeSeconds":') == 1
    assert [record["status"] for record in stage.ledger().values()] == [
        "open", "unresolved", "open", "complete", "open",
    ]  # fmt: skip


def test_a_retry_after_midnight_finds_its_run() -> None:
    stage = Stage(now=datetime(2025, 8, 11, 23, 59, 59, tzinfo=UTC))
    one = stage.call({"test": True})
    stage.now += timedelta(minutes=2)
    two = stage.call({"test": True})
    assert one["window"] == two["window"] and one["run_id"] == two["run_id"]
    assert stage.sent()[:100] == stage.sent()[100:]


@pytest.mark.parametrize("payload", [{"test": True}, {"batch_size": 70, "profile": "launch"}])
def test_two_attempts_at_once_make_the_same_bytes(payload: dict[str, Any]) -> None:
    stage = Stage()
    replies: list[dict[str, Any]] = []

    def load(event: dict[str, Any]) -> Any:
        """Another attempt begins and ends while the first waits for the data loader."""
        loaded = stage.load(event)
        if stage.loads == 1:
            stage.now += timedelta(seconds=9)
            replies.append(stage.call(payload))
        return loaded

    stage.functions = FakeLambda({"P": stage.produce, "L": load})
    stage.source = stage.new_source()
    replies.append(stage.call(payload))
    assert replies[0]["run_id"] == replies[1]["run_id"]
    assert replies[0]["window"] == replies[1]["window"]
    half = len(stage.sent()) // 2
    assert stage.sent()[:half] == stage.sent()[half:]


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
        (account(batch_id="0123456789abcdef/00000000"), "E_CALL_REPLY"),
        (account(batch_id=None), "E_CALL_REPLY"),
        (account(acked=8, unresolved=[10, 3]), "E_CALL_REPLY"),
        (account(acked=8, unresolved=[3, 3]), "E_CALL_REPLY"),
        ({}, "E_CALL_REPLY"),
        ([], "E_CALL_REPLY"),
    ],
)  # fmt: skip
def test_no_reply_but_a_whole_account_is_believed(reply: Any, cause: str) -> None:
    stage = Stage()
    stage.producer = lambda event: of_batch(event, reply)
    with pytest.raises(PipelineError, match=f"10 of 10 events .*{cause}"):
        stage.call({"batch_size": 10})


@pytest.mark.parametrize(
    "reply",
    [
        {"error": {"code": "E_KAFKA_DENIED", "message": "the broker denies WriteData; fix: grant"}},
        {
            **account(acked=0, received=100, unresolved=list(range(100))),
            "error": {"code": "E_KAFKA_DENIED", "message": "the broker denies WriteData; fix: g"},
        },
    ],
    ids=["refused", "unresolved"],
)
def test_why_events_are_unresolved_is_said_in_full(reply: dict[str, Any]) -> None:
    stage = Stage(producer=lambda event: of_batch(event, reply))
    with pytest.raises(PipelineError, match="E_KAFKA_DENIED: the broker denies WriteData; fix: g"):
        stage.call({"test": True, "batch_size": 100})


def test_a_call_that_cannot_end_in_time_is_not_made() -> None:
    stage = Stage()
    with pytest.raises(PipelineError, match="E_RUN_DEADLINE"):
        stage.call({"batch_size": 10}, seconds=60)
    assert stage.sent() == []


def test_nothing_personal_is_logged() -> None:
    stage = Stage()
    stage.call({"test": True})
    assert "CUST_" not in stage.log.getvalue() and "TITLE_" not in stage.log.getvalue()


WINDOW = {"start": "2025-08-11T02:55:00.000Z", "end": "2025-08-11T03:00:00.000Z"}
UNUSABLE: list[dict[str, Any]] = [
    {"run_id": "f" * 16},
    {"surplus": 1},
    {"references": []},
    {"references": [{}]},
    {"window": {}},
    {"window": {**WINDOW, "start": WINDOW["end"]}},
    {"window": {"start": WINDOW["end"], "end": WINDOW["start"]}},
    {"window": {**WINDOW, "start": "2015-08-11T02:55:00.000Z"}},
    {"window": {**WINDOW, "start": "then"}},
    {"started_at": None},
]


@pytest.mark.parametrize(
    ("payload", "change"),
    [
        *((payload, change) for payload in (TICK, {"test": True}) for change in UNUSABLE),
        (TICK, {"window": {**WINDOW, "start": "2025-08-11T02:56:00.000Z"}}),
    ],
)
def test_an_unusable_ledger_stops_the_run(payload: dict[str, Any], change: dict[str, Any]) -> None:
    stage = Stage()
    stage.call(payload)
    for key, record in stage.ledger().items():
        if key.endswith("opened.json") or key.startswith("ledger/first/"):
            stage.s3.objects[key] = json.dumps({**record, **change}).encode()
    stage.now += timedelta(seconds=9)
    sent = len(stage.sent())
    with pytest.raises(PipelineError, match="E_LEDGER"):
        stage.call(payload)
    assert len(stage.sent()) == sent
