"""A request is one of four shapes; every other one gets a code, a field and what is expected."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest

from handlers.contract.batch import pack
from handlers.contract.limits import (
    BATCH_MAX_BYTES,
    BATCH_MAX_DECOMPRESSED_BYTES,
    BATCH_MAX_EVENTS,
)
from handlers.msk_producer.request import Batch, DescribeTopic, EnsureTopic, parse
from handlers.runtime.errors import PipelineError
from tests.handlers.msk_producer.events import RUN, event, line, lines


def packed(text: str) -> dict[str, Any]:
    return {"batch_id": "b", "encoding": "gzip+base64", "lines": text}


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_the_four_shapes() -> None:
    assert parse({"ensure_topic": True}) == EnsureTopic()
    assert parse({"describe_topic": True}) == DescribeTopic()
    assert parse({"batch_id": "b", "events": [1]}) == Batch("b", [1])
    assert parse(packed(pack([b"a", b"b"]))) == Batch("b", [b"a", b"b"])


@pytest.mark.parametrize(
    ("payload", "code", "field"),
    [
        (None, "E_EVENT_SHAPE", "payload"),
        ([], "E_EVENT_SHAPE", "payload"),
        ("x", "E_EVENT_SHAPE", "payload"),
        (1, "E_EVENT_SHAPE", "payload"),
        ({}, "E_EVENT_SHAPE", "payload"),
        ({"batch_id": "b"}, "E_EVENT_SHAPE", "payload"),
        ({"events": [1]}, "E_EVENT_SHAPE", "payload"),
        ({"batch_id": "b", "lines": "x"}, "E_EVENT_SHAPE", "payload"),
        ({"batch_id": "b", "events": [1], "ensure_topic": True}, "E_EVENT_SHAPE", "payload"),
        ({"ensure_topic": True, "describe_topic": True}, "E_EVENT_SHAPE", "payload"),
        ({**packed("x"), "events": [1]}, "E_EVENT_SHAPE", "payload"),
        ({"ensure_topics": True}, "E_EVENT_FIELD", "ensure_topics"),
        ({"batch_id": "b", "records": [1]}, "E_EVENT_FIELD", "records"),
        ({"ensure_topic": False}, "E_EVENT_TYPE", "ensure_topic"),
        ({"ensure_topic": "true"}, "E_EVENT_TYPE", "ensure_topic"),
        ({"describe_topic": 1}, "E_EVENT_TYPE", "describe_topic"),
        *(
            ({"batch_id": bad, "events": [1]}, "E_BATCH_ID", "batch_id")
            for bad in (None, "", 7, " ", "a b", "x" * 129, "a\n", ["b"])
        ),
        *(
            ({"batch_id": "b", "events": bad}, "E_BATCH_SHAPE", "events")
            for bad in (None, {}, "x", 7, [])
        ),
        *(({**packed("x"), "encoding": bad}, "E_BATCH_SHAPE", "encoding") for bad in ("gzip", 7)),
        *(
            (packed(bad), "E_BATCH_SHAPE", "lines")
            for bad in (
                *("", 7, None, "not base64!", encoded(b"no gzip")),
                *(encoded(gzip.compress(b"x" * 99)[:-9]), encoded(gzip.compress(b"x") + b"more")),
            )
        ),
        (packed(pack([])), "E_BATCH_LIMIT", "events"),
        (packed(pack([b"x"] * (BATCH_MAX_EVENTS + 1))), "E_BATCH_LIMIT", "events"),
        ({"batch_id": "b", "events": [1] * (BATCH_MAX_EVENTS + 1)}, "E_BATCH_LIMIT", "events"),
        (packed("A" * (BATCH_MAX_BYTES + 4)), "E_BATCH_LIMIT", "lines"),
        ({"batch_id": "b", "events": ["ü" * 2_500_000]}, "E_BATCH_LIMIT", "events"),
    ],
)
def test_a_wrong_request_is_named(payload: Any, code: str, field: str) -> None:
    with pytest.raises(PipelineError) as refused:
        parse(payload)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.expected


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    bomb = encoded(gzip.compress(b"\n" * (BATCH_MAX_DECOMPRESSED_BYTES + 1), 9))
    with pytest.raises(PipelineError, match="longer than"):
        parse(packed(bomb))


def test_the_largest_batch_passes() -> None:
    batch = parse(packed(pack(lines(RUN, BATCH_MAX_EVENTS))))
    assert isinstance(batch, Batch)
    assert len(batch.events) == BATCH_MAX_EVENTS


def test_a_bad_event_is_no_bad_request() -> None:
    batch = parse({"batch_id": "b", "events": [event(1), None, "x"]})
    assert isinstance(batch, Batch)
    assert len(batch.events) == 3


def test_packing_is_the_same_every_time_and_comes_back() -> None:
    many = [line(n) for n in range(50)]
    assert pack(many) == pack(many)
    batch = parse(packed(pack(many)))
    assert isinstance(batch, Batch)
    assert batch.events == many
