"""A request is one of four shapes; every other one gets a code, a field and what is expected."""

from __future__ import annotations

from typing import Any

from handlers.contract.batch import pack
from handlers.contract.limits import (
    BATCH_MAX_EVENTS,
)
from handlers.msk_producer.request import Batch, DescribeTopic, EnsureTopic, parse
from tests.handlers.msk_producer.events import RUN, event, line, lines


def packed(text: str) -> dict[str, Any]:
    return {"batch_id": "b", "encoding": "gzip+base64", "lines": text}


def test_the_four_shapes() -> None:
    assert parse({"ensure_topic": True}) == EnsureTopic()
    assert parse({"describe_topic": True}) == DescribeTopic()
    assert parse({"batch_id": "b", "events": [1]}) == Batch("b", [1])
    assert parse(packed(pack([b"a", b"b"]))) == Batch("b", [b"a", b"b"])


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
