"""A stream's destination: what AWS refuses, and what the laptop's delivery could not keep."""

from __future__ import annotations

from typing import Any

import pytest

from local.aws.firehose import Refused, check_destination

RIGHT: dict[str, Any] = {
    "RoleARN": "arn:aws:iam::000000000000:role/r",
    "BucketARN": "arn:aws:s3:::lake",
    "Prefix": "in/!{timestamp:yyyy}/",
    "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/",
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"BufferingHints": {}},
        {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}},
        {"CustomTimeZone": "Asia/Tokyo"},
        {"CustomTimeZone": ""},
        {"Prefix": "in/!{timestamp:yyyy-M-d}/!{timestamp:DDD}/!{timestamp:H}/"},
        {"Prefix": "in/!{timestamp:'y='yyyy}/!{firehose:random-string}/"},
        {"ErrorOutputPrefix": "bad/!{firehose:error-output-type}/!{timestamp:H}/"},
    ],
)
def test_what_can_be_kept_is_taken(change: dict[str, Any]) -> None:
    assert check_destination({**RIGHT, **change}) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"BufferingHints": {"SizeInMBs": 1}}, "both SizeInMBs and IntervalInSeconds"),
        ({"BufferingHints": {"IntervalInSeconds": 60}}, "both SizeInMBs and IntervalInSeconds"),
        ({"BufferingHints": {"SizeInMBs": 129}}, "between 1 and 128"),
        ({"CustomTimeZone": "Mars/Base"}, "CustomTimeZone"),
        ({"CustomTimeZone": "../etc/passwd"}, "CustomTimeZone"),
        ({"Prefix": "!{timestamp:YYYY}/"}, "Prefix: time field 'YYYY' is not known"),
        ({"Prefix": "!{timestamp:EEE}/"}, "Prefix: time field 'EEE' is not known"),
        ({"Prefix": "!{timestamp:MMM}/"}, "Prefix: time field 'MMM' is not known"),
        ({"Prefix": "!{timestamp:yyyy'}/"}, 'Prefix: "\'" in time'),
        ({"Prefix": "!{timestamp}/"}, r"Prefix: !\{timestamp\}/ has no meaning here"),
        ({"Prefix": "!{timestamp:yyyy"}, r"Prefix: !\{timestamp:yyyy has no meaning here"),
        ({"ErrorOutputPrefix": "b/!{firehose:error-output-type}/!{timestamp:MMM}/"}, "ErrorOut"),
        ({"ErrorOutputPrefix": "b/!{firehose:error-output-type}/!{timestamp"}, "ErrorOutput"),
    ],
)
def test_what_cannot_be_kept_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        check_destination({**RIGHT, **change})
