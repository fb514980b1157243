"""Every delivered line is judged by the contract's rules; what is no event is copied once."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from analysis.delivered import judge
from analysis.errors import AnalysisError
from analysis.quarantine import Hours, Quarantine
from analysis.scan import NEXT_OFFSET, RECORDS, Scan, scan
from handlers.contract.quarantine import Record
from tests.analysis.objects import Objects
from tests.handlers.msk_producer.events import line

NOON = datetime(2025, 8, 11, 12, tzinfo=UTC)
HOURS = Hours.around(NOON, NOON + timedelta(hours=2))
FOLDER = "telemetry/year=2025/month=08/day=11/hour="
FIREHOSE = f"{FOLDER}12/AcmeTelemetry-MSK-to-S3-1-2025-08-11-12-05-00-0a1b2c3d.json.gz"
LAPTOP = f"{FOLDER}13/AcmeTelemetry-MSK-to-S3-1-2025-08-11-13-05-00-p2-o000000000040-0a1b.json.gz"
BAD = [b"{", b"", b"\xff", line(1, isp=None), b'{"event_id":"0123456789abcdef-00000009"}']
REASONS = {"E_REC_SHAPE": 2, "E_REC_ENCODING": 1, "E_REC_COLUMN": 2}


def packed(lines: Sequence[bytes]) -> bytes:
    return gzip.compress(b"".join(one + b"\n" for one in lines))


def scanned(s3: Objects, hours: Hours = HOURS) -> tuple[Scan, list[Record]]:
    found = scan(s3, "data", "topic", hours)
    return found, list(Quarantine(s3, "data").records(hours))


@pytest.mark.parametrize(
    "given",
    [b"", b" ", b"{", b"[]", b"null", b"\x00\xff", line(1) + line(2), line(1)[:-1], b"NaN",
     b"\xef\xbb\xbf" + line(1), line(1) + b"\0", line(1) + b"\r", line(1).replace(b",", b",\r", 1),
     line(1, error_count="1"), line(1, more=1), line(1, event_id="x"), line(1, city="\ud800")],
)  # fmt: skip
def test_what_the_producer_would_not_send_is_malformed(given: bytes) -> None:
    assert judge(given) is not None


@pytest.mark.parametrize(
    "given", [line(1), line(2, state=None), line(3, city="\u2028\U0001f600\x00"), b" " + line(4)]
)
def test_an_event_is_not(given: bytes) -> None:
    assert judge(given) is None


def test_each_malformed_line_is_kept_with_its_place_and_bytes() -> None:
    original = packed([line(1), *BAD, line(2)])
    s3 = Objects({FIREHOSE: original})
    found, records = scanned(s3)
    assert (found.objects, found.lines, found.malformed) == (1, 7, REASONS)
    assert [record.content for record in records] == BAD
    assert [record.object_line for record in records] == [2, 3, 4, 5, 6]
    last = records[-1]
    assert (last.run_id, last.event_index) == ("0123456789abcdef", 9)
    assert (last.quarantine_id, last.object_key) == (f"{FIREHOSE}#6", FIREHOSE)
    assert (last.occurred_at, last.stage) == ("2025-08-11T12:00:00.000Z", "delivery")
    assert (last.topic, last.topic_partition, last.topic_offset) == ("topic", None, None)
    assert s3.contents[FIREHOSE] == original


def test_a_scan_again_writes_the_same_and_adds_nothing() -> None:
    s3 = Objects({FIREHOSE: packed(BAD), LAPTOP: packed(BAD), f"{FOLDER}14/x.gz": packed(BAD)})
    first, records = scanned(s3)
    assert first.malformed == {reason: 2 * count for reason, count in REASONS.items()}
    before = dict(s3.contents)
    assert scanned(s3) == (first, records)
    assert s3.contents == before and len(first.kept) == 2


def test_an_object_without_findings_is_left_without_trace() -> None:
    s3 = Objects({FIREHOSE: packed([line(1), line(2)]), LAPTOP: packed([])})
    found, records = scanned(s3)
    assert (found.objects, found.lines, records, len(s3.contents)) == (2, 2, [], 2)


@pytest.mark.parametrize(
    ("next_offset", "records", "offset"),
    [("43", "3", 41), ("42", "2", None), ("43", "2", None), (None, None, None), ("43", None, None)],
    ids=["a line each", "two lines in one", "two in one, and a tombstone", "not told", "half told"],
)
def test_an_offset_is_told_only_where_it_is_certain(
    next_offset: str | None, records: str | None, offset: int | None
) -> None:
    s3 = Objects({LAPTOP: packed([line(1), b"{", line(2)])})
    told = {NEXT_OFFSET: next_offset, RECORDS: records}
    s3.metadata[LAPTOP] = {name: value for name, value in told.items() if value}
    (record,) = scanned(s3)[1]
    assert (record.topic_partition, record.topic_offset) == (2, offset)
    # an offset comes again in a topic that was made anew; an object does not
    assert record.quarantine_id == f"{LAPTOP}#2"


@pytest.mark.parametrize("content", [b"plain", packed(BAD)[:-9], packed(BAD)[:30], b""])
def test_a_broken_object_is_named_and_the_others_are_judged(content: bytes) -> None:
    first, last = f"{FOLDER}12/0.gz", f"{FOLDER}13/z.gz"
    s3 = Objects({FIREHOSE: packed(BAD), LAPTOP: content, first: content, last: packed(BAD)})
    found, records = scanned(s3)
    broken = (first, LAPTOP) if content else ()  # of no byte: nothing is missing in it
    assert (found.broken, found.objects, found.lines) == (broken, 4, 2 * len(BAD))
    assert {record.object_key for record in records} == {FIREHOSE, last}


@pytest.mark.parametrize(("code", "error"), [("AccessDenied", "E_DENIED"), ("SlowDown", "E_AWS")])
def test_what_s3_refuses_is_one_line(code: str, error: str) -> None:
    class Refusing(Objects):
        def put_object(self, **request: object) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "PutObject")

    with pytest.raises(AnalysisError, match=f"^{error}: s3://data/quarantine/day=2025-08-11/del"):
        scan(Refusing({FIREHOSE: packed(BAD)}), "data", "topic", HOURS)


@pytest.mark.parametrize(
    ("since", "until", "begin", "end", "days"),
    [
        ("12:00", "13:00", "12", "13", 1),
        ("12:01", "12:02", "12", "13", 1),
        ("12:59", "13:01", "12", "14", 1),
    ],
)
def test_a_range_is_whole_hours(since: str, until: str, begin: str, end: str, days: int) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(f"2025-08-11T{text}:00+00:00")

    hours = Hours.around(at(since), at(until))
    assert str(hours) == f"2025-08-11T{begin}:00Z to 2025-08-11T{end}:00Z"
    assert len(hours.days) == days
    assert len(Hours.around(at(since), at(until) + timedelta(days=1)).days) == days + 1


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_range_that_is_none_is_refused(days: int) -> None:
    with pytest.raises(AnalysisError, match="E_RANGE") as refused:
        Hours.around(NOON, NOON + timedelta(days=days))
    assert refused.value.exit_code == 2


def test_an_object_that_is_no_quarantine_is_named() -> None:
    s3 = Objects({"quarantine/day=2025-08-11/other.json": b"{}"})
    with pytest.raises(AnalysisError, match=r"E_QUARANTINE_OBJECT: s3://data/.*other\.json"):
        list(Quarantine(s3, "data").records(HOURS))
