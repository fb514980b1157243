"""Categories by the contract's rules, by quantiles where a rule leaves one empty."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from handlers.data_loader.categories import (
    BY_TELEMETRY,
    BY_TENURE,
    categorise_customers,
    categorise_titles,
)
from handlers.runtime.errors import PipelineError

TODAY = date(2025, 8, 11)


def titles(*scores: float) -> dict[str, list[Any]]:
    return {"title_id": [str(row) for row in range(len(scores))], "popularity_score": list(scores)}


def customers(*rows: tuple[int, str, bool]) -> dict[str, list[Any]]:
    """Customers of (tenure in days, tier, is active)."""
    return {
        "customer_id": [f"C{row}" for row in range(len(rows))],
        "subscription_start_date": [
            (TODAY - timedelta(days=days)).isoformat() for days, _, _ in rows
        ],
        "subscription_tier": [tier for _, tier, _ in rows],
        "is_active": [active for _, _, active in rows],
    }


def ids(categories: dict[str, dict[str, list[Any]]], key: str) -> dict[str, list[str]]:
    return {name: table[key] for name, table in categories.items()}


def test_titles_go_by_score_and_the_thresholds_are_regular() -> None:
    made = categorise_titles(titles(7.01, 7.0, 4.0, 3.99, 9))
    assert ids(made, "title_id") == {"popular": ["0", "4"], "regular": ["1", "2"], "niche": ["3"]}


@pytest.mark.parametrize(
    ("scores", "sizes"),
    [
        ([5.0] * 10, [2, 5, 3]),
        ([9.0, 8.0, 7.5], [1, 1, 1]),
        ([1.0, 9.0], [1, 1, 0]),
        ([6.0], [1, 0, 0]),
    ],
)
def test_quantiles_stand_in_for_an_empty_category(scores: list[float], sizes: list[int]) -> None:
    made = categorise_titles(titles(*scores))
    assert [len(table["title_id"]) for table in made.values()] == sizes
    ranked = [score for table in made.values() for score in table["popularity_score"]]
    assert ranked == sorted(scores, reverse=True)


def test_without_telemetry_customers_go_by_tenure_and_tier() -> None:
    rows = [(91, "premium", True), (91, "basic", True), (90, "premium", True), (-3, "basic", True)]
    made, decided_by = categorise_customers(customers(*rows), {}, TODAY)
    assert decided_by == BY_TENURE
    assert ids(made, "customer_id") == {"active": ["C0"], "regular": ["C1"], "new": ["C2", "C3"]}


def test_with_telemetry_the_most_active_make_most_events() -> None:
    rows = [(400, "basic", True)] * 10 + [(10, "basic", True)] * 2
    events = {"C3": 60, "C1": 20, "C2": 15, "C11": 5}
    made, decided_by = categorise_customers(customers(*rows), events, TODAY)
    assert decided_by == BY_TELEMETRY
    assert made["active"]["customer_id"] == ["C1", "C3"]
    assert made["new"]["customer_id"] == ["C10"]
    assert len(made["regular"]["customer_id"]) == 9


def test_telemetry_of_a_few_decides_nothing() -> None:
    rows = [(400, "premium", True)] * 60 + [(400, "basic", True)] * 39 + [(10, "basic", True)]
    _, decided_by = categorise_customers(customers(*rows), {f"C{n}": 9 for n in range(4)}, TODAY)
    assert decided_by == BY_TENURE


def test_who_has_no_running_subscription_watches_nothing() -> None:
    rows = [(400, "premium", False), (400, "premium", True), (400, "basic", True), (1, "x", True)]
    made, _ = categorise_customers(customers(*rows), {}, TODAY)
    assert "C0" not in [name for table in made.values() for name in table["customer_id"]]
    with pytest.raises(PipelineError, match="E_REF_EMPTY: customers"):
        categorise_customers(customers((400, "premium", False)), {}, TODAY)


@pytest.mark.parametrize("count", [1, 2, 3, 30])
def test_alike_customers_still_fill_the_categories(count: int) -> None:
    made, _ = categorise_customers(customers(*[(400, "basic", True)] * count), {}, TODAY)
    sizes = [len(table["customer_id"]) for table in made.values()]
    assert sum(sizes) == count and sum(size > 0 for size in sizes) == min(3, count)
