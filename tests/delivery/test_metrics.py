"""Figures between two states of a stream, by Firehose's names."""

from __future__ import annotations

from typing import Any

import pytest

from local.delivery.metrics import metrics
from local.delivery.progress import Progress

READ = {"DataReadFromSource.Records": 0, "DataReadFromSource.Bytes": 0}
SOME: dict[str, Any] = {"records": 10, "bytes": 100, "objects": 2, "read_records": 10}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({}, {}, READ),
        ({}, {"kafka_offset_lag": 7}, {**READ, "KafkaOffsetLag": 7}),
        ({}, {"oldest_ms": 95_000}, {**READ, "DeliveryToS3.DataFreshness": 5.0}),
        (
            {"read_records": 5, "read_bytes": 50},
            {"read_records": 8, "read_bytes": 90},
            {"DataReadFromSource.Records": 3, "DataReadFromSource.Bytes": 40},
        ),
        (
            SOME,
            {**SOME, "records": 30, "bytes": 350, "objects": 3, "delivered_age_seconds": 9.0},
            {
                **READ,
                "DeliveryToS3.Records": 20,
                "DeliveryToS3.Bytes": 250,
                "DeliveryToS3.Success": 1.0,
                "DeliveryToS3.DataFreshness": 9.0,
                "DataReadFromSource.Backpressured": 0.0,
            },
        ),
        (
            SOME,
            {**SOME, "refused_objects": 4},
            {**READ, "DeliveryToS3.Success": 0.0, "DataReadFromSource.Backpressured": 1.0},
        ),
        (
            {},
            {"records": 1, "bytes": 2, "objects": 1, "refused_objects": 3},
            {
                **READ,
                "DeliveryToS3.Records": 1,
                "DeliveryToS3.Bytes": 2,
                "DeliveryToS3.Success": 0.25,
                "DataReadFromSource.Backpressured": 1.0,
            },
        ),
    ],
)
def test_figures_between_two_states(
    before: dict[str, Any], now: dict[str, Any], expected: dict[str, float]
) -> None:
    found = metrics(Progress("t", **before), Progress("t", **now), at=100.0)
    assert found == expected
