"""A reference document as columns to pick from: the catalogue of titles and the audience.

Owns the weights of categories and the look-ups by row. Does not read the cache: `source` does.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from handlers.contract.reference import (
    CUSTOMER_CATEGORIES,
    SUBSCRIPTION_TIERS,
    TITLE_CATEGORIES,
    TITLE_TYPES,
)
from handlers.contract.reference_document import Categories, Document
from handlers.telemetry_generator import places
from handlers.telemetry_generator.draws import Ints, Keys, Lane, below, cumulative, pick
from handlers.telemetry_generator.spelling import Texts

TITLE_CATEGORY_WEIGHTS = {"popular": 70, "regular": 25, "niche": 5}
CUSTOMER_CATEGORY_WEIGHTS = {"active": 60, "regular": 30, "new": 10}


@dataclass(frozen=True)
class Catalogue:
    """Titles, row by row: popular ones first, then regular, then niche."""

    ids: list[str]
    type_index: Ints
    duration_seconds: Ints
    category_weights: Ints
    first_row: Ints
    popularity: tuple[Ints, ...]

    @functools.cached_property
    def id_texts(self) -> Texts:
        """The ids as JSON."""
        return Texts.quoted(self.ids)

    def pick(self, keys: Keys) -> Ints:
        """A row a key: the category by its weight, within it by popularity score."""
        category = pick(keys, Lane.TITLE_CATEGORY, self.category_weights)
        rows = np.empty(len(keys), dtype=np.int64)
        for index, weights in enumerate(self.popularity):
            chosen = category == index
            if chosen.any():
                rows[chosen] = self.first_row[index] + pick(keys[chosen], Lane.TITLE, weights)
        return rows


@dataclass(frozen=True)
class Audience:
    """Customers, row by row: active ones first, then regular, then new."""

    ids: list[str]
    keys: Keys
    tier_index: Ints
    market_index: Ints
    country: list[str]
    state: Sequence[str | None]
    city: Sequence[str | None]
    category_weights: Ints
    first_row: Ints
    sizes: Ints

    @functools.cached_property
    def id_texts(self) -> Texts:
        """The ids as JSON."""
        return Texts.quoted(self.ids)

    @functools.cached_property
    def _places(self) -> dict[tuple[str, str | None, str | None], int]:
        distinct = dict.fromkeys(zip(self.country, self.state, self.city, strict=True))
        return {place: row for row, place in enumerate(distinct)}

    @functools.cached_property
    def place_index(self) -> Ints:
        """Each customer's row in `place_texts`."""
        places_of = zip(self.country, self.state, self.city, strict=True)
        rows = map(self._places.__getitem__, places_of)
        return np.fromiter(rows, dtype=np.int64, count=len(self.ids))

    @functools.cached_property
    def place_texts(self) -> Texts:
        """Country, state and city of all places, as members of a JSON object."""
        names = ("country", "state", "city")
        return Texts.of(
            ",".join(
                f'"{name}":{json.dumps(value or "", ensure_ascii=False)}'
                for name, value in zip(names, place, strict=True)
            )
            for place in self._places
        )

    def pick(self, keys: Keys) -> Ints:
        """A row a key: the category by its weight, within it all alike."""
        category = pick(keys, Lane.CUSTOMER_CATEGORY, self.category_weights)
        return self.first_row[category] + below(keys, Lane.CUSTOMER, self.sizes[category])


@dataclass(frozen=True)
class Reference:
    """One version of the reference data, ready to pick from."""

    version: str
    catalogue: Catalogue
    audience: Audience

    @classmethod
    def of(cls, document: Document) -> Reference:
        """The columns of `document`."""
        return cls(document.version, _catalogue(document.titles), _audience(document.customers))


def _catalogue(titles: Categories) -> Catalogue:
    sizes = [len(titles[name]["title_id"]) for name in TITLE_CATEGORIES]
    return Catalogue(
        ids=_column(titles, TITLE_CATEGORIES, "title_id"),
        type_index=_indices(_column(titles, TITLE_CATEGORIES, "title_type"), TITLE_TYPES),
        duration_seconds=60
        * np.asarray(_column(titles, TITLE_CATEGORIES, "duration_minutes"), dtype=np.int64),
        category_weights=_weights(sizes, TITLE_CATEGORIES, TITLE_CATEGORY_WEIGHTS),
        first_row=_first_rows(sizes),
        # at least 1 hundredth, so that a title of score 0 may be watched too
        popularity=tuple(
            cumulative([max(1, round(100 * score)) for score in titles[name]["popularity_score"]])
            for name in TITLE_CATEGORIES
        ),
    )


def _audience(customers: Categories) -> Audience:
    sizes = [len(customers[name]["customer_id"]) for name in CUSTOMER_CATEGORIES]
    ids = _column(customers, CUSTOMER_CATEGORIES, "customer_id")
    country = _column(customers, CUSTOMER_CATEGORIES, "country")
    digests = b"".join(blake2b(name.encode(), digest_size=8).digest() for name in ids)
    return Audience(
        ids=ids,
        keys=np.frombuffer(digests, dtype=">u8").astype(np.uint64),
        tier_index=_indices(
            _column(customers, CUSTOMER_CATEGORIES, "subscription_tier"), SUBSCRIPTION_TIERS
        ),
        market_index=_indices(country, places.COUNTRIES),
        country=country,
        state=_column(customers, CUSTOMER_CATEGORIES, "state"),
        city=_column(customers, CUSTOMER_CATEGORIES, "city"),
        category_weights=_weights(sizes, CUSTOMER_CATEGORIES, CUSTOMER_CATEGORY_WEIGHTS),
        first_row=_first_rows(sizes),
        sizes=np.asarray(sizes, dtype=np.int64),
    )


def _column(categories: Categories, names: Sequence[str], column: str) -> list[str]:
    return [value for name in names for value in categories[name][column]]


def _indices(values: Sequence[str], known: Sequence[str]) -> Ints:
    """The place of each value in `known`; one past the end for a value that is not there."""
    places_of = {value: index for index, value in enumerate(known)}
    other = len(known)
    return np.asarray([places_of.get(value, other) for value in values], dtype=np.int64)


def _weights(sizes: Sequence[int], names: Sequence[str], weights: dict[str, int]) -> Ints:
    """Running weights of the categories; one without rows has none."""
    return cumulative(
        [weights[name] if size else 0 for name, size in zip(names, sizes, strict=True)]
    )


def _first_rows(sizes: Sequence[int]) -> Ints:
    return np.asarray([sum(sizes[:index]) for index in range(len(sizes))], dtype=np.int64)
