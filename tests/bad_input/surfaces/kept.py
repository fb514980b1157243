"""What the operators' commands read of S3: the quarantine, the records of replays, the ledger."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from analysis import __main__ as analysis_line
from analysis import aws
from analysis.replays import Batch
from handlers.contract import ledger, quarantine
from handlers.runtime.clock import parse_rfc3339
from tests.analysis.objects import Objects
from tests.analysis.quarantined import FOUND
from tests.bad_input.case import TAKEN, Case, Outcome, Surface
from tests.bad_input.surfaces.command_lines import called, prepare

RANGE = ("--stack", "dev", "--from", "2025-08-11T12:00Z", "--to", "2025-08-11T13:00Z")
QUARANTINE, REPLAY, LEDGER = "quarantine", "replay", "ledger"
Given = tuple[str, bytes]


def run(given: Given) -> Outcome:
    """The command that reads such an object, where it is the only one of the bucket."""
    kind, content = given
    arguments, key = READERS[kind]
    bucket = Objects({key: content})
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        variables = {"ACME_OUTPUTS_FILE": f"{folder}/good.json"}
        with patch.object(aws, "client", lambda *_, **__: bucket):
            outcome = called(analysis_line, list(arguments), variables)
    if f": s3://x/{key} " not in outcome.said:
        return outcome
    return replace(outcome, where=("object",) * len(outcome.where))


START, END = "2025-08-11T12:00:00.000Z", "2025-08-11T12:05:00.000Z"
WINDOW = {"start": START, "end": END}
RUN = "0123456789abcdef"
ROW = FOUND.as_row()
BATCH = asdict(
    Batch(
        started_at=START, batch_id="replay/0000-x", hours="", reason="",
        fates={f"{RUN}-00000001": "acked"}, contents={f"{RUN}-00000001": "x"},
    )
)  # fmt: skip
RECORD = ledger.Record(
    run_id=RUN, attempt="20250811T120600000Z-x", status=ledger.STATUS_COMPLETE, window=WINDOW,
    scheduled_at=None, seed=1, profile="steady", reference_version="v",
    references=[{"version": "v", "in_force_from": START}], request={}, started_at=END,
    ended_at=END,
).as_dict()  # fmt: skip
ATTEMPT = ledger.key(parse_rfc3339(END), RUN, str(RECORD["attempt"]), ledger.CLOSED)
READERS = {
    QUARANTINE: (
        ("replay", *RANGE, "--dry-run"), quarantine.key(FOUND.stage, FOUND.occurred_at, "x"),
    ),
    REPLAY: (("replay", *RANGE, "--dry-run"), Batch(**BATCH).key),
    LEDGER: (("reconcile", *RANGE), ATTEMPT),
}  # fmt: skip


def changed(good: Mapping[str, object], changes: Mapping[str, Any]) -> bytes:
    """The record as JSON with other values; `...` leaves one out."""
    values = {**good, **changes}
    return json.dumps({name: one for name, one in values.items() if one is not ...}).encode()


def given_of(changes: Mapping[str, Any]) -> str:
    """What is other in a record, in words."""
    return ", ".join(
        f"no {name}" if value is ... else f"{name} {value!r}"[:60]
        for name, value in changes.items()
    )


def row(code: str = "E_QUARANTINE_OBJECT", ends: int | None = None, **changes: Any) -> Case:
    """A quarantine whose one row has other values."""
    body = gzip.compress(changed(ROW, changes))
    given = f"a quarantine's row with {given_of(changes)}"
    return Case((QUARANTINE, body), code, "object", ends, given)


def batch(**changes: Any) -> Case:
    """A record of a replay with other values."""
    given = f"a replay's record with {given_of(changes)}"
    return Case((REPLAY, changed(BATCH, changes)), "E_REPLAY_RECORD", "object",
                given=given)  # fmt: skip


def record(**changes: Any) -> Case:
    """A ledger record with other values."""
    given = f"a ledger record with {given_of(changes)}"
    return Case((LEDGER, changed(RECORD, changes)), "E_LEDGER_RECORD", "object",
                given=given)  # fmt: skip


DEEP = b"[" * 100_000
BODIES = (b"", b"{", b"[]", b"{}", b"null", b"7", b'"x"', b"\xff{", DEEP, b'{"a":' * 100_000)
NOT_TEXT = (None, 5, True, ["a"], {"a": "b"}, "\ud800")
CASES = (
    *(Case((QUARANTINE, gzip.compress(body or b"\n")), "E_QUARANTINE_OBJECT", "object",
           given=f"a quarantine of the line {body!r}"[:70]) for body in BODIES),
    *(Case((QUARANTINE, body), "E_QUARANTINE_OBJECT", "object",
           given=f"a quarantine that is {body!r}, not gzip"[:70])
      for body in (b"", b"{}", b"\x1f\x8b", DEEP)),
    Case((QUARANTINE, gzip.compress(changed(ROW, {}))[:-9]), "E_QUARANTINE_OBJECT",
         "object", given="a quarantine that is cut short"),
    *(row(**{name: value}) for name in ("occurred_at", "reason", "stage") for value in NOT_TEXT),
    *(row(**{name: value})
      for name, value in (
          ("occurred_at", "soon"), ("occurred_at", ""), ("occurred_at", "2025-08-11T12:00:00"),
          ("quarantine_id", 5), ("quarantine_id", ["a"]), ("detail", {}), ("topic", None),
          ("content", None), ("content", 1234), ("content", ["a"]), ("content", "?"),
          ("content", "\u00fc"), ("content", ...), ("content_bytes", "many"),
          ("schema_version", None), ("schema_version", "1"), ("schema_version", 1.0),
          ("run_id", 5), ("event_index", "5"), ("event_index", True), ("event_index", 5.5),
          ("topic_partition", []), ("topic_offset", "x"), ("object_key", 5), ("object_line", {}),
          ("reason", ...), ("CUST_0a_12", 1), ("occurred_at", "CUST_0a_12"),
      )),
    row(TAKEN, 0, reason="E_REC_DUPLICATE", occurred_at="2025-08-11T11:59:59.999Z"),
    *(Case((REPLAY, body), "E_REPLAY_RECORD", "object",
           given=f"a replay's record that is {body!r}"[:70]) for body in BODIES),
    *(batch(**{name: value}) for name in ("fates", "contents")
      for value in (None, 5, "x", [1], {"a": 1}, {f"{RUN}-00000001": None}, {"CUST_0a_12": "acked"},
                    {f"{RUN}-000000\u0661": "acked"})),
    *(batch(**{name: value})
      for name, value in (
          ("schema_version", 99), ("schema_version", 0), ("schema_version", None),
          ("schema_version", "1"), ("schema_version", True), ("schema_version", 1.0),
          ("started_at", None), ("started_at", 5), ("started_at", "soon"), ("started_at", ...),
          ("started_at", "2025-08-11T12:00:00"), ("started_at", "2025-08-11T12:00:00z"),
          ("started_at", "9999-12-31T23:59:59-05:00"), ("started_at", "CUST_0a_12"),
          ("batch_id", 5), ("hours", None), ("reason", ["a"]), ("CUST_0a_12", 1),
      )),
    *(Case((LEDGER, body), "E_LEDGER_RECORD", "object",
           given=f"a ledger record that is {body!r}"[:70]) for body in BODIES),
    *(record(**{name: value})
      for name, value in (
          ("schema_version", 99), ("schema_version", 0), ("schema_version", None),
          ("schema_version", "1"), ("schema_version", True), ("ended_at", "soon"), ("ended_at", 5),
          ("ended_at", ""), ("ended_at", "2025-08-11T12:06:00"), ("ended_at", "CUST_0a_12"),
          ("ended_at", "9999-12-31T23:59:59Z"), ("started_at", None), ("started_at", []),
          ("started_at", "0001-01-01T00:00:00Z"), ("started_at", "2025-08-11t12:06:00z"),
          ("scheduled_at", 5), ("scheduled_at", "soon"), ("scheduled_at", ["a"]),
          ("request", None), ("request", []), ("request", "x"), ("request", ...),
          ("window", None), ("window", []), ("window", {}), ("window", {"start": START}),
          ("window", {**WINDOW, "end": None}), ("window", {**WINDOW, "start": "soon"}),
          ("window", {"end": START, "start": END}), ("window", {"start": END, "end": END}),
          ("window", {**WINDOW, "start": "0001-01-01T00:00:00Z"}),
          ("window", {**WINDOW, "end": "9999-12-31T23:59:59Z"}),
          ("window", {"start": "2025-08-10T12:00:00Z", "end": "2025-08-10T12:05:00Z"}),
          ("references", None), ("references", {}), ("references", [7]), ("references", [{}]),
          ("references", [{"version": "v", "in_force_from": 5}]),
          ("references", [{"version": None, "in_force_from": START}]),
          ("rejected_reasons", None), ("rejected_reasons", {"E_X": "many"}),
          ("rejected_reasons", {"E_X": -1}), ("seed", "x"), ("seed", 1.5), ("profile", None),
          ("profile", ["a"]), ("status", 5), ("run_id", 5), ("run_id", "other"),
          ("attempt", None), ("attempt", "other"), ("reference_version", []), ("error", {}),
          ("generated", None), ("generated", "1"), ("acked", -1), ("rejected", True),
          ("unresolved", 1.0), ("CUST_0a_12", 1), ("run_id", "CUST_0a_12"),
      )),
)  # fmt: skip
SURFACE = Surface("records in S3 as the operators' commands read them", "exit code", 3, run, CASES)
