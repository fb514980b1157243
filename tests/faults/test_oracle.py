"""The oracle can say no: each kind of broken promise is red, and the kept one is green."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.faults import oracle
from tests.faults.oracle import Copies, Lake, Promise

EVENT = b'{"event_id":"run-1"}'
A, B, C = (digest for digest in (oracle.digest(b"a"), oracle.digest(b"b"), oracle.digest(b"c")))
KEPT = Promise(sent={"r-1": A, "r-2": B}, refused={"r-3"}, acked={"r-1", "r-2"})
KEPT.most_in_topic = KEPT.most_in_lake = 2
TOPIC: Copies = {"r-1": [A], "r-2": [B, B]}
LAKE: Copies = {"r-1": [A], "r-2": [B, B]}


def test_a_kept_promise_is_green() -> None:
    assert oracle.judge(KEPT, TOPIC, LAKE) == []


@pytest.mark.parametrize(
    ("changed", "topic", "lake", "said"),
    [
        ({"acked": {"r-1"}}, TOPIC, LAKE, "1 events were not acked in the end"),
        ({}, {"r-1": [A]}, LAKE, "1 acked events are not in the topic"),
        ({}, TOPIC, {"r-1": [A]}, "1 acked events are not in S3"),
        ({"acked": {"r-1"}}, TOPIC, {"r-1": [A]}, "1 events of the topic are not in S3"),
        ({}, {**TOPIC, "r-3": [C]}, {**LAKE, "r-3": [C]}, "1 refused events were sent on"),
        ({}, {**TOPIC, "r-9": [C]}, {**LAKE, "r-9": [C]}, "1 ids were never sent"),
        ({}, {**TOPIC, "r-2": [B, B, B]}, LAKE, "1 events have > 2 copies"),
        ({}, TOPIC, {**LAKE, "r-2": [B, B, B]}, "1 events have > 2 copies in S3"),
        ({}, TOPIC, {**LAKE, "r-2": [B]}, "1 events have fewer copies in S3 than in the topic"),
        ({}, TOPIC, {**LAKE, "r-1": [A, A]}, "1 events have more copies in S3 than in the topic"),
        ({}, {**TOPIC, "r-2": [B, C]}, LAKE, "of the topic are not byte for byte"),
        ({}, TOPIC, {**LAKE, "r-1": [C]}, "in S3 are not byte for byte"),
        ({"gone": {"r-1"}}, {"r-2": [B]}, {"r-2": [B]}, "1 acked events are not in S3"),
    ],
)
def test_a_broken_promise_is_named(
    changed: dict[str, Any], topic: Copies, lake: Copies, said: str
) -> None:
    found = oracle.judge(replace(KEPT, **changed), topic, lake)
    assert any(said in one for one in found), found


def test_what_a_user_deleted_is_asked_for_only_where_it_had_come_to() -> None:
    deleted = replace(KEPT, gone={"r-1"}, excused={"r-1"})
    assert oracle.judge(deleted, {"r-2": [B]}, {"r-2": [B]}) == []


def test_events_are_told_from_other_lines_and_by_their_run() -> None:
    lines = [b'{"event_id":"run-1"}', b'{"event_id":"other-1"}', b'"event_id', b'["event_id"]']
    found = oracle.by_run(oracle.events([*lines, lines[0]]))
    assert found["run"] == {"run-1": [oracle.digest(lines[0])] * 2}
    assert found.keys() == {"run", "other"}


class Objects:
    """A bucket of some objects."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self.bodies = bodies

    def get_paginator(self, _: str) -> Objects:
        return self

    def paginate(self, Bucket: str) -> list[dict[str, Any]]:
        now = datetime.now(UTC)
        found = [
            {"Key": key, "ETag": oracle.digest(body), "LastModified": now}
            for key, body in self.bodies.items()
        ]
        return [{"Contents": found}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.bodies[Key])}


def test_the_lake_reads_what_changed_and_names_what_is_broken() -> None:
    objects = Objects(
        {"whole": gzip.compress(EVENT + b"\nb\n"), "part": gzip.compress(b"c\n")[:-6]}
    )
    lake = Lake(objects, "bucket", datetime(2020, 1, 1, tzinfo=UTC))
    assert lake.refresh()
    assert lake.by_run() == {"run": {"run-1": [oracle.digest(EVENT)]}}
    assert lake.broken == {"part"}
    objects.bodies["part"] = gzip.compress(b"c")
    assert lake.refresh() and lake.broken == {"part"}
    objects.bodies["part"] = gzip.compress(b"c\nx\n")
    assert lake.refresh() and not lake.broken
    assert not lake.refresh()
    assert lake.missing([EVENT, b"c", b"b\nc", b""]) == [b"b\nc", b""]
