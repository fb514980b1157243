"""A small reference document, made by rule: enough titles and customers to pick from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.contract.reference import CUSTOMER_CATEGORIES, SUBSCRIPTION_TIERS, TITLE_CATEGORIES
from handlers.contract.reference_document import Document, document

COUNTRIES = ("US", "DE", "GB", "ZZ")
ZONES = ("America/Chicago", "Europe/Berlin", None, "Mars/Olympus")
AGES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+", None)
MINUTES = {"movie": 105, "series": 44, "documentary": 72}


def small_document(titles: int = 60, customers: int = 900, salt: str = "a") -> Document:
    """A document of this many titles and customers, a third of them in each category."""
    kinds = tuple(MINUTES)
    title_rows = [
        {
            "title_id": f"TITLE_{salt}{row:04x}_{row:06d}",
            "title_name": f'The "Title"\n{row} ü',
            "title_type": kinds[row % len(kinds)],
            "genre": "Drama",
            "duration_minutes": MINUTES[kinds[row % len(kinds)]] + row % 20,
            "popularity_score": (row % 11) * 0.9,
        }
        for row in range(titles)
    ]
    customer_rows = [
        {
            "customer_id": f"CUST_{salt}{row:04x}_{row:06d}",
            "subscription_tier": SUBSCRIPTION_TIERS[row % 4],
            "subscription_start_date": "2024-01-01",
            "country": COUNTRIES[row % len(COUNTRIES)],
            "is_active": True,
            "age_group": AGES[row // 4 % len(AGES)],
            "timezone": ZONES[row % len(ZONES)],
            "state": None if row % 3 else 'Süd/"x"',
            "city": None if row % 7 == 0 else "Köln",
        }
        for row in range(customers)
    ]
    return document(
        {
            name: _columns(title_rows[index :: len(TITLE_CATEGORIES)])
            for index, name in enumerate(TITLE_CATEGORIES)
        },
        {
            name: _columns(customer_rows[index :: len(CUSTOMER_CATEGORIES)])
            for index, name in enumerate(CUSTOMER_CATEGORIES)
        },
        {"titles": {}, "customers": {}},
        "2025-08-11T00:00:00.000Z",
    )


def _columns(rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    return {name: [row[name] for row in rows] for name in rows[0]}
