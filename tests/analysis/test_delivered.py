"""Lines and objects, counted by run."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest

from analysis import delivered
from analysis.errors import AnalysisError
from tests.analysis.objects import Objects

A, B = "a" * 16, "b" * 16
HOUR = datetime(2025, 8, 11, 10, tzinfo=UTC)


def lines(*ids: str) -> str:
    return "".join(json.dumps({"event_id": one, "other": f"{B}-00000001"}) + "\n" for one in ids)


def key(hour: int, name: str, day: int = 11) -> str:
    return f"telemetry/year=2025/month=08/day={day:02d}/hour={hour:02d}/{name}.json.gz"


def count(objects: dict[str, bytes], hours: int = 2) -> delivered.Delivered:
    return delivered.count(Objects(objects), "lake", HOUR, HOUR.replace(hour=10 + hours))


def test_lines_and_objects_by_run() -> None:
    found = count(
        {
            key(10, "a"): gzip.compress(lines(f"{A}-00000000", f"{B}-00000000").encode()),
            key(11, "b"): gzip.compress(lines(f"{A}-00000001").encode()),
            key(12, "c"): gzip.compress(lines(f"{A}-00000001").encode()),
        }
    )
    assert found.lines == {A: 3, B: 1}
    assert found.objects == {A: 3, B: 1}
    assert found.lines_by_hour[2025081111, A] == found.objects_by_hour[2025081111, A] == 1
    assert (found.all_objects, found.all_lines, found.nameless_lines) == (3, 4, 0)


def test_a_line_is_one_line_whatever_it_holds() -> None:
    two = lines(f"{A}-00000000").rstrip() + lines(f"{B}-00000001")
    found = count({key(10, "a"): gzip.compress(f"junk\n{two}[{two.strip()}]\n{{".encode())})
    assert found.lines_by_hour == {(2025081110, A): 2, (2025081110, ""): 2}


def test_different_indices_beyond_a_count() -> None:
    found = count(
        {
            key(10, "a"): gzip.compress(lines(*(f"{A}-{n:08d}" for n in (0, 5, 5, 9))).encode()),
            key(11, "b"): gzip.compress(lines(f"{A}-00000005", f"{A}-99999999").encode()),
        }
    )
    assert [found.beyond(A, at) for at in (0, 5, 6, 10, 10**8)] == [4, 3, 2, 1, 0]
    assert found.beyond(B, 0) == 0
    assert found.among(A, {0, 9, 10}) == {0, 9}
    assert found.among(B, {0}) == found.among(A, set()) == set()


def timed(run: str, time: str) -> str:
    return json.dumps({"event_id": f"{run}-00000000", "n": 1, "event_timestamp": time}) + "\n"


def test_how_late_each_line_is_and_of_which_day() -> None:
    # the objects were there at 13:00:00
    found = count(
        {
            key(10, "a"): gzip.compress(
                (
                    timed(A, "2025-08-11T12:59:59.000Z")
                    + timed(A, "2025-08-10T23:59:59.500Z")
                    + timed(B, "2025-08-11T13:00:30Z")
                ).encode()
            )
        }
    )
    assert found.late == {A: {1: 1, 46801: 1}, B: {-30: 1}}
    assert found.event_days == {A: {"2025-08-10", "2025-08-11"}, B: {"2025-08-11"}}


@pytest.mark.parametrize("time", ["", "yesterday", "2025-99-11T13:00:30Z", "2025-08-11T13:00:30"])
def test_a_line_without_a_time_is_counted_and_not_late(time: str) -> None:
    good = timed(A, "2025-08-11T12:59:00Z")
    found = count({key(10, "a"): gzip.compress((timed(A, time) + good).encode())})
    assert found.lines == {A: 2}
    assert found.late == {A: {60: 1}}


@pytest.mark.parametrize(("hour", "expected"), [(9, True), (10, False), (11, False)])
def test_an_earlier_hour_is_seen_by_the_first_key(hour: int, expected: bool) -> None:
    objects = {key(hour, "a"): b"", key(12, "b"): b"", "telemetry/other": b""}
    assert delivered.has_earlier(Objects(objects), "lake", HOUR) is expected
    assert not delivered.has_earlier(Objects({}), "lake", HOUR)


def test_only_the_hours_of_the_range_are_read() -> None:
    one = gzip.compress(lines(f"{A}-00000000").encode())
    objects = {key(h, "x"): one for h in (9, 10, 12, 13)} | {key(10, "x", day=12): one}
    assert count(objects).all_objects == 2


@pytest.mark.parametrize(
    ("text", "all_lines", "nameless"),
    [
        ("", 0, 0),
        ("{broken\n", 1, 1),
        ('{"title_id": "T"}\n', 1, 1),
        ("no newline", 1, 1),
        ("\n", 1, 1),
    ],
)
def test_lines_without_an_event_id(text: str, all_lines: int, nameless: int) -> None:
    found = count({key(10, "a"): gzip.compress(text.encode())})
    assert (found.all_lines, found.nameless_lines) == (all_lines, nameless)


def test_an_object_of_two_gzip_members_is_read_whole() -> None:
    two = b"".join(gzip.compress(lines(f"{A}-0000000{i}").encode()) for i in range(2))
    assert count({key(10, "a"): two}).lines[A] == 2


@pytest.mark.parametrize("body", [b"plain", gzip.compress(b"whole" * 100)[:-12]])
def test_every_object_that_is_not_whole_is_named(body: bytes) -> None:
    whole = gzip.compress(lines(f"{A}-00000001").encode())
    with pytest.raises(AnalysisError, match="E_OBJECT_BROKEN: 7 of the delivered") as one:
        count({key(10, "whole"): whole, **{key(10, name): body for name in "abcdefg"}})
    assert one.value.objects == tuple(f"s3://lake/{key(10, name)}" for name in "abcdefg")
    said = str(one.value)
    assert said.count("s3://lake/telemetry/year=2025") == 5 and " and 2 more; fix: " in said
    assert one.value.as_json()["error"] == {
        "code": "E_OBJECT_BROKEN",
        "message": said,
        "objects": one.value.objects,
    }
