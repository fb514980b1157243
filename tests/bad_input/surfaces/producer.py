"""The producer's payload, given to its entry."""

from __future__ import annotations

import base64
import gzip
from typing import Any

from handlers.contract.batch import pack
from handlers.contract.limits import (
    BATCH_MAX_BYTES,
    BATCH_MAX_DECOMPRESSED_BYTES,
    BATCH_MAX_EVENTS,
)
from handlers.msk_producer import handler
from tests.bad_input.case import (
    RAISED,
    REPLIED,
    TAKEN,
    Case,
    Outcome,
    Surface,
    environment,
    of_reply,
)
from tests.bad_input.surfaces.environments import PRODUCER
from tests.bad_input.surfaces.generator import nested
from tests.bad_input.surfaces.records import ITSELF, PERSON
from tests.handlers.fakes import FakeContext
from tests.handlers.msk_producer.events import event


def run(payload: object) -> Outcome:
    with environment(PRODUCER):
        return of_reply(lambda: handler.handle(payload, FakeContext()))


def packed(text: object, **changed: object) -> dict[str, Any]:
    return {"batch_id": "b", "encoding": "gzip+base64", "lines": text, **changed}


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


TOKEN = base64.urlsafe_b64encode(b"https://kafka.eu-central-1.amazonaws.com/?Action=x").decode()
BOMB = encoded(gzip.compress(b"\n" * (BATCH_MAX_DECOMPRESSED_BYTES + 1), 9))
MANY = BATCH_MAX_EVENTS + 1
WHOLE = gzip.compress(b"x" * 99)

CASES = (
    *(Case(bad, "E_EVENT_SHAPE", "payload") for bad in (None, [], "x", 1, {}, False)),
    Case([event(1)], "E_EVENT_SHAPE", "payload", given="a list of events without a batch"),
    Case({"batch_id": "b"}, "E_EVENT_SHAPE", "payload"),
    Case({"events": [1]}, "E_EVENT_SHAPE", "payload"),
    Case({"batch_id": "b", "lines": "x"}, "E_EVENT_SHAPE", "payload"),
    Case({"encoding": "gzip+base64", "lines": "x"}, "E_EVENT_SHAPE", "payload"),
    Case({"batch_id": "b", "events": [1], "describe_topic": True}, "E_EVENT_SHAPE", "payload"),
    Case({"batch_id": "b", "events": [1], "ensure_topic": True}, "E_EVENT_SHAPE", "payload",
         ends=RAISED),
    Case({"ensure_topic": True, "describe_topic": True}, "E_EVENT_SHAPE", "payload", ends=RAISED),
    Case(packed("x", events=[1]), "E_EVENT_SHAPE", "payload"),
    Case({"batch_id": "b", "events": nested(50_000)}, TAKEN,
         given="lists 50,000 deep for an event: rejected by index"),
    *(
        Case({"batch_id": "b", "events": [bad]}, TAKEN, given=f"{words} for an event: rejected")
        for bad, words in (
            ({1}, "a set"), (b"\xff", "bytes"), (10**5_000, "5,001 digits"), (ITSELF, "a circle"),
        )
    ),
    Case({"batch_id": nested(50_000), "events": [1]}, "E_EVENT_SHAPE", "payload",
         given="lists 50,000 deep for a batch id"),
    *(
        Case({"batch_id": bad, "events": [1]}, "E_BATCH_ID", "batch_id",
             given=f"{words} for a batch id")
        for bad, words in (
            (10**5_000, "5,001 digits"), ({1}, "a set"), (b"b", "bytes"), (ITSELF, "a circle"),
        )
    ),
    Case({(1, 2): 3}, "E_EVENT_FIELD", "(1, 2)", given="a tuple for a name"),
    Case({10**5_000: 3}, "E_EVENT_FIELD", "<int>", given="5,001 digits for a name"),
    Case({"describe_topic": 10**5_000}, "E_EVENT_TYPE", "describe_topic",
         given="5,001 digits for true"),
    Case({"ensure_topic": 10**5_000}, "E_EVENT_TYPE", "payload", ends=RAISED,
         given="5,001 digits for true, to ensure the topic"),
    Case({"ensure_topics": True}, "E_EVENT_FIELD", "ensure_topics"),
    Case({"batch_id": "b", "records": [1]}, "E_EVENT_FIELD", "records"),
    Case({"batchId": "b", "events": [1]}, "E_EVENT_FIELD", "batchId"),
    Case({"topic": "other", "batch_id": "b", "events": [1]}, "E_EVENT_FIELD", "topic"),
    Case({PERSON: 1}, "E_EVENT_FIELD", PERSON),
    Case({TOKEN: 1}, "E_EVENT_FIELD", f"{TOKEN[:37]}...", given="a token for a name"),
    Case({"ensure_topic": False}, "E_EVENT_TYPE", "payload", ends=RAISED),
    Case({"ensure_topic": "true"}, "E_EVENT_TYPE", "payload", ends=RAISED),
    Case({"ensure_topic": PERSON}, "E_EVENT_TYPE", "payload", ends=RAISED),
    Case({"ensure_topic": True, PERSON: 1}, "E_EVENT_FIELD", "payload", ends=RAISED),
    *(
        Case({"describe_topic": bad}, "E_EVENT_TYPE", "describe_topic")
        for bad in (1, None, "acme-telemetry")
    ),
    *(
        Case({"batch_id": bad, "events": [1]}, "E_BATCH_ID", "batch_id")
        for bad in (None, "", 7, " ", "a b", "x" * 129, "a\n", ["b"], "ü")
    ),
    *(
        Case({"batch_id": "b", "events": bad}, "E_BATCH_SHAPE", "events")
        for bad in (None, {}, "x", 7, [], True)
    ),
    Case({"batch_id": "b", "events": event(1, customer_id=PERSON)}, "E_BATCH_SHAPE", "events",
         given="one event and no list"),
    Case({"batch_id": "b", "events": PERSON}, "E_BATCH_SHAPE", "events",
         given="a customer id for events"),
    *(
        Case(packed("x", encoding=bad), "E_BATCH_SHAPE", "encoding")
        for bad in ("gzip", "GZIP+BASE64", 7, None)
    ),
    *(Case(packed(bad), "E_BATCH_SHAPE", "lines") for bad in ("", 7, None, [], "not base64!")),
    Case(packed(encoded(b"no gzip")), "E_BATCH_SHAPE", "lines", given="lines that are no gzip"),
    Case(packed(encoded(WHOLE)[:-2]), "E_BATCH_SHAPE", "lines", given="base64 without its end"),
    Case(packed(encoded(WHOLE[:-9])), "E_BATCH_SHAPE", "lines", given="gzip cut short"),
    Case(packed(encoded(WHOLE[:12] + b"\xff" + WHOLE[13:])), "E_BATCH_SHAPE", "lines",
         given="gzip with a wrong byte"),
    Case(packed(encoded(WHOLE + b"more")), "E_BATCH_SHAPE", "lines",
         given="gzip followed by more"),
    Case(packed(encoded(WHOLE + WHOLE)), "E_BATCH_SHAPE", "lines", given="two gzip members"),
    Case(packed(encoded(WHOLE) + "\n"), "E_BATCH_SHAPE", "lines", given="base64 and a newline"),
    Case(packed(BOMB), "E_BATCH_LIMIT", "lines", given="64 MiB and more when unpacked"),
    Case(packed(pack([])), "E_BATCH_SHAPE", "lines", given="no line"),
    Case(packed(encoded(gzip.compress(b"ab\n" * 22_000_000, 9))), "E_BATCH_LIMIT", "events",
         given="22 million short lines in 90 kB"),
    Case(packed(pack([b"x"] * MANY)), "E_BATCH_LIMIT", "events", given="10,001 lines"),
    Case({"batch_id": "b", "events": [1] * MANY}, "E_BATCH_LIMIT", "events",
         given="10,001 events"),
    Case(packed("A" * (BATCH_MAX_BYTES + 4)), "E_BATCH_LIMIT", "lines", given="over 5 MB of lines"),
    Case({"batch_id": "b", "events": ["ü" * 2_500_000]}, "E_BATCH_LIMIT", "events",
         given="over 5 MB of events"),
    Case({"events": [1], "batch_id": "x" * 9_000}, "E_BATCH_ID", "batch_id",
         given="a batch id of 9,000 letters"),
    Case({"batch_id": "", "events": [], "x": 1}, "E_BATCH_ID", ("batch_id", "events", "x")),
    Case({"batch_id": "b", "events": [None, "x", {}]}, TAKEN,
         given="no good event: each is rejected by index"),
)  # fmt: skip
SURFACE = Surface(
    "producer's payload", "replied, or raised so that a deployment stops", REPLIED, run, CASES
)
