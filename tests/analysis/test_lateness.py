"""Buckets with fixed bounds, and quantiles that some line really has."""

from __future__ import annotations

from collections import Counter

import pytest

from analysis.lateness import BUCKETS, Lateness


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        (-1, "before it happened"),
        (0, "under 5 min"),
        (299, "under 5 min"),
        (300, "5 to 10 min"),
        (600, "10 to 30 min"),
        (1800, "30 min to 1 h"),
        (3600, "1 to 6 h"),
        (21600, "6 to 24 h"),
        (86399, "6 to 24 h"),
        (86400, "a day and more"),
    ],
)
def test_a_bucket_ends_before_its_bound(seconds: int, bucket: str) -> None:
    histogram = Lateness(Counter({seconds: 3})).histogram
    assert [name for name, lines in histogram.items() if lines] == [bucket]
    assert list(histogram) == [name for name, _ in BUCKETS]


@pytest.mark.parametrize(("share", "seconds"), [(0.0, 1), (0.5, 2), (0.95, 4), (1.0, 100)])
def test_quantiles(share: float, seconds: int) -> None:
    assert Lateness(Counter({1: 10, 2: 40, 4: 45, 100: 5})).quantile(share) == seconds


def test_without_any_line_there_is_no_quantile() -> None:
    assert Lateness(Counter()).quantile(0.5) is None


def test_parts_are_added() -> None:
    made = Lateness.of([Counter({1: 1}), Counter({1: 2, 5: 1})], lines=6)
    assert (made.by_second, made.timeless) == ({1: 3, 5: 1}, 2)
