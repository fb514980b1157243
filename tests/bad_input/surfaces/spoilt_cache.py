"""Ways to spoil a good reference cache: its pointer, its document, or both so that they agree."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from handlers.contract.reference_document import (
    POINTER_KEY,
    Pointer,
    content_checksum,
    document_key,
)
from handlers.runtime.clock import parse_rfc3339, rfc3339
from tests.handlers.fakes import FakeS3
from tests.handlers.telemetry_generator.stage import NOW

Spoil = Callable[[FakeS3], object]


def pointer(body: bytes) -> Spoil:
    """Another object where the pointer lies."""
    return lambda s3: s3.objects.update({POINTER_KEY: body})


def pointing(**changes: Any) -> Spoil:
    """The pointer with other values."""

    def spoil(s3: FakeS3) -> None:
        values = json.loads(s3.objects[POINTER_KEY])
        s3.objects[POINTER_KEY] = json.dumps({**values, **changes}).encode()

    return spoil


def earlier(**before: object) -> Spoil:
    """The pointer with a version before its own."""

    def spoil(s3: FakeS3) -> None:
        history = json.loads(s3.objects[POINTER_KEY])["history"]
        entry = {"in_force_from": "2025-08-11T01:00:00Z", **before}
        pointing(history=[entry, *history])(s3)

    return spoil


def named(version: str) -> Spoil:
    """The pointer to a document of another version, consistent in itself."""
    history = [{"version": version, "in_force_from": "2025-08-11T01:00:00Z"}]
    return pointing(version=version, key=document_key(version), history=history)


def in_force(at: str) -> Spoil:
    """The pointer whose version comes into force then."""

    def spoil(s3: FakeS3) -> None:
        (entry,) = json.loads(s3.objects[POINTER_KEY])["history"]
        pointing(history=[{**entry, "in_force_from": at}])(s3)

    return spoil


def ahead(hours: int) -> Spoil:
    """The pointer as a function writes it whose clock is wrong."""

    def spoil(s3: FakeS3) -> None:
        values = json.loads(s3.objects[POINTER_KEY])
        names = ("refreshed_at", "expires_at", "in_force_from")
        for part in (values, *values["history"]):
            for name in part.keys() & names:
                part[name] = rfc3339(parse_rfc3339(part[name]) + timedelta(hours=hours))
        s3.objects[POINTER_KEY] = json.dumps(values).encode()

    return spoil


def cut(s3: FakeS3) -> None:
    """The pointer as a writer leaves it that died half-way."""
    s3.objects[POINTER_KEY] = s3.objects[POINTER_KEY][: len(s3.objects[POINTER_KEY]) // 2]


def bytes_of(change: Callable[[bytes], bytes], checked: bool = True) -> Spoil:
    """The document with other bytes; unless `checked` the pointer's checksum is theirs."""

    def spoil(s3: FakeS3) -> None:
        whole = Pointer.decode(s3.objects[POINTER_KEY])
        s3.objects[whole.key] = change(s3.objects[whole.key])
        if not checked:
            digest = hashlib.sha256(s3.objects[whole.key]).hexdigest()
            s3.objects[POINTER_KEY] = replace(whole, checksum=digest).encode()

    return spoil


def values_of(change: Callable[[dict[str, Any]], object]) -> Spoil:
    """The document with other values, under checksums that agree with them."""

    def spoil(s3: FakeS3) -> None:
        before = Pointer.decode(s3.objects[POINTER_KEY])
        values = json.loads(gzip.decompress(s3.objects[before.key]))
        change(values)
        content = json.loads(spelt([values["titles"], values["customers"]]))
        checksum = content_checksum(*content)
        version = checksum[:16]
        forged = {**values, "checksum": checksum, "version": version}
        body = gzip.compress(spelt(forged).encode())
        key = document_key(version)
        s3.objects[key] = body
        history = [{"version": version, "in_force_from": rfc3339(NOW - timedelta(hours=1))}]
        s3.objects[POINTER_KEY] = replace(
            before, version=version, key=key, checksum=hashlib.sha256(body).hexdigest(),
            history=history,
        ).encode()  # fmt: skip

    return spoil


def spelt(values: object) -> str:
    """JSON in ASCII, where the text 1e400 stands for the number."""
    return json.dumps(values).replace('"1e400"', "1e400")


def each(table: str, change: Callable[[dict[str, Any]], object]) -> Spoil:
    """Every category of a table changed."""

    def change_all(values: dict[str, Any]) -> None:
        for category in values[table].values():
            change(category)

    return values_of(change_all)


def column(table: str, name: str, value: object) -> Spoil:
    """The first value of a column replaced in every category that has one."""

    def put(category: dict[str, Any]) -> None:
        category[name][:1] = [value]

    return each(table, put)


def emptied(category: dict[str, Any]) -> None:
    for name in category:
        category[name] = []


def json_of(change: Callable[[Any], object]) -> Spoil:
    """The document's JSON replaced, with the pointer's checksum right."""
    return bytes_of(
        lambda body: gzip.compress(json.dumps(change(json.loads(gzip.decompress(body)))).encode()),
        checked=False,
    )
