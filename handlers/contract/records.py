"""Records checked one by one: what may go into Kafka, and why the rest may not.

The producer judges by these rules before it sends, the analysis what was delivered. Checked are
form and types (the contract's columns), not plausibility: that is data quality's. A line that
passes is sent byte for byte as it came.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from handlers.contract.batch import Rejection
from handlers.contract.column import Column
from handlers.contract.event import COLUMNS, RECORD_MAX_BYTES
from handlers.contract.identity import EVENT_ID

SHAPE = "E_REC_SHAPE"
ENCODING = "E_REC_ENCODING"
SIZE = "E_REC_SIZE"
ID = "E_REC_ID"
DUPLICATE = "E_REC_DUPLICATE"
CONFLICT = "E_REC_ID_CONFLICT"
COLUMN = "E_REC_COLUMN"


@dataclass(frozen=True)
class Record:
    """An event to send: its index in the request, Kafka's key and value."""

    index: int
    key: bytes
    value: bytes


class _BadRecordError(ValueError):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def check(events: Iterable[object]) -> tuple[list[Record], list[Rejection]]:
    """The records of the good events and the rejections of the others, both in order.

    Of several events with one event_id the first counts. `events` are JSON lines as bytes, or
    objects.
    """
    records: list[Record] = []
    rejections: list[Rejection] = []
    values: dict[str, bytes] = {}
    for index, given in enumerate(events):
        try:
            event, value = _read(given)
            identity = _checked(event)
            if len(value) > RECORD_MAX_BYTES:
                raise _BadRecordError(SIZE, f"{len(value)} bytes; at most {RECORD_MAX_BYTES}")
            if values.setdefault(identity, value) is not value:
                same = values[identity] == value
                raise _BadRecordError(
                    DUPLICATE if same else CONFLICT,
                    f"an earlier event has this event_id{'' if same else ' and other content'}",
                )
            records.append(Record(index, str(event["session_id"]).encode(), value))
        except _BadRecordError as bad:
            rejections.append(Rejection(index, bad.reason, str(bad)))
    return records, rejections


def _read(given: object) -> tuple[dict[str, object], bytes]:
    """An event and the bytes to send for it."""
    event = _decoded(given) if isinstance(given, bytes) else given
    if not isinstance(event, dict):
        raise _BadRecordError(SHAPE, f"a {type(event).__name__}; expected an object")
    if isinstance(given, bytes) and not _needs_writing(given):
        return event, given
    try:
        return event, _ENCODER.encode(event).encode()
    except _BadRecordError:
        raise
    except UnicodeEncodeError as problem:
        raise _BadRecordError(ENCODING, "half of a surrogate pair") from problem
    except (TypeError, ValueError, RecursionError) as problem:
        raise _BadRecordError(SHAPE, "cannot be written as JSON") from problem


def _refuse_value(value: object) -> object:
    kind = type(value).__name__
    if isinstance(value, bytes | bytearray):
        raise _BadRecordError(ENCODING, f"a value of type {kind}; expected a text")
    raise _BadRecordError(SHAPE, f"a value of type {kind}, which JSON has not")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_refuse_value)


def _needs_writing(line: bytes) -> bool:
    """True where writing the event anew may heal or find something.

    A carriage return between tokens would end the line for some readers; an escaped half of a
    surrogate pair is no character.
    """
    return b"\r" in line or (b"\\" in line and b"\\ud" in line.lower())


def _decoded(line: bytes) -> object:
    if len(line) > RECORD_MAX_BYTES:
        raise _BadRecordError(SIZE, f"{len(line)} bytes; at most {RECORD_MAX_BYTES}")
    try:
        return _DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError as problem:
        raise _BadRecordError(ENCODING, "not UTF-8") from problem
    except (ValueError, RecursionError) as problem:
        raise _BadRecordError(SHAPE, "not one JSON object") from problem


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object of these pairs. Raises ValueError for a name that comes twice.

    Of such an object readers take the first value, the last, or none: nobody knows what it means.
    """
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a name comes twice")
    return named


_DECODER = json.JSONDecoder(object_pairs_hook=unique, parse_constant=_refuse_constant)


_DOUBLE_MAX = int(sys.float_info.max)


def _is_int(value: object) -> bool:
    return type(value) is int and -(2**31) <= value < 2**31


def _is_double(value: object) -> bool:
    if type(value) is int:
        return -_DOUBLE_MAX <= value <= _DOUBLE_MAX
    return type(value) is float and math.isfinite(value)


def _is_text(value: object) -> bool:
    return type(value) is str


# Hive's `int` has 32 bits; a value beyond them would fail every query that reads it.
_TYPES: dict[str, tuple[Callable[[object], bool], str]] = {
    "string": (_is_text, "a text"),
    "int": (_is_int, "a whole number of 32 bits"),
    "double": (_is_double, "a finite number"),
}
_CHECKS = tuple((column, *_TYPES[column.type]) for column in COLUMNS)
_NAMES = frozenset(column.name for column in COLUMNS)
_LIKE_A_NAME = re.compile(r"[a-z_]{1,40}")

_ORDER = tuple(column.name for column in COLUMNS)
_PYTHON: dict[str, type] = {"string": str, "int": int, "double": float}
_USUAL = tuple(_PYTHON[column.type] for column in COLUMNS)


def _chosen(fits: Callable[[Column], bool]) -> Callable[[tuple[object, ...]], tuple[Any, ...]]:
    return itemgetter(*(place for place, column in enumerate(COLUMNS) if fits(column)))


_texts_needed = _chosen(lambda column: column.required and column.type == "string")
_ints = _chosen(lambda column: column.type == "int")
_doubles = _chosen(lambda column: column.type == "double")


def _is_usual(event: dict[str, object]) -> bool:
    """True for most good events, found out three times as fast as column by column.

    All columns are there, in order, of their usual types and in their limits.
    """
    values = tuple(event.values())
    if tuple(event) != _ORDER or tuple(map(type, values)) != _USUAL:
        return False
    whole = _ints(values)
    return (
        "" not in _texts_needed(values)
        and min(whole) >= -(2**31)
        and max(whole) < 2**31
        and all(map(math.isfinite, _doubles(values)))
    )


def _checked(event: dict[str, object]) -> str:
    """The event's id; raises for the first thing that is wrong with the event."""
    identity = event.get("event_id")
    if not isinstance(identity, str) or EVENT_ID.fullmatch(identity) is None:
        raise _BadRecordError(ID, "expected 16 hex digits, a hyphen and 8 decimal digits")
    if _is_usual(event):
        return identity
    for column, fits, form in _CHECKS:
        value = event.get(column.name)
        if value is None or value == "":
            if column.required:
                raise _BadRecordError(COLUMN, f"{column.name} is missing")
            if value is None:
                continue
        if not fits(value):
            raise _BadRecordError(COLUMN, _misfit(column, value, form))
    if not _NAMES.issuperset(event):
        raise _BadRecordError(COLUMN, _unknown(min(map(str, event.keys() - _NAMES))))
    return identity


def _unknown(name: str) -> str:
    """Only what is like a column's name is told: anything else may be of a person, or a secret."""
    if name.lower() in _NAMES:
        return f"unknown column; expected {name.lower()}"
    return f"unknown column {name!r}" if _LIKE_A_NAME.fullmatch(name) else "unknown column"


def _misfit(column: Column, value: object, form: str) -> str:
    """The value itself is left out: a reply and a log hold nothing of an event."""
    return f"{column.name} is a {type(value).__name__}; expected {form}"
