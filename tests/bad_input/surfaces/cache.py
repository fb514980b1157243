"""The reference cache in S3: what is not whole is never used, and the data loader heals it.

Each case spoils a good cache: for the generator, whose data loader then answers without healing it,
and for the data loader, which must read the tables again.
"""

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
    Document,
    Pointer,
    content_checksum,
    document_key,
)
from handlers.runtime.clock import parse_rfc3339, rfc3339
from handlers.runtime.logs import Log
from handlers.runtime.reply import answer
from tests.bad_input.case import RAISED, Case, Outcome, Surface, of_reply
from tests.handlers.data_loader.stage import Stage as LoaderStage
from tests.handlers.fakes import FakeS3
from tests.handlers.references import small_document
from tests.handlers.telemetry_generator.stage import NOW, TICK
from tests.handlers.telemetry_generator.stage import Stage as GeneratorStage

Spoil = Callable[[FakeS3], object]
UNAVAILABLE, UNUSABLE = ("E_REF_UNAVAILABLE", POINTER_KEY), "E_REF_CACHE"


def run(spoil: Spoil) -> Outcome:
    problem = healed(spoil)
    if problem:
        return Outcome("not healed", (), "the data loader", problem)
    stage = GeneratorStage()
    stage.publish(small_document(titles=9, customers=30))
    stage.functions.functions = {**stage.functions.functions, "L": lambda _: {"statusCode": 200}}
    spoil(stage.s3)
    stage.now += timedelta(seconds=2)
    outcome = of_reply(lambda: answer(Log(stream=stage.log), lambda: stage.call(TICK)))
    if stage.sent() or stage.ledger():
        return Outcome("events", (), "sent", "events were made of a spoilt cache\n")
    fields = tuple(POINTER_KEY if one == POINTER_KEY else "document" for one in outcome.where)
    return replace(outcome, where=fields, log=outcome.log + stage.log.getvalue())


def healed(spoil: Spoil) -> str:
    """What the data loader did wrong with a cache spoilt like this; nothing where it healed it."""
    stage = LoaderStage()
    stage.call()
    spoil(stage.s3)
    stage.now += timedelta(seconds=2)
    try:
        sources = [stage.call()["source"] for _ in range(2)]
    except Exception as error:  # noqa: BLE001 - to be told as what came of the case
        return f"{type(error).__name__}: {error}\n"
    return "" if sources == ["athena", "cache"] else f"the sources were {sources}\n"


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


def hours_ahead(s3: FakeS3) -> None:
    """The pointer as a function writes it whose clock is wrong."""
    values = json.loads(s3.objects[POINTER_KEY])
    for name in ("refreshed_at", "expires_at"):
        values[name] = rfc3339(parse_rfc3339(values[name]) + timedelta(hours=9))
    s3.objects[POINTER_KEY] = json.dumps(values).encode()


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
        del values["schema_version"]
        checksum = content_checksum(values["titles"], values["customers"])
        version = checksum[:16]
        forged = Document(**{**values, "checksum": checksum, "version": version})
        body = forged.encode()
        key = document_key(version)
        s3.objects[key] = body
        history = [{"version": version, "in_force_from": rfc3339(NOW - timedelta(hours=1))}]
        s3.objects[POINTER_KEY] = replace(
            before, version=version, key=key, checksum=hashlib.sha256(body).hexdigest(),
            history=history,
        ).encode()  # fmt: skip

    return spoil


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


DEEP = b"[" * 50_000
CASES = (
    *(
        Case(pointer(body), *UNAVAILABLE, given=f"the pointer is {body!r}"[:70])
        for body in (b"", b"{", b"{}", b"[]", b"null", b"7", b'"x"', b"\x1f\x8b", b"\xff{", DEEP)
    ),
    Case(lambda s3: s3.objects.pop(POINTER_KEY), *UNAVAILABLE, given="there is no pointer"),
    Case(cut, *UNAVAILABLE, given="a half-written pointer"),
    Case(pointing(more=1), *UNAVAILABLE, given="the pointer has a field too many"),
    *(
        Case(pointing(**{name: value}), *UNAVAILABLE, given=f"the pointer's {name} is {value!r}")
        for name, value in (
            ("schema_version", 2), ("schema_version", None), ("version", "other"), ("version", 7),
            ("key", "cache/reference/other.json.gz"), ("key", None), ("checksum", None),
            ("checksum", 7), ("refreshed_at", "soon"), ("refreshed_at", None),
            ("expires_at", "2025-08-11T10:00:00"), ("expires_at", 1), ("history", []),
            ("history", None), ("history", {}), ("history", [7]), ("history", [{}]),
            ("history", [{"version": "x", "in_force_from": "now"}]),
            ("expires_at", "2025-08-11T03:00:03Z"), ("expires_at", "9999-12-31T23:59:59-05:00"),
            ("expires_at", "2199-01-01T00:00:00Z"), ("refreshed_at", "2001-01-01T00:00:00Z"),
            ("refreshed_at", "0001-01-01T00:00:00+05:00"), ("refreshed_at", "2099-01-01T00:00:00Z"),
        )
    ),
    *(
        Case(earlier(**before), *UNAVAILABLE, given=f"an earlier version is {before!r}")
        for before in ({}, {"version": ["x"]}, {"version": None}, {"version": 7})
    ),
    Case(hours_ahead, *UNAVAILABLE, given="a pointer of a clock that is hours ahead"),
    Case(pointing(checksum="0" * 64), UNUSABLE, "document", given="a wrong checksum"),
    Case(bytes_of(lambda body: b""), UNUSABLE, "document", given="an empty document"),
    Case(bytes_of(lambda body: body[:-9]), UNUSABLE, "document", given="a document cut short"),
    Case(bytes_of(lambda body: small_document(salt="x").encode()), UNUSABLE, "document",
         given="another version's document"),
    Case(bytes_of(lambda body: b"", checked=False), UNUSABLE, "document",
         given="an empty document, and its checksum"),
    Case(bytes_of(lambda body: body[: len(body) // 2], checked=False), UNUSABLE, "document",
         given="half a document, and its checksum"),
    Case(bytes_of(lambda body: body[:40] + b"\xff\xff" + body[42:], checked=False), UNUSABLE,
         "document", given="a document with two wrong bytes, and its checksum"),
    Case(bytes_of(gzip.decompress, checked=False), UNUSABLE, "document",
         given="a document that is not gzipped, and its checksum"),
    Case(bytes_of(lambda body: gzip.compress(DEEP), checked=False), UNUSABLE, "document",
         given="lists 50,000 deep, and their checksum"),
    *(
        Case(json_of(lambda values, new=new: new), UNUSABLE, "document",
             given=f"the document is {new!r}")
        for new in ({}, [], None, 7, "x")
    ),
    Case(json_of(lambda values: {**values, "schema_version": 2}), UNUSABLE, "document",
         given="a document of another schema"),
    Case(json_of(lambda values: {**values, "version": "other"}), UNUSABLE, "document",
         given="a document that says another version"),
    Case(json_of(lambda values: {**values, "titles": {}}), UNUSABLE, "document",
         given="a document whose content is not that of its checksum"),
    *(
        Case(values_of(lambda values, at=at: values.update(created_at=at)), UNUSABLE, "document",
             given=f"the document was made at {at!r}")
        for at in (None, 7, "", "yesterday", "2025-08-11T00:00:00")
    ),
    Case(values_of(lambda values: values.update(titles={})), UNUSABLE, "document",
         given="no categories of titles, all checksums right"),
    Case(values_of(lambda values: values["customers"].pop("new")), UNUSABLE, "document",
         given="no category of new customers, all checksums right"),
    Case(each("titles", emptied), UNUSABLE, "document", given="no titles, all checksums right"),
    Case(each("customers", emptied), UNUSABLE, "document",
         given="no customers, all checksums right"),
    Case(each("titles", lambda one: one.pop("duration_minutes")), UNUSABLE, "document",
         given="titles without a duration, all checksums right"),
    Case(each("customers", lambda one: one.pop("timezone")), UNUSABLE, "document",
         given="customers without a column of time zones, all checksums right"),
    Case(each("customers", lambda one: one["country"].append("DE")), UNUSABLE, "document",
         given="columns of different lengths, all checksums right"),
    *(
        Case(column("titles", name, value), UNUSABLE, "document",
             given=f"a title's {name} is {value!r}, all checksums right")
        for name, value in (
            ("duration_minutes", None), ("duration_minutes", "90"), ("duration_minutes", 0),
            ("duration_minutes", -5), ("duration_minutes", 2**70),
            ("popularity_score", float("nan")), ("popularity_score", float("inf")),
            ("popularity_score", None), ("title_id", None), ("title_id", 7), ("title_id", ""),
        )
    ),
    *(
        Case(column("customers", name, value), UNUSABLE, "document",
             given=f"a customer's {name} is {value!r}, all checksums right")
        for name, value in (
            ("customer_id", None), ("customer_id", 7), ("country", None), ("timezone", []),
            ("age_group", {"from": 18}), ("state", 7), ("city", True),
        )
    ),
)  # fmt: skip
SURFACE = Surface("reference cache", "raised: the platform tries again", RAISED, run, CASES)
