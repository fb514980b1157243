"""What the generator reads of others: the ledger's record of an earlier attempt, and the producer's
answers. Neither is taken for what it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from handlers.contract.ledger import CLOSED, OPENED
from handlers.runtime.errors import Kind
from handlers.runtime.logs import Log
from handlers.runtime.reply import answer
from tests.bad_input.case import RAISED, Case, Outcome, Surface, of_reply
from tests.handlers.references import small_document
from tests.handlers.telemetry_generator.stage import Stage, acked

DATA = Kind.DATA.status
REPLAY = {"start": "2025-08-11T02:55:00Z", "end": "2025-08-11T03:00:00Z", "batch_size": 20}
Spoil = Callable[[Stage], object]


def run(spoil: Spoil) -> Outcome:
    """A replay again, after its record or the producer was spoilt."""
    stage = Stage(document=small_document(titles=9, customers=30))
    stage.call(REPLAY, request_id="first")
    sent = len(stage.sent())
    spoil(stage)
    outcome = of_reply(lambda: answer(Log(stream=stage.log), lambda: stage.call(REPLAY, "second")))
    if outcome.ends == DATA and len(stage.sent()) != sent:
        return Outcome("events", (), "sent", "other events were made of a record that is none\n")
    if outcome.code == "E_RUN_UNRESOLVED" and not closed(stage)["unresolved"]:
        return Outcome("no account", (), "lost", "the closing record tells no unresolved events\n")
    where = tuple("record" if one and one.startswith("ledger/") else one for one in outcome.where)
    return Outcome(
        outcome.code,
        where,
        outcome.ends,
        outcome.said,
        outcome.log + stage.log.getvalue(),
        outcome.reply,
    )


def closed(stage: Stage) -> dict[str, Any]:
    """The closing record of the second attempt."""
    records = stage.ledger()
    return next(
        one for key, one in records.items() if key.endswith(f"{CLOSED}.json") and "-second-" in key
    )


def body(content: bytes) -> Spoil:
    """Another object where the first opening record lies."""

    def spoil(stage: Stage) -> None:
        key = next(one for one in stage.s3.objects if one.endswith(f"-{OPENED}.json"))
        stage.s3.objects[key] = content

    return spoil


def record(**changes: Any) -> Spoil:
    """The first opening record with other values; `...` leaves one out."""

    def spoil(stage: Stage) -> None:
        key = next(one for one in stage.s3.objects if one.endswith(f"-{OPENED}.json"))
        values = {**json.loads(stage.s3.objects[key]), **changes}
        whole = {name: value for name, value in values.items() if value is not ...}
        stage.s3.objects[key] = json.dumps(whole).encode()

    return spoil


def answering(change: Callable[[dict[str, Any]], Any]) -> Spoil:
    """A producer whose account of a batch is changed."""
    return lambda stage: setattr(stage, "producer", lambda event: change(acked(event)))


def short(account: dict[str, Any], count: int, **named: Any) -> dict[str, Any]:
    """The account with `count` events fewer acked, and something else named."""
    return {**account, "acked": account["acked"] - count, **named}


DEEP = b"[" * 100_000
REJECTION = {"index": 0, "reason": "E_REC_SIZE", "detail": "too long"}
WINDOW = {"start": "2025-08-11T02:55:00.000Z", "end": "2025-08-11T03:00:00.000Z"}
CASES = (
    *(
        Case(body(content), "E_LEDGER", "record", given=f"the record is {content[:40]!r}")
        for content in (b"", b"{", b"{}", b"[]", b"null", b"7", b"\xff\xfe", b"[" * 50_000)
    ),
    *(
        Case(record(**{name: value}), "E_LEDGER", "record",
             given=f"the record has no {name}" if value is ... else f"its {name} is {value!r}"[:70])
        for name, value in (
            ("window", ...), ("window", None), ("window", {}), ("window", []), ("run_id", ...),
            ("window", {**WINDOW, "end": "soon"}), ("window", {**WINDOW, "start": 7}),
            ("window", {"start": WINDOW["start"]}), ("references", []), ("references", None),
            ("references", {}), ("references", [7]), ("references", [{"version": "x"}]),
            ("references", [{"version": None, "in_force_from": WINDOW["start"]}]),
            ("references", [{"version": "x", "in_force_from": "yesterday"}]),
            ("started_at", "x"), ("generated", "many"), ("generated", -1), ("acked", None),
            ("rejected_reasons", None), ("reference_version", 7), ("more", 1),
            ("schema_version", 99), ("schema_version", 0), ("schema_version", None),
            ("schema_version", True), ("ended_at", "soon"), ("ended_at", 5), ("request", None),
            ("request", []), ("scheduled_at", 5), ("scheduled_at", "soon"), ("seed", "x"),
            ("profile", None), ("rejected_reasons", {"E_X": "many"}), ("error", ["a"]),
            ("started_at", "2025-08-11t02:56:00z"), ("started_at", "0001-01-01T00:00:00Z"),
            ("status", "\ud800"), ("window", {**WINDOW, "start": "2025-08-11T03:00:00.000Z"}),
        )
    ),
    Case(record(references=[{"version": "0" * 16, "in_force_from": WINDOW["start"]}]),
         "E_REF_CACHE", "cache/reference/0000000000000000.json.gz", RAISED,
         "its reference version is gone"),
    *(
        Case(answering(change), "E_RUN_UNRESOLVED", None, RAISED, given)
        for given, change in (
            ("the producer answers a text", lambda account: "text"),
            ("the producer answers nothing", lambda account: None),
            ("the producer answers {}", lambda account: {}),
            ("an account without its batch", lambda account: account.pop("batch_id") and account),
            ("an account of another batch",
             lambda account: {**account, "batch_id": "0123456789abcdef/00000000"}),
            ("an account whose batch is null", lambda account: {**account, "batch_id": None}),
            ("an account of fewer events", lambda account: {**account, "received": 1, "acked": 1}),
            ("an account that does not add up", lambda account: {**account, "acked": 0}),
            ("counts that are texts", lambda account: {**account, "acked": "all"}),
            ("a list of rejections that is none", lambda account: {**account, "rejected": "x"}),
            ("a rejection without a reason",
             lambda account: short(account, 1, rejected=[{"index": 0}])),
            ("an index twice",
             lambda account: short(account, 2, unresolved=[0, 0])),
            ("an index that is none",
             lambda account: short(account, 1, unresolved=[-1])),
            ("indices that are texts",
             lambda account: short(account, 1, unresolved=["0"])),
            ("an error that is a text", lambda account: {**account, "error": "down"}),
            ("a refusal of the batch",
             lambda account: {"error": {"code": "E_BATCH_LIMIT", "message": "out of range"}}),
            ("a refusal of many lines",
             lambda account: {"error": {"code": "E_X", "message": "a\nb\nc\nd\ne"}}),
            *(
                (f"a rejection with {name} {value!r}"[:70],
                 lambda account, name=name, value=value: short(
                     account, 1, rejected=[{**REJECTION, name: value}]))
                for name, value in (
                    ("reason", ["E_REC_SIZE"]), ("reason", None), ("reason", ""),
                    ("reason", "\ud800"), ("reason", "E_X\n"), ("reason", "x" * 100_000),
                    ("detail", None), ("detail", {}), ("detail", "\ud800"), ("x" * 9_000, 1),
                )
            ),
            ("a topic that cannot be written", lambda account: {**account, "topic": "\ud800"}),
            ("a refusal of 100 kB",
             lambda account: {"error": {"code": "E_X", "message": "x" * 100_000}}),
            *(
                (f"a refusal with the code {str(code)[:4]!r}",
                 lambda account, code=code: {"error": {"code": code, "message": "down"}})
                for code in (7, [], "E_X\nTraceback", "E_" + "9" * 9_000, "Traceback", "\ud800")
            ),
            ("unresolved for a reason of 100 kB",
             lambda account: short(account, 1, unresolved=[0],
                                   error={"code": "E_X", "message": "x\x1b" * 50_000})),
            ("a refusal without a code", lambda account: {"error": {}}),
            ("a producer that fails", lambda account: {"errorMessage": "E_X: gone\n" * 9}),
            ("a producer that fails at length", lambda account: {"errorMessage": "x" * 100_000}),
            ("an answer that is nested too deeply", lambda account: DEEP),
        )
    ),
)  # fmt: skip
SURFACE = Surface(
    "ledger and producer as the generator reads them", "`statusCode`, or raised", DATA, run, CASES
)
