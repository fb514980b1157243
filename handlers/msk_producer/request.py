"""What the producer can be asked: send a batch, make the topic, describe the topic."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.contract.batch import ENCODING, TooLongError, TooManyLinesError, UnpackError, unpack
from handlers.contract.limits import (
    BATCH_MAX_BYTES,
    BATCH_MAX_DECOMPRESSED_BYTES,
    BATCH_MAX_EVENTS,
)
from handlers.runtime import payload
from handlers.runtime.errors import PipelineError
from handlers.runtime.payload import Field, UnfitError

SOME = "1 event or more"
EVENTS = f"1 to {BATCH_MAX_EVENTS} events"
_NOT_JSON = (RecursionError, TypeError, ValueError)
_BATCH_ID = re.compile(r"[A-Za-z0-9._:/-]{1,128}")


@dataclass(frozen=True)
class EnsureTopic:
    """Make the topic unless it exists."""


@dataclass(frozen=True)
class DescribeTopic:
    """Tell the topic's partitions and offsets."""


@dataclass(frozen=True)
class Batch:
    """Events to send: JSON lines as bytes, or the objects of a plain list."""

    batch_id: str
    events: Sequence[object]


Request = EnsureTopic | DescribeTopic | Batch


def _batch_id(given: object) -> str:
    if not isinstance(given, str) or _BATCH_ID.fullmatch(given) is None:
        raise UnfitError(
            "E_BATCH_ID", "not a batch id", "1 to 128 letters, digits or any of . _ : / -"
        )
    return given


def _events(given: object) -> list[object]:
    if not isinstance(given, list) or not given:
        raise UnfitError("E_BATCH_SHAPE", "not a list with events", SOME)
    return given


def _encoding(given: object) -> str:
    if given != ENCODING:
        raise UnfitError("E_BATCH_SHAPE", "unknown", ENCODING)
    return ENCODING


def _lines(given: object) -> str:
    if not isinstance(given, str) or not given:
        raise UnfitError("E_BATCH_SHAPE", "not a text", "JSON lines, gzip, base64")
    return given


def _only_true(given: object) -> bool:
    if given is not True:
        raise UnfitError("E_EVENT_TYPE", "not true", "true", fix="send true, or another request")
    return True


FIELDS = (
    Field("batch_id", _batch_id, '"batch_id": "0123456789abcdef-000"'),
    Field("events", _events, '"events": [{...}]', holds_events=True),
    Field("encoding", _encoding, f'"encoding": "{ENCODING}"'),
    Field("lines", _lines, '"lines": "H4sI..."', holds_events=True),
    Field("ensure_topic", _only_true, '"ensure_topic": true'),
    Field("describe_topic", _only_true, '"describe_topic": true'),
)
SHAPES = (
    {"batch_id", "events"},
    {"batch_id", "encoding", "lines"},
    {"ensure_topic"},
    {"describe_topic"},
)


def parse(event: object) -> Request:
    """The request that a payload makes.

    Raises PipelineError (of kind USAGE): E_EVENT_SHAPE, E_EVENT_FIELD, E_EVENT_TYPE, E_BATCH_ID,
    E_BATCH_SHAPE, E_BATCH_LIMIT. A bad event within a good batch is no error here.
    """
    # As parsed here a text may be longer than it was sent; the limits proper follow below.
    given = payload.parse(event, FIELDS, 16 * BATCH_MAX_BYTES)
    if set(given) not in SHAPES:
        raise PipelineError(
            "E_EVENT_SHAPE",
            "a wrong combination of fields",
            field="payload",
            value=", ".join(given),
            expected=" or ".join("{" + ", ".join(sorted(shape)) + "}" for shape in SHAPES),
            fix="send the fields of one of these, and no other",
        )
    if "ensure_topic" in given:
        return EnsureTopic()
    if "describe_topic" in given:
        return DescribeTopic()
    events: Sequence[object] = (
        _unpacked(given["lines"]) if "lines" in given else _sized(given["events"])
    )
    if len(events) > BATCH_MAX_EVENTS:
        raise _limit("events", len(events), EVENTS)
    return Batch(str(given["batch_id"]), events)


def _sized(events: object) -> list[object]:
    assert isinstance(events, list)  # `_events` saw to it
    try:
        size = _size(events)
    except _NOT_JSON:
        # What cannot be written is rejected by its index, and leaves the others their limit.
        size = sum(map(_size_or_none, events))
    if size > BATCH_MAX_BYTES:
        raise _limit("events", size, f"at most {BATCH_MAX_BYTES} bytes")
    return events


def _size(given: object) -> int:
    text = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def _size_or_none(event: object) -> int:
    if isinstance(event, bytes):  # taken as a line
        return len(event)
    try:
        return _size(event)
    except _NOT_JSON:
        return 0


def _unpacked(text: object) -> list[bytes]:
    assert isinstance(text, str)  # `_lines` saw to it
    if len(text) > BATCH_MAX_BYTES:
        raise _limit("lines", len(text), f"at most {BATCH_MAX_BYTES} bytes")
    try:
        lines = unpack(text, BATCH_MAX_DECOMPRESSED_BYTES)
    except TooManyLinesError as problem:
        raise _limit("events", problem.lines, EVENTS) from problem
    except TooLongError as problem:
        most = f"at most {BATCH_MAX_DECOMPRESSED_BYTES} bytes when unpacked"
        raise _limit("lines", problem.size, most) from problem
    except UnpackError as problem:
        raise PipelineError(
            "E_BATCH_SHAPE",
            str(problem),
            field="lines",
            expected="JSON lines, gzip, base64",
            fix="pack the lines again",
        ) from problem
    if not lines:
        raise PipelineError(
            "E_BATCH_SHAPE",
            "without a line",
            field="lines",
            expected=SOME,
            fix="make no call for no event",
        )
    return lines


def _limit(field: str, value: int, expected: str) -> PipelineError:
    return PipelineError(
        "E_BATCH_LIMIT",
        "out of range",
        field=field,
        value=value,
        expected=expected,
        fix="send smaller batches",
    )
