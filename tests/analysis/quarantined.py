"""A tiny quarantine, by object: a record in two objects, one with a place in Kafka, one without."""

from __future__ import annotations

from handlers.contract.quarantine import STAGE_DELIVERY, STAGE_PRODUCER, Record

REFUSED = Record(
    quarantine_id=f"{'a' * 16}-00000005",
    stage=STAGE_PRODUCER,
    reason="E_REC_COLUMN",
    detail="isp is missing",
    occurred_at="2025-08-11T10:00:01.500Z",
    run_id="a" * 16,
    event_index=5,
    topic="t",
    schema_version=1,
    content=b'{"a":1}',
)
FOUND = Record(
    quarantine_id="t/2/4294967297",
    stage=STAGE_DELIVERY,
    reason="E_REC_SHAPE",
    detail="not one JSON object",
    occurred_at="2025-08-11T12:00:00.000Z",
    topic="t",
    topic_partition=2,
    topic_offset=2**32 + 1,
    object_key="telemetry/x",
    object_line=3,
    schema_version=1,
    content=b"{\xff\xe2\x80\xa8",
)
NEXT_DAY = Record(
    quarantine_id="telemetry/y#1",
    stage=STAGE_DELIVERY,
    reason="E_REC_SHAPE",
    detail="not one JSON object",
    occurred_at="2025-08-12T00:00:00.000Z",
    run_id="b" * 16,
    event_index=1,
    topic="t",
    object_key="telemetry/y",
    object_line=1,
    schema_version=1,
    content=b"",
)
OBJECTS = {"a": [REFUSED], "b": [REFUSED], "c": [FOUND], "d": [NEXT_DAY]}
