"""An event within a batch: refused by index and reason, or sent as it came."""

from __future__ import annotations

import json
import re

from handlers.contract.event import RECORD_MAX_BYTES
from handlers.contract.records import check
from tests.bad_input.case import KEYS, TAKEN, Case, Outcome, Surface, crashed
from tests.bad_input.surfaces.generator import nested
from tests.handlers.msk_producer.events import event, line

PERSON = "CUST_0badc0de_000042"
REJECTED = "rejected"
COLUMN = re.compile(r"unknown column(?:$| '(.*)'|; expected (.*))|(\S+) ")


def run(given: object) -> Outcome:
    """A good event beside the given one, which must pass whatever becomes of the other."""
    try:
        records, rejections = check([event(0), *(given if isinstance(given, tuple) else (given,))])
    except Exception:  # noqa: BLE001 - to be told as what came of the case
        return crashed("")
    if records[0].index != 0:
        return Outcome("the good event", (), "is gone")
    if not rejections:
        return Outcome(TAKEN, (), TAKEN)
    said = "".join(f"{one.reason}: event {one.index}: {one.detail}\n" for one in rejections)
    named = COLUMN.match(rejections[0].detail) if rejections[0].reason == "E_REC_COLUMN" else None
    where = next(filter(None, named.groups()), None) if named else None
    return Outcome(rejections[0].reason, (where,), REJECTED, said)


def without(*columns: str) -> dict[str, object]:
    made = event(1)
    for column in columns:
        del made[column]
    return made


def column(name: str, *values: object) -> tuple[Case, ...]:
    """The cases of one column: what it may not be."""
    return tuple(
        Case(event(1, **{name: value}), "E_REC_COLUMN", name, given=f"{name} is {value!r}"[:70])
        for value in values
    )


ITSELF: list[object] = []
ITSELF.append(ITSELF)


def filled(over: int) -> bytes:
    """A line that is `over` bytes longer than a record may be."""
    return line(1, city="x" * (RECORD_MAX_BYTES - len(line(1, city="")) + over))


CASES = (
    *(Case(bad, "E_REC_SHAPE") for bad in (None, [], "x", 7, True, b"", b"   ", b"{", b"null")),
    *(Case(bad, "E_REC_SHAPE") for bad in (b"[]", b"7", b'"x"', b"{}{}", b"{'a': 1}", b"{a: 1}")),
    Case(line(1) + line(2), "E_REC_SHAPE", given="two events in one line"),
    Case(line(1)[:-1], "E_REC_SHAPE", given="an event cut short"),
    Case(b"\xef\xbb\xbf" + line(1), "E_REC_SHAPE", given="a byte order mark before the event"),
    Case(line(1) + b"\x00", "E_REC_SHAPE", given="NUL after the event"),
    Case(b"\x1f\x8b" + line(1), "E_REC_ENCODING", given="gzip's first bytes before the event"),
    Case(line(1).decode().encode("utf-16"), "E_REC_ENCODING", given="an event in UTF-16"),
    Case(line(1).replace(b"Berlin", b"K\xf6ln"), "E_REC_ENCODING", given="an event in Latin-1"),
    Case(line(1, bandwidth_mbps=float("nan")), "E_REC_SHAPE", given="NaN in a line"),
    Case(line(1, bandwidth_mbps=float("inf")), "E_REC_SHAPE", given="Infinity in a line"),
    Case(b"[" * 100_000, "E_REC_SHAPE", given="100,000 brackets"),
    Case(b"1" * 5_000, "E_REC_SHAPE", given="a number of 5,000 digits"),
    Case(event(1, city=nested(50_000)), "E_REC_SHAPE", given="lists 50,000 deep"),
    *(
        Case(event(1, event_id=bad), "E_REC_ID", given=f"event_id is {bad!r}"[:70])
        for bad in (
            *(None, "", 7, True, [], "abc", "0123456789abcdef", "0123456789abcdef-1"),
            *("0123456789ABCDEF-00000001", "0123456789abcdef-000000001", "x" * 10_000),
            *(" 0123456789abcdef-00000001", "0123456789abcdef-00000001\n"),
            *("0123456789abcdef-0000000x", "0123456789abcdef-٠٠٠٠٠٠٠١"),
        )
    ),
    Case(without("event_id"), "E_REC_ID", given="no event_id"),
    Case((event(1), event(1)), "E_REC_DUPLICATE", given="one event twice"),
    Case((event(1), event(1, city="Bonn")), "E_REC_ID_CONFLICT", given="two events with one id"),
    *(
        Case(without(name), "E_REC_COLUMN", name, given=f"no {name}")
        for name in ("customer_id", "title_id", "session_id", "event_timestamp", "country")
    ),
    *column("customer_id", None, "", 99233, ["CUST_0badc0de_000042"], {"id": 1}),
    *column("session_id", 7, True, []),
    *column("watch_duration_seconds", "12", 1.0, True, 2**31, -(2**31) - 1, None, [1], ""),
    *column("completion_percentage", "1.5", True, None, float("nan"), float("-inf"), {}),
    *column("bandwidth_mbps", 10**400, -(10**309)),
    Case(line(1, bandwidth_mbps=10**400), "E_REC_COLUMN", "bandwidth_mbps",
         given="a number of 401 digits, in a line"),
    Case(line(1)[:-1] + b',"city":"Bonn"}', "E_REC_SHAPE", given="a column twice, in a line"),
    Case(line(1)[:-1] + b',"city":"Berlin"}', "E_REC_SHAPE", given="a column twice, the same"),
    Case(b'{"event_id":"ffffffffffffffff-00000009",' + line(1)[1:], "E_REC_SHAPE",
         given="two event ids in one event"),
    Case(line(1)[:-1] + b',"\\u0063ity":"Bonn"}', "E_REC_SHAPE",
         given="a column twice, once escaped"),
    Case(event(1, shoe_size=43), "E_REC_COLUMN", "shoe_size"),
    Case(event(1, Country="DE"), "E_REC_COLUMN", "country", given="a column in another case"),
    Case({**event(1), "k" * 9_000: 1}, "E_REC_COLUMN", given="a column of 9,000 letters"),
    *(
        Case({**event(1), name: 1}, "E_REC_COLUMN", given=f"a column whose name is {what}")
        for name, what in (
            (PERSON, "a customer id"), (KEYS["AWS_ACCESS_KEY_ID"], "an access key"),
            ("jane.doe@mail.example", "an address"), ("", "empty"),
        )
    ),
    Case(event(1, city="\ud800"), "E_REC_ENCODING", given="half a character, in an object"),
    Case(event(1, city=b"Bonn"), "E_REC_ENCODING", given="bytes in an object"),
    Case(event(1, city=bytearray(b"Bonn")), "E_REC_ENCODING", given="a bytearray in an object"),
    Case(event(1, city=[b"\xff"]), "E_REC_ENCODING", given="bytes in a list in an object"),
    Case(event(1, city={1}), "E_REC_SHAPE", given="a set in an object"),
    Case(event(1, city=object()), "E_REC_SHAPE", given="an object of no JSON type"),
    Case({**event(1), (1, 2): 3}, "E_REC_SHAPE", given="a tuple for a column's name"),
    Case({**event(1), 10**5_000: 3}, "E_REC_SHAPE", given="5,001 digits for a column's name"),
    Case(event(1, city=ITSELF), "E_REC_SHAPE", given="a list that holds itself"),
    Case(ITSELF, "E_REC_SHAPE", given="a list that holds itself for an event"),
    Case(event(1, position_seconds=10**5_000), "E_REC_SHAPE",
         given="a number of 5,001 digits, in an object"),
    Case({**event(1), "x": nested(50_000)}, "E_REC_SHAPE",
         given="lists 50,000 deep in an unknown column"),
    Case(line(1, city="\ud800"), "E_REC_ENCODING", given="half a character, in a line"),
    Case(line(1, city="x").replace(b'"x"', b'"\\uDFFF"'), "E_REC_ENCODING",
         given="the other half, in a line"),
    Case(filled(0), TAKEN, ends=TAKEN, given="a record of 256 KiB"),
    Case(filled(1), "E_REC_SIZE", given="a record of 256 KiB and a byte"),
    Case(event(1, city="x" * 2**20), "E_REC_SIZE", given="a text of 1 MiB"),
    *(
        Case(form, TAKEN, ends=TAKEN, given=f"{text!r} in a value, as {kind}")
        for text in ("a\nb", "\t", "\x00", "\u2028", "\u202eRTL", "😀", '"', "\\", "'; DROP TABLE")
        for kind, form in (
            ("an object", event(1, city=text)),
            ("a line", json.dumps(event(1, city=text)).encode()),
        )
    ),
    Case(event(1, state=None, city=None), TAKEN, ends=TAKEN, given="NULL in optional columns"),
    Case(without("state", "city"), TAKEN, ends=TAKEN, given="no optional columns"),
)  # fmt: skip
SURFACE = Surface("event of a batch", "rejected by index, the others sent", REJECTED, run, CASES)
