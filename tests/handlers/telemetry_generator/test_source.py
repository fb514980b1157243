"""Where a run's reference data come from, and that without them there are no events."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from handlers.contract.reference_document import POINTER_KEY, document_key
from handlers.runtime.errors import Kind, PipelineError
from tests.handlers.fakes import FakeS3, ServiceError
from tests.handlers.references import small_document
from tests.handlers.telemetry_generator.stage import TICK, Stage, acked

LONG = "x\n\x1b" * 30_000


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
        ({"statusCode": 500}, "E_REF_UNAVAILABLE", Kind.DEPENDENCY),
        ({"statusCode": 500, "body": "[" * 50_000}, "E_REF_UNAVAILABLE", Kind.DEPENDENCY),
        ({"statusCode": 500, "body": "[]"}, "E_REF_UNAVAILABLE", Kind.DEPENDENCY),
        ({"statusCode": 500, "body": '{"error":7}'}, "E_REF_UNAVAILABLE", Kind.DEPENDENCY),
        ({"statusCode": 422, "body": '{"error":{"code":"E_X\\nTraceback","message":"x"}}'},
         "E_CALL_REPLY", Kind.DATA),
        ({"statusCode": 422, "body": json.dumps({"error": {"code": "E_X", "message": LONG}})},
         "E_X", Kind.DATA),
        (b"[" * 50_000, "E_CALL_REPLY", Kind.DEPENDENCY),
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
    assert len(str(caught.value)) < 1_000 and str(caught.value).isprintable()
    assert stage.sent() == [] and stage.ledger() == {}


def test_a_denied_data_loader_is_named() -> None:
    stage = Stage()

    def deny(event: Any) -> Any:
        raise ServiceError("AccessDeniedException", 403)

    stage.functions.functions = {"P": acked, "L": deny}
    with pytest.raises(PipelineError, match=r"E_CALL_DENIED: function L .*lambda:InvokeFunction"):
        stage.call(TICK)


def references(stage: Stage, payload: dict[str, Any]) -> list[str]:
    """The versions that a call of `payload` made its events from."""
    run = stage.call(payload)["run_id"]
    records = [record for record in stage.ledger().values() if record["run_id"] == run]
    return [str(entry["version"]) for entry in records[0]["references"]]


def test_a_window_is_made_with_the_versions_that_were_in_force_in_it() -> None:
    stage = Stage()
    versions = []
    for day in range(25):
        stage.publish(small_document(salt=f"{day:02x}"))
        versions.append(small_document(salt=f"{day:02x}").version)
        if day == 3:  # in force from 03:01:02 on
            at_once = references(stage, {"scheduled_at": "2025-08-14T03:00:00Z"})
        stage.now += timedelta(days=1)
    stage.now -= timedelta(days=1)
    stage.source = stage.new_source()

    def window(start: str, end: str) -> dict[str, Any]:
        return {"start": f"2025-{start}Z", "end": f"2025-{end}Z", "batch_size": 5}

    assert at_once == [versions[2]]
    later = {"start": "2025-08-14T02:55:00Z", "end": "2025-08-14T03:00:00Z"}
    assert references(stage, later) == at_once
    for payload, expected in [
        (window("08-14T03:05:00", "08-14T03:10:00"), versions[2:4]),  # sessions of before are open
        (window("08-14T07:00:00", "08-14T07:05:00"), versions[2:4]),
        (window("08-14T07:05:00", "08-14T07:10:00"), versions[3:4]),
        (window("08-14T00:00:00", "08-15T00:00:00"), versions[2:4]),
        (window("08-01T00:00:00", "08-01T01:00:00"), versions[:1]),
    ]:
        assert references(stage, payload) == expected, payload
    assert '"in_force_from":"2025-08-11T03:01:02.000Z"' in stage.log.getvalue()


TEST = {"test": True, "batch_size": 50}


@pytest.mark.parametrize(
    ("event", "prefix", "wanted"),
    [
        (TEST, "cache/reference-data.json", r"s3://data/cache/reference-data\.json is not read"),
        (TEST, "cache/reference/", r"s3://data/cache/reference/\w+\.json\.gz is not read"),
        (TICK, "ledger/", r"s3://data/ledger/\S+-opened\.json is not read"),
    ],
)
def test_what_is_there_and_may_not_be_read_is_named_and_not_loaded_anew(
    event: dict[str, Any], prefix: str, wanted: str
) -> None:
    stage = Stage()
    stage.call(TICK)
    before, sent = stage.loads, len(stage.sent())
    stage.s3.unreadable = (prefix,)
    stage.source = stage.new_source()
    with pytest.raises(PipelineError, match=f"E_S3_DENIED: {wanted}") as caught:
        stage.call(event)
    assert caught.value.kind is Kind.DENIED
    assert (stage.loads - before, len(stage.sent())) == (0, sent)
