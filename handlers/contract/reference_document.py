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
import re
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from handlers.contract.limits import LAST_YEAR
from handlers.contract.reference import (
    CUSTOMER_CATEGORIES,
    CUSTOMER_TRAITS,
    CUSTOMERS,
    CUSTOMERS_TABLE,
    TITLE_CATEGORIES,
    TITLES,
    TITLES_TABLE,
)
from handlers.contract.reference_content import check
from handlers.contract.shape import no_number
from handlers.runtime.clock import parse_rfc3339
from handlers.runtime.errors import VALUE_MAX_CHARACTERS, escaped, shown

POINTER_KEY = "cache/reference-data.json"
DOCUMENT_PREFIX = "cache/reference/"
SCHEMA_VERSION = 1
TTL_MAX_MINUTES = 1440
CLOCKS_DIFFER = timedelta(minutes=1)  # of two functions, at most

Table = dict[str, list[Any]]
Categories = dict[str, Table]

_MALFORMED = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(OverflowError, RecursionError),
)
_VERSION = re.compile(r"[0-9a-f]{16}")


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
            pointer = cls(**json.loads(body, parse_constant=no_number))
            pointer._check_forms()
        except _MALFORMED as error:
            raise _malformed("pointer", error) from None
        if not _is_ours(pointer.schema_version):
            raise ReferenceCorruptError(f"the pointer's schema is {shown(pointer.schema_version)}")
        newest = pointer.history[-1]["version"]
        if newest != pointer.version or pointer.key != document_key(pointer.version):
            raise ReferenceCorruptError("the pointer contradicts itself")
        lives = parse_rfc3339(pointer.expires_at) - parse_rfc3339(pointer.refreshed_at)
        if not timedelta(0) < lives <= timedelta(minutes=TTL_MAX_MINUTES):
            raise ReferenceCorruptError("the pointer's time to live is none that may be set")
        return pointer

    def age_seconds(self, now: datetime) -> float:
        """How long ago the data were read, s."""
        return (now - parse_rfc3339(self.refreshed_at)).total_seconds()

    def is_stale(self, now: datetime) -> bool:
        """True once the time to live is over, and for what a clock that is wrong has written."""
        ahead = parse_rfc3339(self.refreshed_at) - now
        return now >= parse_rfc3339(self.expires_at) or ahead > CLOCKS_DIFFER

    def _check_forms(self) -> None:
        """Raise one of _MALFORMED unless every value is of its form and the history has a last."""
        for time in (self.refreshed_at, self.expires_at):
            _time(time)
        if any(_time(entry["in_force_from"]).year > LAST_YEAR for entry in self.history):
            raise ValueError(f"a version comes into force after {LAST_YEAR}")
        versions = [entry["version"] for entry in self.history]
        versions[-1]  # an IndexError where there is none
        if not all(map(_VERSION.fullmatch, [self.version, *versions])):
            raise ValueError("a version is not of 16 hexadecimal digits")
        if not isinstance(self.checksum, str):
            raise TypeError("the checksum is no text")
        if not isinstance(self.activity, str) or len(self.activity) > VALUE_MAX_CHARACTERS:
            raise TypeError("the activity is no short text")
        _check_counts(self.counts)


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
            values = json.loads(gzip.decompress(body), parse_constant=no_number)
            schema = values.pop("schema_version")
            document = cls(**values)
            _time(document.created_at)
            check(document.titles, TITLE_CATEGORIES, TITLES)
            check(document.customers, CUSTOMER_CATEGORIES, CUSTOMERS, CUSTOMER_TRAITS)
            found = content_checksum(document.titles, document.customers)
        except (*_MALFORMED, EOFError, OSError, zlib.error) as error:
            raise _malformed("document", error) from None
        if not _is_ours(schema):
            raise ReferenceCorruptError(f"the document's schema is {shown(schema)}")
        if document.version != version:
            raise ReferenceCorruptError(f"the document is of version {shown(document.version)}")
        if found != document.checksum:
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


def _malformed(what: str, error: Exception) -> ReferenceCorruptError:
    """The error to raise instead of `error`, whose text may be as long as what was read."""
    why = escaped(str(error), VALUE_MAX_CHARACTERS)
    return ReferenceCorruptError(f"the {what} is malformed ({why})")


def _is_ours(schema: object) -> bool:
    return type(schema) is int and schema == SCHEMA_VERSION  # true and 1.0 equal 1


def _time(text: str) -> datetime:
    """The instant of a text that is short enough to be told. Raises ValueError or TypeError."""
    if len(text) > VALUE_MAX_CHARACTERS:
        raise ValueError("a time is too long")
    return parse_rfc3339(text)


def _check_counts(counts: Mapping[str, Mapping[str, int]]) -> None:
    if not set(counts) <= {TITLES_TABLE, CUSTOMERS_TABLE}:
        raise ValueError("there are counts of what is no table")
    for of_table in counts.values():
        for name, count in of_table.items():
            if type(count) is not int or count < 0 or len(name) > VALUE_MAX_CHARACTERS:
                raise TypeError("a count is no count")


def _sizes(categories: Categories, names: tuple[str, ...], key: str) -> dict[str, int]:
    return {name: len(categories[name][key]) for name in names}
