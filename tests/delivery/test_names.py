"""Names of objects: Firehose's form, and the same first record gives the same name."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from local.delivery.names import object_key
from tests.delivery.test_account import STREAM as ANY

STREAM = dataclasses.replace(
    ANY,
    name="AcmeTelemetry-MSK-to-S3",
    version="7",
    prefix="telemetry/hour=!{timestamp:HH}/",
    extension=".json.gz",
)
PLACE: dict[str, Any] = {
    "topic_id": "eo1gfP5VTCyTLKZvjTMEAg",
    "partition": 2,
    "first_offset": 1234,
    "arrived_ms": 1_786_439_103_000,
}


def test_a_key_tells_where_its_first_record_stands() -> None:
    key = object_key(STREAM, **PLACE)
    assert key.startswith(
        "telemetry/hour=09/AcmeTelemetry-MSK-to-S3-7-2026-08-11-09-05-03-p2-o000000001234-"
    )
    assert key.endswith(".json.gz")
    assert object_key(STREAM, **PLACE) == key


@pytest.mark.parametrize(
    "change", [{"partition": 1}, {"first_offset": 1235}, {"topic_id": "other"}]
)
def test_another_first_record_is_another_key(change: dict[str, Any]) -> None:
    assert object_key(STREAM, **{**PLACE, **change}) != object_key(STREAM, **PLACE)


@pytest.mark.parametrize("change", [{"created_ms": 1}, {"topic": "other"}, {"version": "8"}])
def test_another_stream_has_other_keys(change: dict[str, Any]) -> None:
    other = dataclasses.replace(STREAM, **change)
    assert object_key(other, **PLACE) != object_key(STREAM, **PLACE)


def test_prefix_and_name_are_of_the_streams_zone() -> None:
    tokyo = dataclasses.replace(STREAM, time_zone="Asia/Tokyo")
    key = object_key(tokyo, **{**PLACE, "arrived_ms": 1_798_729_500_000})
    assert key.startswith("telemetry/hour=00/AcmeTelemetry-MSK-to-S3-7-2027-01-01-00-05-00-p2-")


def test_a_random_text_follows_from_the_place() -> None:
    random = dataclasses.replace(STREAM, prefix="!{firehose:random-string}/")
    assert object_key(random, **PLACE) == object_key(random, **PLACE)
    first, second = (
        object_key(random, **{**PLACE, "first_offset": offset}).partition("/")[0]
        for offset in (1, 2)
    )
    assert first != second


@pytest.mark.parametrize(
    ("timestamp_ms", "year"), [(-1, 1970), (2**62, 9999), (253_402_300_800_000, 9999)]
)
@pytest.mark.parametrize("zone", ["", "Asia/Tokyo"])
def test_a_time_that_no_calendar_holds_still_has_a_key(
    timestamp_ms: int, year: int, zone: str
) -> None:
    stream = dataclasses.replace(STREAM, time_zone=zone)
    assert f"-{year}-" in object_key(stream, **{**PLACE, "arrived_ms": timestamp_ms})
