"""Names of objects: Firehose's expressions, and the same first record gives the same name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local.delivery.prefix import PrefixError, expand, java_time, object_key

ARRIVAL = datetime(2026, 8, 11, 9, 5, 3, tzinfo=UTC)
PLACE: dict[str, Any] = {
    "template": "telemetry/hour=!{timestamp:HH}/",
    "stream": "AcmeTelemetry-MSK-to-S3",
    "extension": ".json.gz",
    "topic": "acme-telemetry",
    "partition": 2,
    "first_offset": 1234,
    "first_timestamp_ms": 1_786_439_103_000,
}


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        (
            "telemetry/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
            "hour=!{timestamp:HH}/",
            "telemetry/year=2026/month=08/day=11/hour=09/",
        ),
        ("a/!{timestamp:yyyy/MM/dd/HH}/", "a/2026/08/11/09/"),
        ("a/!{timestamp:yy'T'mm-ss}/", "a/26T05-03/"),
        ("", "2026/08/11/09/"),
        ("raw/", "raw/2026/08/11/09/"),
        ("r/!{firehose:random-string}/", "r/abcdefghijk/2026/08/11/09/"),
    ],
)
def test_expand(template: str, expanded: str) -> None:
    assert expand(template, ARRIVAL, "abcdefghijklm") == expanded


def test_the_error_type_is_known_to_error_prefixes_only() -> None:
    template = "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/"
    expanded = expand(template, ARRIVAL, "", "processing-failed")
    assert expanded == "errors/processing-failed/year=2026/"
    with pytest.raises(PrefixError, match="error-output-type"):
        expand(template, ARRIVAL, "")


@pytest.mark.parametrize("template", ["!{timestamp:QQ}", "!{partitionKeyFromQuery:a}", "!{a:b}"])
def test_unknown_expressions_are_refused(template: str) -> None:
    with pytest.raises(PrefixError, match="E_DELIVERY_PREFIX"):
        expand(template, ARRIVAL, "")


def test_java_time_refuses_what_it_does_not_know() -> None:
    with pytest.raises(PrefixError, match="'E'"):
        java_time("E", ARRIVAL)


def test_a_key_tells_where_its_first_record_stands() -> None:
    key = object_key(**PLACE)
    assert key.startswith(
        "telemetry/hour=09/AcmeTelemetry-MSK-to-S3-2026-08-11-09-05-03-p2-o000000001234-"
    )
    assert key.endswith(".json.gz")
    assert object_key(**PLACE) == key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("partition", 1),
        ("first_offset", 1235),
        ("first_timestamp_ms", 1_786_439_103_001),  # a topic made anew counts from 0 again
        ("topic", "other"),
    ],
)
def test_another_first_record_is_another_key(name: str, value: object) -> None:
    assert object_key(**{**PLACE, name: value}) != object_key(**PLACE)


@pytest.mark.parametrize(
    ("timestamp_ms", "year"), [(-1, 1970), (2**62, 9999), (253_402_300_800_000, 9999)]
)
def test_a_time_that_no_calendar_holds_still_has_a_key(timestamp_ms: int, year: int) -> None:
    key = object_key(**{**PLACE, "first_timestamp_ms": timestamp_ms})
    assert f"-{year}-" in key
