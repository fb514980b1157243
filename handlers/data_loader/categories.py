"""Which titles are popular, regular or niche; which customers are active, regular or new.

The rules are the contract's (§3); their parameters are the constants below. No category stays empty
while there are rows for it: quantiles stand in where the thresholds would leave one empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from handlers.contract.reference import CUSTOMER_CATEGORIES, TITLE_CATEGORIES
from handlers.contract.reference_document import Categories, Table
from handlers.runtime.errors import Kind, PipelineError

POPULAR_ABOVE = 7.0
NICHE_BELOW = 4.0
TITLE_SHARES = (0.2, 0.5, 0.3)  # popular, regular, niche where the thresholds leave one empty

NEW_UP_TO_DAYS = 90
ACTIVE_TIERS = ("standard", "premium")
CUSTOMER_SHARES = (0.4, 0.5, 0.1)  # active, regular, new where the rules leave one empty
TIER_RANK = {"premium": 0, "standard": 1, "basic": 2, "free_with_ads": 3}

# The most active customers who together made this share of the recent events are active, but at
# least this share of all: otherwise those picked often would be picked ever more often.
ACTIVE_EVENT_SHARE = 0.6
ACTIVE_MIN_SHARE = 0.1
# Telemetry of fewer of the customers than this says nothing about the others.
SEEN_MIN_SHARE = 0.05

BY_TELEMETRY = "telemetry"
BY_TENURE = "tenure and tier"


def categorise_titles(titles: Table) -> Categories:
    """`titles` (columns) by category."""
    scores: list[float] = titles["popularity_score"]
    labels = [
        "popular" if score > POPULAR_ABOVE else "niche" if score < NICHE_BELOW else "regular"
        for score in scores
    ]
    if len(set(labels)) < len(TITLE_CATEGORIES):
        ranked = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
        labels = _by_quantile(ranked, TITLE_CATEGORIES, TITLE_SHARES)
    return _split(titles, labels, TITLE_CATEGORIES)


def categorise_customers(
    customers: Table, recent_events: Mapping[str, int], today: date
) -> tuple[Categories, str]:
    """(`customers` whose subscription runs, by category; what decided: BY_TELEMETRY or BY_TENURE).

    `recent_events` counts events by customer_id; empty where there is no telemetry. Raises
    PipelineError E_REF_EMPTY when no subscription runs.
    """
    running = _rows(customers, [row for row, on in enumerate(customers["is_active"]) if on])
    if not running["customer_id"]:
        raise PipelineError(
            "E_REF_EMPTY",
            f"without a running subscription ({len(customers['customer_id'])} rows)",
            field="customers",
            expected="rows with is_active = true",
            fix="load the table, or set referenceMode to sample",
            kind=Kind.DATA,
        )
    tenure_days = [
        (today - date.fromisoformat(start)).days for start in running["subscription_start_date"]
    ]
    events = [recent_events.get(customer, 0) for customer in running["customer_id"]]
    seen = sum(1 for count in events if count)
    if seen and seen >= SEEN_MIN_SHARE * len(events):
        labels, decided_by = _by_events(events, tenure_days), BY_TELEMETRY
    else:
        labels, decided_by = _by_tenure(running["subscription_tier"], tenure_days), BY_TENURE
    if len(set(labels)) < len(CUSTOMER_CATEGORIES):
        ranked = sorted(
            range(len(labels)),
            key=lambda row: (
                tenure_days[row] <= NEW_UP_TO_DAYS,
                -events[row],
                TIER_RANK.get(running["subscription_tier"][row], len(TIER_RANK)),
                -tenure_days[row],
                row,
            ),
        )
        labels = _by_quantile(ranked, CUSTOMER_CATEGORIES, CUSTOMER_SHARES)
    return _split(running, labels, CUSTOMER_CATEGORIES), decided_by


def _by_events(events: Sequence[int], tenure_days: Sequence[int]) -> list[str]:
    labels = [
        "new" if not count and days <= NEW_UP_TO_DAYS else "regular"
        for count, days in zip(events, tenure_days, strict=True)
    ]
    total = sum(events)
    so_far = 0
    by_events = sorted(range(len(events)), key=lambda row: (-events[row], row))
    for active, row in enumerate(by_events):
        enough = so_far >= ACTIVE_EVENT_SHARE * total and active >= ACTIVE_MIN_SHARE * len(events)
        if enough or not events[row]:
            break
        labels[row] = "active"
        so_far += events[row]
    return labels


def _by_tenure(tiers: Sequence[str], tenure_days: Sequence[int]) -> list[str]:
    return [
        "new" if days <= NEW_UP_TO_DAYS else "active" if tier in ACTIVE_TIERS else "regular"
        for tier, days in zip(tiers, tenure_days, strict=True)
    ]


def _by_quantile(
    ranked: Sequence[int], names: tuple[str, ...], shares: tuple[float, ...]
) -> list[str]:
    """A label a row: the best `shares[0]` of `ranked` get `names[0]`, and so on, each at least one.

    With fewer rows than names the first names get one row each.
    """
    labels = [names[0]] * len(ranked)
    left = list(ranked)
    for position in range(len(names) - 1, 0, -1):
        if len(left) <= position:
            continue
        size = min(max(1, round(shares[position] * len(ranked))), len(left) - position)
        for row in left[-size:]:
            labels[row] = names[position]
        del left[-size:]
    return labels


def _split(table: Table, labels: Sequence[str], names: tuple[str, ...]) -> Categories:
    return {
        name: _rows(table, [row for row, label in enumerate(labels) if label == name])
        for name in names
    }


def _rows(table: Table, rows: Sequence[int]) -> Table:
    return {name: [column[row] for row in rows] for name, column in table.items()}
