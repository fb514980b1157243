"""The reference cache in S3: what is not whole is never used, and the data loader heals it.

Each case spoils a good cache: for the generator, whose data loader then answers without healing it,
and for the data loader, which must read the tables again.
"""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta

from handlers.contract.reference_document import POINTER_KEY
from handlers.runtime.errors import VALUE_MAX_CHARACTERS
from handlers.runtime.logs import Log
from handlers.runtime.reply import answer
from tests.bad_input.case import RAISED, Case, Outcome, Surface, of_reply
from tests.bad_input.surfaces.spoilt_cache import (
    Spoil,
    ahead,
    bytes_of,
    column,
    cut,
    each,
    earlier,
    emptied,
    in_force,
    json_of,
    named,
    pointer,
    pointing,
    values_of,
)
from tests.handlers.data_loader.stage import Stage as LoaderStage
from tests.handlers.references import small_document
from tests.handlers.telemetry_generator.stage import TICK
from tests.handlers.telemetry_generator.stage import Stage as GeneratorStage

LONG = "x" * 100_000
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
    log = outcome.log + stage.log.getvalue()
    if told_whole(outcome.said + log):
        return Outcome("a long value", (), "told", log[:300])
    return replace(outcome, where=fields, log=log)


def told_whole(text: str) -> bool:
    return LONG[: VALUE_MAX_CHARACTERS + 1] in text


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
    if told_whole(stage.log.getvalue()):
        return "a long value was logged\n"
    return "" if sources == ["athena", "cache"] else f"the sources were {sources}\n"


DEEP = b"[" * 50_000
CASES = (
    *(
        Case(pointer(body), *UNAVAILABLE, given=f"the pointer is {body!r}"[:70])
        for body in (b"", b"{", b"{}", b"[]", b"null", b"7", b'"x"', b"\x1f\x8b", b"\xff{", DEEP)
    ),
    Case(lambda s3: s3.objects.pop(POINTER_KEY), *UNAVAILABLE, given="there is no pointer"),
    Case(cut, *UNAVAILABLE, given="a half-written pointer"),
    Case(pointing(more=1), *UNAVAILABLE, given="the pointer has a field too many"),
    Case(pointing(**{LONG: 1}), *UNAVAILABLE, given="the pointer has a field of 100,000 letters"),
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
            ("refreshed_at", LONG), ("refreshed_at", f"2025-08-11T03:00:00.{10**99}Z"),
            ("expires_at", LONG), ("schema_version", True), ("schema_version", 1.0),
            ("schema_version", LONG), ("activity", None), ("activity", LONG), ("counts", 7),
            ("counts", {"titles": 7}), ("counts", {LONG: {}}),
            ("counts", {"titles": float("nan")}), ("counts", {"titles": {"popular": float("nan")}}),
            ("counts", {"titles": {"popular": True}}), ("counts", {"titles": {LONG: 1}}),
        )
    ),
    *(
        Case(named(version), *UNAVAILABLE, given=f"the version, key and all, is {version!r}")
        for version in ("x" * 1_100, "\ud800", "../x", "0123456789ABCDEF", "0123456789abcde")
    ),
    *(
        Case(in_force(at), *UNAVAILABLE, given=f"the pointer's version comes into force at {at}")
        for at in ("9999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", f"2025-08-11T03:00:00.{10**99}Z")
    ),
    *(
        Case(earlier(**before), *UNAVAILABLE, given=f"an earlier version is {before!r}")
        for before in (
            {}, {"version": ["x"]}, {"version": None}, {"version": 7}, {"version": "x" * 1_100},
            {"version": "\ud800"}, {"version": ""}, {"version": "0123456789ABCDEF"},
        )
    ),
    *(
        Case(ahead(hours), *UNAVAILABLE, given=f"a pointer of a clock that is {hours} hours ahead")
        for hours in (9, 100_000)
    ),
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
    *(
        Case(json_of(lambda values, new=new: {**values, **new}), UNUSABLE, "document",
             given=f"a document that says {new!r}")
        for new in (
            {"schema_version": 2}, {"schema_version": True}, {"schema_version": LONG},
            {"version": "other"}, {"version": LONG}, {"created_at": LONG}, {LONG: 1},
        )
    ),
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
    Case(each("titles", lambda one: one.update(title_id="a" * len(one["title_id"]))), UNUSABLE,
         "document", given="a text as the column of titles' ids, all checksums right"),
    Case(each("titles", lambda one: one.update(genre=dict.fromkeys(one["title_id"]))), UNUSABLE,
         "document", given="an object as the column of genres, all checksums right"),
    Case(each("customers", lambda one: one.update(city="a" * len(one["city"]))), UNUSABLE,
         "document", given="a text as the column of cities, all checksums right"),
    *(
        Case(column("titles", name, value), UNUSABLE, "document",
             given=f"a title's {name} is {value!r}, all checksums right")
        for name, value in (
            ("duration_minutes", None), ("duration_minutes", "90"), ("duration_minutes", 0),
            ("duration_minutes", -5), ("duration_minutes", 2**70),
            ("popularity_score", float("nan")), ("popularity_score", float("inf")),
            ("popularity_score", None), ("popularity_score", "1e400"),
            ("popularity_score", 10**400), ("title_id", None), ("title_id", 7), ("title_id", ""),
            ("title_id", "\ud800"), ("title_id", "x" * 257), ("genre", "\ud800"),
        )
    ),
    *(
        Case(column("customers", name, value), UNUSABLE, "document",
             given=f"a customer's {name} is {value!r}, all checksums right")
        for name, value in (
            ("customer_id", None), ("customer_id", 7), ("country", None), ("timezone", []),
            ("age_group", {"from": 18}), ("state", 7), ("city", True), ("customer_id", "\ud800"),
            ("customer_id", "x" * 257), ("country", "\ud800"), ("state", "\ud800"),
            ("timezone", "\udfff"), ("is_active", 1), ("is_active", 0.0),
        )
    ),
)  # fmt: skip
SURFACE = Surface("reference cache", "raised: the platform tries again", RAISED, run, CASES)
