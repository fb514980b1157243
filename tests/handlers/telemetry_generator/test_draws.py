"""Draws: the same for the same key and lane, uniform, independent of each other, whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

from handlers.telemetry_generator.draws import (
    Lane,
    below,
    cumulative,
    happens,
    mix,
    pick,
    pick_by_row,
    pick_from,
    quantile,
    session_keys,
    share,
    stacked,
)

KEYS = session_keys(1, np.arange(100_000, dtype=np.int64))


def test_draws_do_not_depend_on_their_neighbours() -> None:
    assert np.array_equal(share(KEYS[500:510], Lane.TITLE), share(KEYS, Lane.TITLE)[500:510])
    assert np.array_equal(
        share(KEYS[:, None], Lane.TITLE, np.arange(3))[:, 2], share(KEYS, Lane.TITLE, 2)
    )


def test_known_values_stay() -> None:
    known = mix(np.asarray([0, 1, 2**64 - 1], dtype=np.uint64), 0)
    assert [f"{value:016x}" for value in known.tolist()] == [
        "e220a8397b1dcdaf", "910a2dec89025cc1", "e4d971771b652c20",
    ]  # fmt: skip


def test_keys_of_a_stream_are_distinct_and_streams_differ() -> None:
    assert len(np.unique(KEYS)) == len(KEYS)
    assert not np.isin(KEYS, session_keys(2, np.arange(100_000, dtype=np.int64))).any()


@pytest.mark.parametrize("lane", list(Lane))
def test_a_lane_is_uniform(lane: Lane) -> None:
    counts = np.bincount(below(KEYS, lane, 64), minlength=64)
    expected = len(KEYS) / 64
    assert ((counts - expected) ** 2 / expected).sum() < 63 + 5 * np.sqrt(126)


def test_lanes_and_draws_are_not_correlated() -> None:
    columns = [share(KEYS, lane, draw) for lane in list(Lane)[:8] for draw in (0, 1, 63)]
    off_diagonal = np.corrcoef(np.asarray(columns, dtype=float)) - np.eye(len(columns))
    assert np.abs(off_diagonal).max() < 5 / np.sqrt(len(KEYS))


def test_lanes_do_not_overlap() -> None:
    drawn = np.concatenate([mix(KEYS[:5], lane, d) for lane in Lane for d in range(64)])
    assert len(np.unique(drawn)) == len(drawn)


def test_probabilities_are_kept() -> None:
    assert happens(KEYS, Lane.COMPLETES, 250).mean() == pytest.approx(0.25, abs=0.007)


@pytest.mark.parametrize("permille", [0, 1, 7, 333, 500, 999, 1000])
def test_a_probability_is_that_of_a_number_below_it(permille: int) -> None:
    assert np.array_equal(
        happens(KEYS, Lane.COMPLETES, permille), below(KEYS, Lane.COMPLETES, 1000) < permille
    )


def test_a_row_of_few_weights_is_picked_from_as_one_of_many() -> None:
    weights = np.asarray([[3, 0, 1, 0], [0, 0, 0, 9], [40, 30, 20, 10]], dtype=np.int64)
    rows = np.arange(len(KEYS)) % len(weights)
    picked = pick_by_row(KEYS, Lane.PAUSES, np.cumsum(weights, axis=1), rows)
    assert np.array_equal(picked, pick_from(KEYS, Lane.PAUSES, stacked(weights), rows))


@pytest.mark.parametrize("scale", [1, 256, 257, 1_000_000])
def test_weights_are_kept_whatever_their_sum(scale: int) -> None:
    weights = cumulative((scale, 0, 3 * scale))
    picked = np.bincount(pick(KEYS, Lane.PAUSES, weights), minlength=3) / len(KEYS)
    assert picked.tolist() == pytest.approx([0.25, 0, 0.75], abs=0.007)


def test_a_quantile_lies_on_the_line_between_its_knots() -> None:
    knots = np.asarray([0, 100, 1_000], dtype=np.int64)
    shares = np.asarray([0, 1 << 30, 1 << 31, 3 << 30, (1 << 32) - 1], dtype=np.int64)
    assert quantile(shares, knots).tolist() == [0, 50, 100, 550, 999]


def test_a_quantile_is_that_of_its_row() -> None:
    knots = np.asarray([[0, 100, 1_000], [5, 5, 7]], dtype=np.int64)
    shares = np.asarray([1 << 30, 1 << 30, 3 << 30], dtype=np.int64)
    assert quantile(shares, knots, np.asarray([0, 1, 1])).tolist() == [50, 5, 6]


def test_weights_that_would_overflow_are_refused() -> None:
    with pytest.raises(ValueError, match="2\\^31"):
        cumulative([2**30, 2**30])
