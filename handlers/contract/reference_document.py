"""The reference cache: immutable documents and the pointer that names the current one.

`cache/reference/<version>.json.gz` holds titles and customers by category, column by column; its
version is a hash of that content, so equal content has one document. `cache/reference-data.json`
names the version in force, until when it may be used, and which versions were in force before: a
session uses the version that was in force at its start.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from handlers.contract.column import Column
from handlers.contract.reference import (
    CUSTOMER_CATEGORIES,
    CUSTOMER_TRAITS,
    CUSTOMERS,
    DURATION_MAX_MINUTES,
    TITLE_CATEGORIES,
    TITLES,
)
from handlers.runtime.clock import parse_rfc3339

POINTER_KEY = "cache/reference-data.json"
DOCUMENT_PREFIX = "cache/reference/"
SCHEMA_VERSION = 1
TTL_MAX_MINUTES = 1440
CLOCKS_DIFFER = timedelta(minutes=1)  # of two functions, at most

Table = dict[str, list[Any]]
Categories = dict[str, Table]


_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
_NUMBERS: Mapping[str, frozenset[type]] = {
    "int": frozenset({int}),
    "double": frozenset({int, float}),
}


class ReferenceCorruptError(ValueError):
    """A pointer or document is not what its writer wrote; the text says in what."""


@dataclass(frozen=True)
class Pointer:
    """The small object that names the current document.

    Times are RFC 3339. `checksum` is the SHA-256 of the document's bytes; `history` lists the
    versions in force, oldest first, the current one last.
    """

    version: str
    key: str
    checksum: str
    refreshed_at: str
    expires_at: str
    activity: str
    counts: dict[str, dict[str, int]]
    history: list[dict[str, str]]
    schema_version: int = SCHEMA_VERSION

    def encode(self) -> bytes:
        """The pointer as its object's bytes."""
        return json.dumps(asdict(self), sort_keys=True, indent=2).encode()

    @classmethod
    def decode(cls, body: bytes) -> Pointer:
        """The pointer in `body`. Raises ReferenceCorruptError."""
        try:
            values = json.loads(body)
            pointer = cls(**values)
            refreshed_at = parse_rfc3339(pointer.refreshed_at)
            expires_at = parse_rfc3339(pointer.expires_at)
            for entry in pointer.history:
                parse_rfc3339(entry["in_force_from"])
            versions = [entry["version"] for entry in pointer.history]
            newest = versions[-1]
            if not all(isinstance(one, str) for one in (pointer.checksum, *versions)):
                raise TypeError("the checksum or a version is no text")
        except _MALFORMED as error:
            raise ReferenceCorruptError(f"the pointer is malformed ({error})") from error
        if pointer.schema_version != SCHEMA_VERSION:
            raise ReferenceCorruptError(f"the pointer's schema is {pointer.schema_version}")
        if newest != pointer.version or pointer.key != document_key(pointer.version):
            raise ReferenceCorruptError("the pointer contradicts itself")
        if not timedelta(0) < expires_at - refreshed_at <= timedelta(minutes=TTL_MAX_MINUTES):
            raise ReferenceCorruptError("the pointer's time to live is none that may be set")
        return pointer

    def age_seconds(self, now: datetime) -> float:
        """How long ago the data were read, s."""
        return (now - parse_rfc3339(self.refreshed_at)).total_seconds()

    def is_stale(self, now: datetime) -> bool:
        """True once the time to live is over, and for what a clock that is wrong has written."""
        ahead = parse_rfc3339(self.refreshed_at) - now
        return now >= parse_rfc3339(self.expires_at) or ahead > CLOCKS_DIFFER


@dataclass(frozen=True)
class Document:
    """Titles and customers by category: `titles["popular"]["title_id"][3]`."""

    version: str
    created_at: str
    titles: Categories
    customers: Categories
    counts: dict[str, dict[str, int]]
    checksum: str

    def encode(self) -> bytes:
        """The document as its object's bytes: gzip of JSON, the same for the same document."""
        values = {"schema_version": SCHEMA_VERSION, **vars(self)}
        text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
        return gzip.compress(text.encode(), compresslevel=6, mtime=0)

    @classmethod
    def decode(cls, body: bytes, version: str, checksum: str | None = None) -> Document:
        """The document in `body`, which should be `version`.

        `checksum` is the pointer's SHA-256 of the bytes, where a pointer names this version; the
        content's own checksum is always held against it. Raises ReferenceCorruptError.
        """
        if checksum is not None and hashlib.sha256(body).hexdigest() != checksum:
            raise ReferenceCorruptError("the document's bytes differ from the pointer's checksum")
        try:
            values = json.loads(gzip.decompress(body), parse_constant=_no_number)
            schema = values.pop("schema_version")
            document = cls(**values)
            parse_rfc3339(document.created_at)
            _check(document.titles, TITLE_CATEGORIES, TITLES)
            _check(document.customers, CUSTOMER_CATEGORIES, CUSTOMERS, CUSTOMER_TRAITS)
        except (*_MALFORMED, EOFError, OSError, zlib.error) as error:
            raise ReferenceCorruptError(f"the document is malformed ({error})") from error
        if schema != SCHEMA_VERSION:
            raise ReferenceCorruptError(f"the document's schema is {schema}")
        if document.version != version:
            raise ReferenceCorruptError(f"the document is of version {document.version}")
        if content_checksum(document.titles, document.customers) != document.checksum:
            raise ReferenceCorruptError("the document's content differs from its checksum")
        return document


def document(
    titles: Categories,
    customers: Categories,
    unused: Mapping[str, Mapping[str, int]],
    created_at: str,
) -> Document:
    """The document of these categories; its version follows from them alone.

    `unused` counts the rows of `titles` and `customers` that are in no category, by reason.
    """
    checksum = content_checksum(titles, customers)
    counts = {
        "titles": _sizes(titles, TITLE_CATEGORIES, "title_id"),
        "customers": _sizes(customers, CUSTOMER_CATEGORIES, "customer_id"),
    }
    for table, reasons in unused.items():
        counts[table].update(reasons)
    return Document(checksum[:16], created_at, titles, customers, counts, checksum)


def document_key(version: str) -> str:
    """Where the document of this version lies."""
    return f"{DOCUMENT_PREFIX}{version}.json.gz"


def content_checksum(titles: Categories, customers: Categories) -> str:
    """SHA-256 of the content in canonical JSON."""
    text = json.dumps([titles, customers], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _check(
    categories: Categories,
    names: Sequence[str],
    columns: Sequence[Column],
    traits: Sequence[str] = (),
) -> None:
    """Raise ValueError, TypeError, KeyError or AttributeError unless the generator can pick here.

    That takes every category, one row at least, the required columns, of their types, and `traits`.
    """
    key = columns[0].name
    if set(categories) != set(names) or not any(categories[name][key] for name in names):
        raise ValueError(f"the categories of {key} are incomplete or empty")
    for name in names:
        if len({len(values) for values in categories[name].values()}) != 1:
            raise ValueError(f"the columns of {name} differ in length")
        for trait in traits:
            distinct = set(categories[name][trait])  # a TypeError where one has no hash
            if not all(value is None or isinstance(value, str) for value in distinct):
                raise TypeError(f"{trait} holds what is no text")
        for column in columns:
            if column.required:
                _check_column(column, categories[name][column.name])


def _check_column(column: Column, values: Sequence[Any]) -> None:
    if column.type in _NUMBERS:
        fits = set(map(type, values)) <= _NUMBERS[column.type]
    elif column.type == "boolean":
        fits = set(values) <= {True, False}
    else:
        "".join(values)  # the fastest way to refuse what is no text
        fits = all(values)
    if not fits:
        raise TypeError(f"{column.name} holds what is no {column.type}")
    if column.name == "duration_minutes" and values:
        low, high = min(values), max(values)
        if low < 1 or high > DURATION_MAX_MINUTES:
            raise ValueError("a duration is out of range")


def _sizes(categories: Categories, names: tuple[str, ...], key: str) -> dict[str, int]:
    return {name: len(categories[name][key]) for name in names}
