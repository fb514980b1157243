"""The quarantine: what is no event, kept as it came, with the reason and the place.

Objects are JSON lines, gzip, under the UTC date of `occurred_at`, by which the table finds them:
`quarantine/day=YYYY-MM-DD/<stage>-<name>.json.gz`. A name follows from what the object holds or
stands for, so that the same thing found again replaces it and adds nothing.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from handlers.contract import shape
from handlers.contract.column import Column
from handlers.contract.shape import ShapeError

PREFIX = "quarantine/"
TABLE = "quarantine"

STAGE_PRODUCER = "producer"  # refused before Kafka; the generator keeps it
STAGE_DELIVERY = "delivery"  # delivered as it was, for delivery never parses; a scan keeps a copy


def _optional(name: str, type_: str, meaning: str) -> Column:
    return Column(name, type_, meaning, required=False)


COLUMNS: tuple[Column, ...] = (
    Column("quarantine_id", "string", "the place: the same record found again has the same id"),
    Column("stage", "string", "producer (never in Kafka) or delivery (found in S3)"),
    Column("reason", "string", "code of the rule that it breaks, e.g. E_REC_COLUMN"),
    Column("detail", "string", "what the rule found; nothing of the content"),
    Column("occurred_at", "string", "UTC: start of the run's first attempt, or hour of arrival"),
    _optional("run_id", "string", "16 hex digits, where the content names a run"),
    _optional("event_index", "int", "index in the run"),
    Column("topic", "string", "the Kafka topic that it was meant for or came from"),
    _optional("topic_partition", "int", "null where it never was in Kafka or nobody tells"),
    _optional("topic_offset", "bigint", "as topic_partition"),
    _optional("object_key", "string", "the delivered object that holds it; stays as it is"),
    _optional("object_line", "int", "line of that object, from 1"),
    Column("schema_version", "int", "version of the event's columns that it was held against"),
    Column("content_bytes", "int", "size of the content, bytes"),
    Column("content", "string", "the original bytes, base64"),
)
_TYPES: Mapping[str, type] = {"string": str, "int": int, "bigint": int}
_FORM: Mapping[str, object] = {
    column.name: _TYPES[column.type] if column.required else _TYPES[column.type] | None
    for column in COLUMNS
}
PARTITION_KEYS = (Column("day", "string", "UTC date of occurred_at, YYYY-MM-DD"),)


@dataclass(frozen=True, kw_only=True)
class Record:
    """A row of the table; `content` is plain bytes here."""

    quarantine_id: str
    stage: str
    reason: str
    detail: str
    occurred_at: str
    topic: str
    schema_version: int
    content: bytes
    run_id: str | None = None
    event_index: int | None = None
    topic_partition: int | None = None
    topic_offset: int | None = None
    object_key: str | None = None
    object_line: int | None = None

    def as_row(self) -> dict[str, object]:
        """The row as JSON values, in the order of COLUMNS."""
        values = {
            **vars(self),
            "content": base64.b64encode(self.content).decode(),
            "content_bytes": len(self.content),
        }
        return {column.name: values[column.name] for column in COLUMNS}

    @classmethod
    def of_row(cls, row: object) -> Record:
        """The record of a row. Raises ShapeError if it is none."""
        values = {**shape.checked(row, _FORM)}
        shape.moment("occurred_at", values["occurred_at"])
        del values["content_bytes"]
        try:
            content = base64.b64decode(values.pop("content"), validate=True)
        except ValueError as error:
            raise ShapeError("its content is no base64") from error
        return cls(**values, content=content)


def key(stage: str, occurred_at: str, name: str) -> str:
    """The key of an object."""
    return f"{day_prefix(occurred_at)}{stage}-{name}.json.gz"


def day_prefix(occurred_at: str) -> str:
    """Where all objects of the UTC date lie with which the text begins."""
    return f"{PREFIX}day={occurred_at[:10]}/"


def digest(parts: Iterable[str]) -> str:
    """16 hex digits for some texts in their order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def encode(records: Sequence[Record]) -> bytes:
    """An object's bytes: the same for the same records."""
    lines = (json.dumps(record.as_row(), separators=(",", ":")) for record in records)
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def decode(body: bytes) -> list[Record]:
    """The records of an object. Raises ShapeError if it is none."""
    if not body:  # gzip gives nothing for it, and no error
        raise ShapeError("no whole gzip")
    try:
        lines = gzip.decompress(body).splitlines()
    except (EOFError, OSError, zlib.error) as error:
        raise ShapeError("no whole gzip") from error
    return list(_records(lines))


def _records(lines: Sequence[bytes]) -> Iterator[Record]:
    for number, line in enumerate(lines, 1):
        try:
            yield Record.of_row(shape.loaded(line))
        except ShapeError as error:
            raise ShapeError(f"line {number}: {error}") from error
