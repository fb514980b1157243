"""Log and metric lines are JSON of a fixed shape; fields that must not be logged are refused."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from handlers.runtime.logs import REFUSED_FIELDS, Log
from handlers.runtime.metrics import COUNT, SECONDS, Metrics


def test_a_line_carries_message_and_bound_fields() -> None:
    stream = io.StringIO()
    Log(stream=stream).bound(function="f").warning("stale", age_seconds=3)
    assert json.loads(stream.getvalue()) == {
        "level": "WARNING",
        "message": "stale",
        "function": "f",
        "age_seconds": 3,
    }


@pytest.mark.parametrize("name", sorted(REFUSED_FIELDS))
def test_a_field_that_must_not_be_logged_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Log(stream=io.StringIO()).info("x", **{name: "y"})


def test_metrics_are_one_emf_line() -> None:
    stream = io.StringIO()
    at = datetime(2025, 8, 11, 10, tzinfo=UTC)
    Metrics("AcmeTelemetry", "generator", stream).put(
        at, {"EventsAcked": (5, COUNT), "Duration": (1.5, SECONDS)}
    )
    line = json.loads(stream.getvalue())
    assert line["_aws"]["Timestamp"] == 1754906400000
    directive = line["_aws"]["CloudWatchMetrics"][0]
    assert directive["Namespace"] == "AcmeTelemetry"
    assert directive["Dimensions"] == [["Function"]]
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "EventsAcked": "Count",
        "Duration": "Seconds",
    }
    assert (line["EventsAcked"], line["Duration"], line["Function"]) == (5, 1.5, "generator")
