"""What the producer refuses is kept before anybody says so, and a retry adds nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from handlers.contract import quarantine
from handlers.contract.quarantine import Record
from handlers.runtime.errors import PipelineError
from tests.handlers.telemetry_generator.stage import Stage, acked

REFUSED = [
    {"index": 1, "reason": "E_REC_SIZE", "detail": "the broker finds it too large"},
    {"index": 3, "reason": "E_REC_COLUMN", "detail": "isp is missing"},
]
LARGE = {"start": "2025-08-10T20:00:00Z", "end": "2025-08-11T02:00:00Z", "batch_size": 10_050}


def refusing(event: dict[str, Any]) -> dict[str, Any]:
    account = acked(event)
    return {**account, "acked": account["received"] - 2, "rejected": REFUSED}


def kept(stage: Stage) -> dict[str, list[Record]]:
    return {
        key: quarantine.decode(body)
        for key, body in sorted(stage.s3.objects.items())
        if key.startswith(quarantine.PREFIX)
    }


def test_the_original_bytes_are_kept_with_reason_and_place() -> None:
    stage = Stage(producer=refusing)
    reply = stage.call({"batch_size": 10})
    assert (reply["acked"], reply["rejected"]) == (8, 2)
    ((key, (one, two)),) = kept(stage).items()
    assert key.startswith(f"quarantine/day=2025-08-11/producer-{reply['run_id']}-00000001-")
    assert (one.content, two.content) == (stage.sent()[1], stage.sent()[3])
    assert two.as_row() | {"content": "", "content_bytes": 0} == {
        "quarantine_id": f"{reply['run_id']}-00000003",
        "stage": "producer",
        "reason": "E_REC_COLUMN",
        "detail": "isp is missing",
        "occurred_at": "2025-08-11T03:00:02.000Z",
        "run_id": reply["run_id"],
        "event_index": 3,
        "topic": "t",
        "topic_partition": None,
        "topic_offset": None,
        "object_key": None,
        "object_line": None,
        "schema_version": 1,
        "content_bytes": 0,
        "content": "",
    }


def test_it_is_stored_before_the_run_is_closed() -> None:
    stage = Stage(producer=refusing)
    stage.call({"batch_size": 10})
    puts = [key for key in stage.s3.puts if key.startswith(("quarantine/", "ledger/"))]
    # what the run's attempts make, opening, refused events, closing
    assert [key.partition("/")[0] for key in puts] == ["ledger", "ledger", "quarantine", "ledger"]


def test_each_batch_has_its_object_and_counts_from_the_run_s_begin() -> None:
    stage = Stage(producer=refusing)
    stage.call(LARGE)
    indices = [[one.event_index for one in records] for records in kept(stage).values()]
    assert indices == [[1, 3], [10_001, 10_003]]
    sent = [json.loads(line)["event_id"] for line in stage.sent()]
    for records in kept(stage).values():
        for one in records:
            named = json.loads(one.content)["event_id"]
            assert named == one.quarantine_id == sent[one.event_index or 0]


def test_a_retry_days_later_writes_the_same_objects() -> None:
    stage = Stage(producer=refusing)
    stage.call(LARGE)
    first = {key: stage.s3.objects[key] for key in kept(stage)}
    stage.now += timedelta(days=2)
    stage.call(LARGE, request_id="r-2")
    assert {key: stage.s3.objects[key] for key in kept(stage)} == first


def test_another_refusal_replaces_nothing() -> None:
    stage = Stage(producer=refusing)
    stage.call(LARGE)
    before = set(kept(stage))
    stage.producer = lambda event: {
        **acked(event), "acked": acked(event)["received"] - 1, "rejected": REFUSED[:1],
    }  # fmt: skip
    stage.now += timedelta(minutes=1)
    stage.call(LARGE, request_id="r-2")
    assert before < set(kept(stage))


def test_what_cannot_be_kept_is_not_called_refused() -> None:
    stage = Stage(producer=refusing)
    stage.s3.denied = ("quarantine/",)
    with pytest.raises(PipelineError, match=r"10 of 10 events .*E_S3_DENIED"):
        stage.call({"batch_size": 10})
    closed = next(value for key, value in stage.ledger().items() if key.endswith("closed.json"))
    assert (closed["acked"], closed["rejected"], closed["unresolved"]) == (0, 0, 10)
