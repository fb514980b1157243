"""Reference data for both programs to pick from."""

from __future__ import annotations

from handlers.contract.reference import CUSTOMER_CATEGORIES, SUBSCRIPTION_TIERS, TITLE_CATEGORIES
from handlers.contract.reference_document import Document, Table

PLACES = (
    ("US", "California", "Los Angeles"),
    ("US", "New York", "New York"),
    ("DE", "Bayern", "München"),
    ("GB", "England", "Leeds"),
    ("FR", "", "Lyon"),
)
# Each beside its place.
ZONES = (
    "America/Los_Angeles",
    "America/New_York",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Paris",
)
AGES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
TYPES = ("movie", "series", "documentary")
MINUTES = (105, 44, 72)


def customer_id(row: int) -> str:
    """The id of a customer, as long as the sample's."""
    return f"CUST_{row:08x}_{row:06d}"


def title_id(row: int) -> str:
    """The id of a title, as long as the sample's."""
    return f"TITLE_{row:08x}_{row:06d}"


def sized(titles: int, customers: int) -> Document:
    """A document of so many titles and customers; its checksum would be the data loader's work."""
    return Document(
        version=f"{titles:08x}{customers:08x}",
        created_at="2025-08-11T00:00:00.000Z",
        titles={
            name: _titles(range(place, titles, len(TITLE_CATEGORIES)))
            for place, name in enumerate(TITLE_CATEGORIES)
        },
        customers={
            name: _customers(range(place, customers, len(CUSTOMER_CATEGORIES)))
            for place, name in enumerate(CUSTOMER_CATEGORIES)
        },
        counts={},
        checksum="",
    )


def _titles(rows: range) -> Table:
    return {
        "title_id": [title_id(row) for row in rows],
        "title_name": [f"Title {row}" for row in rows],
        "title_type": [TYPES[row % 3] for row in rows],
        "genre": ["Drama"] * len(rows),
        "duration_minutes": [MINUTES[row % 3] + row % 20 for row in rows],
        "popularity_score": [row % 11 * 0.9 for row in rows],
    }


def _customers(rows: range) -> Table:
    places = [PLACES[row % len(PLACES)] for row in rows]
    return {
        "customer_id": [customer_id(row) for row in rows],
        "subscription_tier": [SUBSCRIPTION_TIERS[row % 4] for row in rows],
        "subscription_start_date": ["2024-01-01"] * len(rows),
        "is_active": [True] * len(rows),
        "age_group": [AGES[row // 4 % len(AGES)] for row in rows],
        "country": [country for country, _, _ in places],
        "state": [state for _, state, _ in places],
        "city": [city for _, _, city in places],
        "timezone": [ZONES[row % len(ZONES)] for row in rows],
    }
