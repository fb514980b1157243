"""A replay sends what can be mended once, says what stays, and can be run again at any point."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analysis import replay as module
from analysis import replays
from analysis.errors import AnalysisError
from analysis.quarantine import Hours, Quarantine
from analysis.replay import Replay, replay
from handlers.contract.batch import unpack
from handlers.contract.identity import event_id
from handlers.contract.quarantine import Record
from tests.analysis.objects import Objects
from tests.analysis.quarantined import FOUND
from tests.handlers.msk_producer.events import RUN, event, line

NOON = datetime(2025, 8, 11, 12, tzinfo=UTC)
NOW = NOON + timedelta(days=1)
HOURS = Hours.around(NOON, NOON + timedelta(hours=1))


class Producer:
    """Answers as the function does; `reply` replaces the fate of all events."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.calls = 0
        self.reply: dict[str, Any] = {}

    def __call__(self, event: dict[str, object]) -> Mapping[str, Any]:
        lines = unpack(str(event["lines"]), 1 << 26)
        self.calls += 1
        self.sent += lines
        whole = {"batch_id": event["batch_id"], "topic": "t", "received": len(lines),
                 "acked": len(lines), "rejected": [], "unresolved": []}  # fmt: skip
        return {**whole, **self.reply}


def kept(*contents: bytes, **changes: Any) -> tuple[Objects, Quarantine]:
    s3 = Objects({})
    store = Quarantine(s3, "data")
    for number, content in enumerate(contents):
        record = replace(FOUND, content=content, quarantine_id=f"q{number}", **changes)
        store.keep(f"n{number}", [record])
    return s3, store


def run(store: Quarantine, producer: Producer | None, reason: str = "", hours: int = 0) -> Replay:
    return replay(store, HOURS, reason, producer, NOW + timedelta(hours=hours))


def fates(s3: Objects) -> list[dict[str, str]]:
    keys = sorted(key for key in s3.contents if key.startswith("ledger/replays/day=2025-08-12/"))
    return [json.loads(s3.contents[key])["fates"] for key in keys]


def test_what_can_be_mended_is_sent_with_its_id_and_the_rest_stays() -> None:
    s3, store = kept(b"\xef\xbb\xbf" + line(1), b"{", line(2) + line(3), line(4, error_count="0"))
    producer = Producer()
    done = run(store, producer)
    assert producer.sent == [line(1), line(2), line(3), line(4)]
    assert (done.selected, done.sent, done.acked, done.stay) == (4, 4, 4, {"E_REC_SHAPE": 1})
    assert done.rules == {"byte order mark": 1, "several documents": 1, "number as text": 1}
    assert fates(s3) == [{event_id(RUN, index): "acked" for index in (1, 2, 3, 4)}]


def test_a_record_stays_once_and_is_read_once_however_often_it_was_found() -> None:
    _, store = kept(line(1, isp=None) + line(2, isp=None))
    store.keep("again", list(store.records(HOURS)))
    done = run(store, Producer())
    assert (done.selected, done.stay) == (1, {"E_REC_COLUMN": 1})


def test_a_second_replay_sends_nothing() -> None:
    s3, store = kept(line(1) + b"\0", b"{")
    producer = Producer()
    first, quarantine = run(store, producer), {k: v for k, v in s3.contents.items() if k[0] == "q"}
    again = run(store, producer, hours=30)
    assert (again.sent, again.known, again.stay) == (0, 1, first.stay)
    assert (producer.calls, len(fates(s3))) == (1, 1)
    assert {key: s3.contents[key] for key in quarantine} == quarantine


def test_a_dry_run_sends_and_writes_nothing() -> None:
    s3, store = kept(line(1), b"{")
    before = dict(s3.contents)
    done = run(store, None)
    assert (done.sent, done.acked, done.stay) == (1, 0, {"E_REC_SHAPE": 1})
    assert s3.contents == before


def test_one_reason_is_replayed_alone() -> None:
    _, store = kept(line(1), reason="E_REC_SIZE")
    assert run(store, Producer(), "E_REC_SHAPE").selected == 0
    assert run(store, Producer(), "E_REC_SIZE").sent == 1


def test_only_the_hours_named_are_replayed() -> None:
    _, store = kept(line(1), occurred_at="2025-08-11T13:00:00.000Z")
    assert run(store, Producer()).selected == 0


@pytest.mark.parametrize("reason", ["E_REC_DUPLICATE", "E_REC_ID_CONFLICT"])
def test_an_id_that_another_record_has_is_never_sent(reason: str) -> None:
    _, store = kept(line(1), reason=reason)
    done = run(store, Producer())
    assert (done.sent, done.stay) == (0, {reason: 1})


def test_copies_are_sent_once_and_a_second_truth_stays() -> None:
    _, store = kept(line(1), line(1) + b"\0", line(1, city="Bonn"))
    producer = Producer()
    done = run(store, producer)
    assert producer.sent == [line(1)]
    assert (done.copies, done.stay) == (1, {"E_REC_ID_CONFLICT": 1})
    again = run(store, producer, hours=1)
    assert (again.known, again.sent, again.stay) == (2, 0, {"E_REC_ID_CONFLICT": 1})


def test_what_a_record_of_old_says_nothing_of_is_taken_as_known() -> None:
    s3, store = kept(line(1))
    run(store, Producer())
    for key in [key for key in s3.contents if key.startswith("ledger/replays/")]:
        old = json.loads(s3.contents[key])
        del old["contents"]
        s3.contents[key] = json.dumps(old).encode()
    assert run(store, Producer(), hours=1).known == 1


FOLDER = "telemetry/year=2025/month=08/day=11/hour="
SECOND = line(1, watch_duration_seconds="999", city="Bonn")


def put(s3: Objects, hour: str, *contents: bytes) -> None:
    s3.contents[f"{FOLDER}{hour}/x.gz"] = gzip.compress(b"".join(one + b"\n" for one in contents))


@pytest.mark.parametrize("hour", ["12", "10", "11"], ids=["of the range", "its own", "the next"])
def test_a_second_truth_under_a_delivered_id_stays(hour: str) -> None:
    s3, store = kept(SECOND)
    put(s3, "12", SECOND)  # the malformed line itself is no event
    put(s3, hour, line(0), SECOND, line(1))
    producer = Producer()
    done = run(store, producer)
    assert (producer.calls, done.sent, done.stay) == (0, 0, {"E_REC_ID_CONFLICT": 1})
    assert run(store, None).stay == done.stay


@pytest.mark.parametrize(
    "spelt",
    [
        line(1),
        line(1).replace(b":12.5", b": 12.50"),
        json.dumps(dict(reversed(event(1).items()))).encode(),
        line(1).replace(b":12.5", b":1.25e1"),
    ],
)
def test_what_was_delivered_with_the_same_content_is_known(spelt: bytes) -> None:
    s3, store = kept(line(1, error_count="0"), line(2, error_count="0"))
    put(s3, "10", spelt)
    producer = Producer()
    done = run(store, producer)
    assert (producer.sent, done.known, done.stay) == ([line(2)], 1, {})


@pytest.mark.parametrize("content", [line(1) + b"\r", line(1, error_count="0")])
def test_the_malformed_line_itself_is_not_what_was_delivered(content: bytes) -> None:
    s3, store = kept(content)
    put(s3, "12", content)
    producer = Producer()
    done = run(store, producer)
    assert (producer.sent, done.known, done.stay) == ([line(1)], 0, {})


@pytest.mark.parametrize("time", ["yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59Z"])
def test_an_event_of_no_hour_is_looked_up_in_the_range(time: str) -> None:
    s3, store = kept(line(1, event_timestamp=time, error_count="0"))
    assert run(store, None).sent == 1
    put(s3, "12", line(1))
    assert run(store, Producer()).stay == {"E_REC_ID_CONFLICT": 1}


def test_what_was_never_in_the_topic_is_not_looked_up() -> None:
    s3, store = kept(line(1, error_count="0"), stage="producer")
    s3.contents[f"{FOLDER}10/x.gz"] = b"no gzip"
    assert run(store, Producer()).acked == 1


def test_nothing_is_sent_where_it_is_not_known_what_was_delivered() -> None:
    s3, store = kept(line(1, error_count="0"))
    s3.contents[f"{FOLDER}10/x.gz"] = b"no gzip"
    producer = Producer()
    with pytest.raises(AnalysisError, match=r"E_OBJECT_BROKEN: 1 of .*hour=10/x"):
        run(store, producer)
    assert producer.calls == 0


def test_what_is_rejected_again_is_told_with_its_reason_and_tried_again() -> None:
    s3, store = kept(line(1), line(2))
    producer = Producer()
    producer.reply = {"acked": 1, "rejected": [{"index": 1, "reason": "E_REC_SIZE", "detail": ""}]}
    done = run(store, producer)
    assert (done.acked, done.rejected) == (1, {"E_REC_SIZE": 1})
    assert fates(s3)[0][event_id(RUN, 2)] == "E_REC_SIZE"
    producer.reply = {}
    assert (run(store, producer, hours=1).sent, producer.sent[-1]) == (1, line(2))


def test_it_ends_at_the_first_batch_that_leaves_events_unresolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BATCH_MAX_EVENTS", 2)
    s3, store = kept(*(line(index) for index in range(5)))
    producer = Producer()
    producer.reply = {"acked": 1, "unresolved": [1], "error": {"code": "E_KAFKA_UNREACHABLE"}}
    done = run(store, producer)
    assert (producer.calls, done.sent, done.acked, done.unresolved) == (1, 2, 1, 1)
    assert done.cause == "E_KAFKA_UNREACHABLE"
    producer.reply = {}
    again = run(store, producer, hours=1)
    assert (again.known, again.sent, again.acked, producer.calls) == (1, 4, 4, 3)
    assert {fate for one in fates(s3)[1:] for fate in one.values()} == {"acked"}


def test_batches_fit_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH_LINES_BYTES", 2 * len(line(1)) + 10)
    _, store = kept(*(line(index) for index in range(1, 6)))
    producer = Producer()
    assert (run(store, producer).acked, producer.calls) == (5, 3)


@pytest.mark.parametrize(
    "reply",
    [
        {"received": 7, "acked": 7},
        {"batch_id": "another"},
        {"acked": 0},
        {"received": None, "error": {"code": "E_CFG_TOPIC", "message": "no topic"}},
        {"rejected": None},
        {"rejected": None, "error": "no object"},
        {"acked": 0, "unresolved": [1]},
        {"acked": -1, "unresolved": [0, 0]},
    ],
)
def test_without_an_account_nothing_is_believed(reply: dict[str, Any]) -> None:
    s3, store = kept(line(1))
    producer = Producer()
    producer.reply = reply
    with pytest.raises(AnalysisError, match="E_REPLAY_PRODUCER") as failed:
        run(store, producer)
    assert failed.value.exit_code == 4
    assert fates(s3) == [{event_id(RUN, 1): "unresolved"}]


def test_a_record_of_something_else_is_named() -> None:
    s3, store = kept(line(1))
    s3.contents["ledger/replays/day=2025-08-11/x.json"] = b'{"a": 1}'
    with pytest.raises(AnalysisError, match="E_REPLAY_RECORD: s3://data/ledger/replays/day=2025"):
        run(store, Producer())


def test_the_ledger_s_record_names_the_replay() -> None:
    s3, store = kept(line(1))
    run(store, Producer())
    (batch,) = replays.read(s3, "data", NOON)
    assert (batch.started_at, batch.hours) == ("2025-08-12T12:00:00.000Z", str(HOURS))
    assert batch.key.startswith("ledger/replays/day=2025-08-12/20250812T120000.000Z-0000-")


def test_a_refused_event_of_a_run_is_replayed_as_it_was() -> None:
    _, store = kept(line(7), stage="producer", reason="E_REC_SIZE")
    producer = Producer()
    run(store, producer)
    assert producer.sent == [line(7)]
    assert isinstance(next(iter(store.records(HOURS))), Record)
