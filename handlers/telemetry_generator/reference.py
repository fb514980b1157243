"""A reference document as columns to pick from: the catalogue of titles and the audience.

Owns the weights of categories and the look-ups by row. Does not read the cache: `source` does.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain, repeat
from typing import Any, NamedTuple

import numpy as np

from handlers.contract.reference import (
    CUSTOMER_CATEGORIES,
    SUBSCRIPTION_TIERS,
    TITLE_CATEGORIES,
    TITLE_TYPES,
)
from handlers.contract.reference_document import Categories, Document
from handlers.contract.time_zones import ALIASES
from handlers.telemetry_generator import places, zones
from handlers.telemetry_generator.audience import Audience
from handlers.telemetry_generator.devices import AGE_GROUPS
from handlers.telemetry_generator.draws import Ints, Keys, Lane, cumulative, pick
from handlers.telemetry_generator.texts import Texts

TITLE_CATEGORY_WEIGHTS = {"popular": 70, "regular": 25, "niche": 5}
# A title of rank r (from 0) in its category has the weight 1 / (r + ZIPF_SHIFT).
ZIPF_SHIFT = 6
ZIPF_SCALE = 1 << 24
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
        """The ids as members of a JSON object."""
        return Texts.quoted(self.ids, ',"title_id":')

    @functools.cached_property
    def keys(self) -> Keys:
        """A key a title, of its id alone."""
        return _keys(self.ids)

    def pick(self, keys: Keys) -> Ints:
        """A row a key: the category by its weight, within it by popularity score."""
        category = pick(keys, Lane.TITLE_CATEGORY, self.category_weights)
        rows = np.empty(len(keys), dtype=np.int64)
        for index, weights in enumerate(self.popularity):
            chosen = category == index
            if chosen.any():
                rows[chosen] = self.first_row[index] + pick(keys[chosen], Lane.TITLE, weights)
        return rows


class Reference(NamedTuple):
    """One version of the reference data, ready to pick from."""

    version: str
    catalogue: Catalogue
    audience: Audience
    created_at: str

    @classmethod
    def of(cls, document: Document) -> Reference:
        """The columns of `document`."""
        titles, customers = _catalogue(document.titles), _audience(document.customers)
        return cls(document.version, titles, customers, document.created_at)


def _catalogue(titles: Categories) -> Catalogue:
    sizes = [len(titles[name]["title_id"]) for name in TITLE_CATEGORIES]
    return Catalogue(
        ids=_column(titles, TITLE_CATEGORIES, "title_id"),
        type_index=_indices(_column(titles, TITLE_CATEGORIES, "title_type"), TITLE_TYPES),
        duration_seconds=60
        * np.asarray(_column(titles, TITLE_CATEGORIES, "duration_minutes"), dtype=np.int64),
        category_weights=_weights(sizes, TITLE_CATEGORIES, TITLE_CATEGORY_WEIGHTS),
        first_row=_first_rows(sizes),
        popularity=tuple(
            cumulative(popularity(titles[name]["popularity_score"]).tolist())
            for name in TITLE_CATEGORIES
        ),
    )


def _audience(customers: Categories) -> Audience:
    sizes = [len(customers[name]["customer_id"]) for name in CUSTOMER_CATEGORIES]
    country = _column(customers, CUSTOMER_CATEGORIES, "country")
    market = _indices(country, places.COUNTRIES)
    zone = _zones(_column(customers, CUSTOMER_CATEGORIES, "timezone"), market)
    category = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((zone, category))
    # Others would cost time, and are nobody's.
    own = np.flatnonzero(np.bincount(zone))
    zone_sizes = np.zeros((len(sizes), len(own)), dtype=np.int64)
    np.add.at(zone_sizes, (category, np.searchsorted(own, zone)), 1)
    ends = np.cumsum(zone_sizes).reshape(zone_sizes.shape)

    rows = order.tolist()

    def ordered(values: Sequence[Any]) -> list[Any]:
        return list(map(values.__getitem__, rows))

    ids = ordered(_column(customers, CUSTOMER_CATEGORIES, "customer_id"))
    tiers = _column(customers, CUSTOMER_CATEGORIES, "subscription_tier")
    return Audience(
        ids=ids,
        keys=_keys(ids),
        tier_index=_indices(tiers, SUBSCRIPTION_TIERS)[order],
        age_index=_indices(_column(customers, CUSTOMER_CATEGORIES, "age_group"), AGE_GROUPS)[order],
        market_index=market[order],
        country=ordered(country),
        state=ordered(_column(customers, CUSTOMER_CATEGORIES, "state")),
        city=ordered(_column(customers, CUSTOMER_CATEGORIES, "city")),
        category_weights=_weights(sizes, CUSTOMER_CATEGORIES, CUSTOMER_CATEGORY_WEIGHTS),
        first_row=_first_rows(sizes),
        zones=own,
        zone_first_row=ends - zone_sizes,
        zone_sizes=zone_sizes,
    )


def _keys(ids: Sequence[str]) -> Keys:
    digests = b"".join([blake2b(name.encode(), digest_size=8).digest() for name in ids])
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def _zones(names: Sequence[str | None], market: Ints) -> Ints:
    """Each customer's own zone where it is known, else the market's; the data loader says of how
    many it is not."""
    own = [ALIASES.get(name, name) if name else None for name in names]
    known = _indices(own, zones.NAMES)
    usual = _indices((*places.TIME_ZONES.values(), places.OTHER_TIME_ZONE), zones.NAMES)
    chosen: Ints = np.where(known < len(zones.NAMES), known, usual[market])
    return chosen


def popularity(scores: Sequence[float]) -> Ints:
    """Weights of a category's titles by score: those of Zipf and Mandelbrot, a long tail.

    Titles of equal scores share the weights of their ranks, each of them the mean.
    """
    falling = -np.asarray(scores, dtype=np.float64)
    ranked = np.sort(falling)
    first = np.searchsorted(ranked, falling, side="left")
    behind = np.searchsorted(ranked, falling, side="right")
    sums = np.append(0, np.cumsum(ZIPF_SCALE // (np.arange(len(ranked)) + ZIPF_SHIFT)))
    weights: Ints = (sums[behind] - sums[first]) // (behind - first)
    return np.maximum(weights, 1)


def _column(categories: Categories, names: Sequence[str], column: str) -> list[Any]:
    return list(chain.from_iterable(categories[name][column] for name in names))


def _indices(values: Sequence[str | None], known: Sequence[str]) -> Ints:
    """The place of each value in `known`; one past the end for a value that is not there."""
    places_of: dict[str | None, int] = {value: index for index, value in enumerate(known)}
    found = map(places_of.get, values, repeat(len(known)))
    return np.fromiter(found, dtype=np.int64, count=len(values))


def _weights(sizes: Sequence[int], names: Sequence[str], weights: dict[str, int]) -> Ints:
    """Running weights of the categories; one without rows has none."""
    return cumulative(
        [weights[name] if size else 0 for name, size in zip(names, sizes, strict=True)]
    )


def _first_rows(sizes: Sequence[int]) -> Ints:
    return np.asarray([sum(sizes[:index]) for index in range(len(sizes))], dtype=np.int64)
