"""The customers of a reference version, and who of them watches when.

A start goes to a category by its weight, within it to a time zone by its customers and how active
they are at their own hour and weekday, and there to any customer alike.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from handlers.telemetry_generator import habits
from handlers.telemetry_generator.draws import (
    Ints,
    Keys,
    Lane,
    below,
    distinct,
    pick,
    pick_from,
    stacked,
)
from handlers.telemetry_generator.texts import Texts

_SHARE_SCALE = 1_000_000  # zones' shares of a category, so that weights stay below 2^31
_STEP_MS = habits.STEP_MINUTES * 60_000
_STEPS_AT_ONCE = 128


@dataclass(frozen=True)
class Audience:
    """Customers, row by row: active ones first, then regular, then new; within each by zone.

    `zone_first_row` and `zone_sizes` have a row a category and a column a zone that a customer has:
    `zones`, places in `zones.NAMES`.
    """

    ids: list[str]
    keys: Keys
    tier_index: Ints
    age_index: Ints
    market_index: Ints
    country: list[str]
    state: Sequence[str | None]
    city: Sequence[str | None]
    category_weights: Ints
    first_row: Ints
    zones: Ints
    zone_first_row: Ints
    zone_sizes: Ints
    _tables: dict[int, tuple[Ints, Ints]] = field(default_factory=dict, repr=False)

    def pick(self, keys: Keys, start_ms: Ints) -> Ints:
        """A row a key, for a start at `start_ms` since 1970."""
        category = pick(keys, Lane.CUSTOMER_CATEGORY, self.category_weights)
        step = start_ms // _STEP_MS
        block = step // _STEPS_AT_ONCE
        rows = np.empty(len(keys), dtype=np.int64)
        for one in distinct(block):
            chosen = block == one
            within, group = step[chosen] - one * _STEPS_AT_ONCE, category[chosen]
            row = within * len(self.zone_sizes) + group
            zone = pick_from(keys[chosen], Lane.TIME_ZONE, self._table(one), row)
            rows[chosen] = self.zone_first_row[group, zone] + below(
                keys[chosen], Lane.CUSTOMER, self.zone_sizes[group, zone]
            )
        return rows

    def zone_weights(self, steps: Ints) -> Ints:
        """Weights of zones by step (first axis) and category (second)."""
        totals = np.maximum(self.zone_sizes.sum(axis=1, keepdims=True), 1)
        shares = -(-self.zone_sizes * _SHARE_SCALE // totals)
        weights: Ints = shares[None, :, :] * habits.activity(steps, self.zones)[:, None, :]
        return weights

    def _table(self, block: int) -> tuple[Ints, Ints]:
        """Zones by step and category; ticks and the parts of a run ask for the same again."""
        if block not in self._tables:
            if len(self._tables) >= 8:
                self._tables.clear()
            steps = np.arange(_STEPS_AT_ONCE, dtype=np.int64) + block * _STEPS_AT_ONCE
            weights = self.zone_weights(steps)
            self._tables[block] = stacked(weights.reshape(-1, weights.shape[-1]))
        return self._tables[block]

    @functools.cached_property
    def id_texts(self) -> Texts:
        """The ids as members of a JSON object."""
        return Texts.quoted(self.ids, '"customer_id":')

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
