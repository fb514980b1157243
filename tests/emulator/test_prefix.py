"""Firehose's prefix expressions, and Java's time fields in them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from local.aws.prefix import RANDOM_LENGTH, PrefixError, expand, java_time

ARRIVAL = datetime(2026, 8, 11, 9, 5, 3, tzinfo=UTC)


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
        ("a/!{timestamp:y-M-d H:m:s}/", "a/2026-8-11 9:5:3/"),
        ("a/!{timestamp:uuuu.DDD.hh}/", "a/2026.223.09/"),
        ("a/!{timestamp:yyyy''MM'o''clock'}/", "a/2026'08o'clock/"),
        ("", "2026/08/11/09/"),
        ("raw/", "raw/2026/08/11/09/"),
    ],
)
def test_expand(template: str, expanded: str) -> None:
    assert expand(template, ARRIVAL, "") == expanded


def test_times_are_in_the_zone_of_the_arrival() -> None:
    tokyo = datetime(2026, 12, 31, 15, 5, tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo"))
    assert expand("!{timestamp:yyyy-MM-dd}/", tokyo, "") == "2027-01-01/"
    assert expand("", tokyo, "") == "2027/01/01/00/"


def test_each_random_text_is_its_own_and_follows_from_the_seed() -> None:
    template = "!{firehose:random-string}/!{firehose:random-string}/!{timestamp:yyyy}"
    first, second, _ = expand(template, ARRIVAL, "seed").split("/")
    assert first != second and len(first) == len(second) == RANDOM_LENGTH
    assert expand(template, ARRIVAL, "seed").split("/")[:2] == [first, second]
    assert first not in expand(template, ARRIVAL, "other")


def test_the_error_type_is_known_to_error_prefixes_only() -> None:
    template = "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/"
    expanded = expand(template, ARRIVAL, "", "processing-failed")
    assert expanded == "errors/processing-failed/year=2026/"
    with pytest.raises(PrefixError, match="error-output-type"):
        expand(template, ARRIVAL, "")


@pytest.mark.parametrize(
    "template",
    [
        "!{timestamp:QQ}",
        "!{timestamp:YYYY}",
        "!{timestamp:MMM}",
        "!{timestamp:ddd}",
        "!{timestamp:yyyy'}",
        "!{timestamp:[HH]}",
        "!{timestamp}",
        "!{timestamp:yyyy",
        "!{partitionKeyFromQuery:a}",
        "!{a:b}",
    ],
)
def test_what_has_no_meaning_is_refused(template: str) -> None:
    with pytest.raises(PrefixError, match=r"E_DELIVERY_PREFIX: .*; expected .*; fix: "):
        expand(template, ARRIVAL, "")


def test_java_time_refuses_what_it_does_not_know() -> None:
    with pytest.raises(PrefixError, match="'E'"):
        java_time("E", ARRIVAL)
