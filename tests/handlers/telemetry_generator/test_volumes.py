"""Ticks carry as many events as the contract says for their hour; picks follow their weights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from handlers.telemetry_generator.draws import session_keys
from handlers.telemetry_generator.reference import (
    CUSTOMER_CATEGORY_WEIGHTS,
    TITLE_CATEGORY_WEIGHTS,
    Reference,
)
from handlers.telemetry_generator.run import InForce, Run, events
from handlers.telemetry_generator.volumes import (
    STARTS_PER_MINUTE,
    WEEKDAY_PERMILLE,
    expected_starts_milli,
    starts,
)
from tests.handlers.references import small_document

DAY = datetime(2025, 8, 11, tzinfo=UTC)
SAMPLE = 200_000
DAY_MS = int(DAY.timestamp() * 1000)


@pytest.mark.parametrize(
    ("hour", "low", "high"),
    [
        (0.75, 1_000, 3_000), (2, 1_000, 3_000), (4, 1_000, 3_000), (5.5, 1_000, 3_000),
        (6.5, 3_000, 6_000), (9, 3_000, 6_000), (11.9, 3_000, 6_000),
        (12.5, 5_000, 10_000), (15, 5_000, 10_000), (17.9, 5_000, 10_000),
        (18.5, 8_000, 25_000), (20.5, 8_000, 25_000), (22, 8_000, 25_000), (23.5, 8_000, 25_000),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", [1, 2])
def test_a_tick_has_the_volume_of_its_hour(
    reference: Reference, hour: float, low: int, high: int, seed: int
) -> None:
    end = DAY + timedelta(hours=hour)
    run = Run("a" * 16, end - timedelta(minutes=5), end, None, seed)
    made = events(run, [InForce(reference, datetime(2020, 1, 1, tzinfo=UTC))])
    assert low <= len(made) <= high


def test_the_curve_is_a_line_between_anchors_and_closes_at_midnight() -> None:
    minutes = np.arange(1440, dtype=np.int64)
    curve = expected_starts_milli(minutes)
    thursday = WEEKDAY_PERMILLE[3]
    assert curve[::30].tolist() == [thursday * anchor for anchor in STARTS_PER_MINUTE]
    assert abs(curve[-1] - curve[0]) < 1000 * abs(STARTS_PER_MINUTE[-1] - STARTS_PER_MINUTE[0])
    assert np.array_equal(expected_starts_milli(minutes + 1440 * 7 * 3_000), curve)


def test_slots_keep_to_the_curve_on_average() -> None:
    slots = np.arange(29_000_000, 29_000_000 + 14_400, dtype=np.int64)
    assert starts(1, slots, np.full(len(slots), 1000)).sum() * 1000 == pytest.approx(
        expected_starts_milli(slots).sum(), rel=0.005
    )


def test_categories_are_picked_by_their_weights(reference: Reference) -> None:
    keys = session_keys(9, np.arange(SAMPLE, dtype=np.int64))
    for rows, first, weights in (
        (reference.catalogue.pick(keys), reference.catalogue.first_row, TITLE_CATEGORY_WEIGHTS),
        (
            reference.audience.pick(keys, np.full(SAMPLE, DAY_MS)),
            reference.audience.first_row,
            CUSTOMER_CATEGORY_WEIGHTS,
        ),
    ):
        picked = np.bincount(np.searchsorted(first, rows, side="right") - 1, minlength=3) / SAMPLE
        expected = np.asarray(list(weights.values())) / 100
        # 5 standard deviations of a binomial share
        assert np.all(np.abs(picked - expected) < 5 * np.sqrt(expected * (1 - expected) / SAMPLE))


def test_titles_of_a_category_are_picked_by_popularity(reference: Reference) -> None:
    keys = session_keys(10, np.arange(SAMPLE, dtype=np.int64))
    sizes = np.diff(np.append(reference.catalogue.first_row, len(reference.catalogue.ids)))
    picked = np.bincount(reference.catalogue.pick(keys), minlength=int(sizes.sum()))
    for weights, first, size in zip(
        reference.catalogue.popularity, reference.catalogue.first_row, sizes, strict=True
    ):
        counts = picked[first : first + size]
        shares = np.diff(weights, prepend=0) / weights[-1]
        expected = shares * counts.sum()
        chi_square = float((np.square(counts - expected) / np.maximum(expected, 1e-9)).sum())
        # mean size - 1, standard deviation √(2 (size - 1)): 5 of them
        assert chi_square < size - 1 + 5 * np.sqrt(2 * (size - 1))


def test_a_category_without_rows_is_never_picked() -> None:
    document = small_document(titles=3, customers=3)
    for categories, name in ((document.titles, "popular"), (document.customers, "active")):
        categories[name] = {column: [] for column in categories[name]}
    sparse = Reference.of(document)
    keys = session_keys(11, np.arange(10_000, dtype=np.int64))
    assert set(sparse.catalogue.pick(keys).tolist()) == {0, 1}
    assert set(sparse.audience.pick(keys, np.full(10_000, DAY_MS)).tolist()) == {0, 1}
