"""The sample's customers: place and age first, then what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from components.sample import draw, naming
from components.sample.draw import Flags, Floats, Integers
from handlers.contract import reference

COLUMNS = reference.CUSTOMERS
_DAYS_A_MONTH = 30.4375


def table(size: int) -> dict[str, Any]:
    """`size` customers as pyarrow arrays, a column of `COLUMNS` each."""
    random = draw.source("customers")
    settings = draw.parameters("customers")
    places, price_level = _places(random, size)
    countries = places["country"]
    birth, group = _ages(random, settings, size)
    tier = _tiers(random, settings, group)
    started, ended, active = _tenure(random, settings, tier, group)
    names = naming.Names(random)
    first, last = names.halves(countries)
    identity = draw.keys("CUST", size)
    today = draw.day(draw.REFERENCE_DATE)
    touched = started + (random.random(size) * (today - started)).astype(np.int64)
    columns: dict[str, Any] = {
        "customer_id": identity,
        "email": _emails(random, settings, first, last),
        "first_name": first,
        "last_name": last,
        "date_of_birth": draw.dates(birth),
        "age_group": draw.strings(list(settings["age_groups"]))[group],
        "subscription_tier": tier,
        "subscription_start_date": draw.dates(started),
        "subscription_end_date": pa.array(ended.astype(np.int32), mask=active).cast(pa.date32()),
        **places,
        "payment_method": _payments(random, settings, countries, tier),
        **_money(random, settings, tier, price_level=price_level, started=started, ended=ended),
        "is_active": active,
        "acquisition_channel": draw.picks(random, settings["acquisition_channels"], size),
        "preferred_genres": _tastes(random, settings, countries, group),
        "created_at": draw.timestamps(random, started),
        "updated_at": draw.timestamps(random, np.maximum(touched, started + 1)),
    }
    optional = {column.name for column in COLUMNS if not column.required}
    return {
        name: draw.with_gaps(random, values, settings["null_share"], settings["nan_share"])
        if name in optional
        else values
        for name, values in ((name, _arrow(values)) for name, values in columns.items())
    }


def _arrow(values: Any) -> Any:
    return values if isinstance(values, pa.Array) else pa.array(values)


def _places(
    random: np.random.Generator, size: int
) -> tuple[dict[str, NDArray[np.object_]], Floats]:
    """Country, state, city and time zone that belong together, and the country's price level."""
    flat: list[tuple[str, str | None, str, str, float]] = []
    weights: list[float] = []
    for country, place in draw.parameters("places").items():
        within = sum(state["weight"] for state in place["states"])
        for state in place["states"]:
            share = place["weight"] * state["weight"] / within
            steps = len(state["cities"]) * (len(state["cities"]) + 1) / 2
            for rank, city in enumerate(reversed(state["cities"]), start=1):
                flat.append(
                    (country, state["state"], city, state["timezone"], place["price_level"])
                )
                weights.append(share * rank / steps)
    chosen = draw.indices(random, weights, size)
    columns = list(zip(*flat, strict=True))
    named = {
        name: draw.strings(column)[chosen]
        for name, column in zip(("country", "state", "city", "timezone"), columns[:4], strict=True)
    }
    return named, np.array(columns[4], dtype=np.float64)[chosen]


def _ages(
    random: np.random.Generator, settings: Mapping[str, Any], size: int
) -> tuple[Integers, Integers]:
    """Days of birth and the indices of the age groups that they fall in at the reference date."""
    bounds = np.array(list(settings["age_groups"].values()), dtype=np.float64)
    group = draw.indices(random, bounds[:, 2].tolist(), size)
    youngest, oldest = bounds[group, 0], bounds[group, 1]
    # two days inside the bounds, so that leap years cannot move anyone into the next group
    span = (oldest - youngest) * 365.25 - 4
    days = youngest * 365.25 + 2 + random.random(size) * span
    return draw.day(draw.REFERENCE_DATE) - days.astype(np.int64), group


def _tiers(
    random: np.random.Generator, settings: Mapping[str, Any], group: Integers
) -> NDArray[np.object_]:
    tier = np.empty(len(group), dtype=np.object_)
    for index in range(len(settings["age_groups"])):
        rows = group == index
        weights = {name: t["weight"][index] for name, t in settings["tiers"].items()}
        tier[rows] = draw.picks(random, weights, int(rows.sum()))
    return tier


def _tenure(
    random: np.random.Generator,
    settings: Mapping[str, Any],
    tier: NDArray[np.object_],
    group: Integers,
) -> tuple[Integers, Integers, Flags]:
    """First day, last day (the reference date while it runs) and whether it runs."""
    today = draw.day(draw.REFERENCE_DATE)
    opened = draw.day(date.fromisoformat(settings["first_subscription_date"]))
    mean_days = 420.0 + 140.0 * group
    started = np.maximum(today - 1 - random.exponential(mean_days).astype(np.int64), opened)
    stays = np.array([settings["active_share"][name] for name in tier])
    active = random.random(len(tier)) < stays
    left = started + (random.random(len(tier)) * (today - started)).astype(np.int64)
    return started, np.where(active, today, left), active


def _emails(
    random: np.random.Generator,
    settings: Mapping[str, Any],
    first: NDArray[np.object_],
    last: NDArray[np.object_],
) -> Any:
    """Addresses in the domains that RFC 2606 reserves, numbered so that no two are alike."""
    ascii_names = [
        pc.utf8_lower(
            pc.replace_substring_regex(
                pc.utf8_normalize(pa.array(names), form="NFKD"), "[^A-Za-z]", ""
            )
        )
        for names in (first, last)
    ]
    numbers = pa.array(np.arange(1, len(first) + 1)).cast(pa.string())
    domains = draw.strings(settings["email_domains"])[
        random.integers(0, len(settings["email_domains"]), len(first))
    ]
    local = pc.binary_join_element_wise(*ascii_names, numbers, ".")
    return pc.binary_join_element_wise(local, pa.array(domains), "@")


def _payments(
    random: np.random.Generator,
    settings: Mapping[str, Any],
    countries: NDArray[np.object_],
    tier: NDArray[np.object_],
) -> NDArray[np.object_]:
    """As usual in the country; who pays nothing has no method."""
    methods = settings["payment_methods"]
    chosen = np.empty(len(tier), dtype=np.object_)
    for country in sorted(set(countries)):
        rows = countries == country
        chosen[rows] = draw.picks(random, methods.get(country, methods["default"]), int(rows.sum()))
    chosen[tier == "free_with_ads"] = None
    return chosen


def _money(
    random: np.random.Generator,
    settings: Mapping[str, Any],
    tier: NDArray[np.object_],
    *,
    price_level: Floats,
    started: Integers,
    ended: Integers,
) -> dict[str, Floats]:
    """Price of the tier at the country's level; the lifetime value adds it up over the tenure."""
    price = np.array([settings["tiers"][name]["price"] for name in tier])
    noise = np.exp(0.05 * random.standard_normal(len(tier)))
    monthly = price * price_level * noise
    months = np.maximum((ended - started) / _DAYS_A_MONTH, 1.0)
    lifetime = monthly * months * np.exp(0.08 * random.standard_normal(len(tier)))
    return {"monthly_revenue": np.round(monthly, 2), "lifetime_value": np.round(lifetime, 2)}


def _tastes(
    random: np.random.Generator,
    settings: Mapping[str, Any],
    countries: NDArray[np.object_],
    group: Integers,
) -> NDArray[np.object_]:
    """One to three genres; country and age both shift the odds."""
    genres = draw.parameters("genres")
    by_country = draw.parameters("titles")["genre_taste"]
    names = list(genres)
    ages = list(settings["age_groups"])
    tastes = np.empty(len(group), dtype=np.object_)
    for country in sorted(set(countries)):
        for index, age in enumerate(ages):
            rows = np.flatnonzero((countries == country) & (group == index))
            local, aged = by_country.get(country, {}), settings["age_taste"][age]
            odds = np.array(
                [genres[g]["weight"] * local.get(g, 1.0) * aged.get(g, 1.0) for g in names]
            )
            # the largest of exponential races: three distinct genres in proportion to their odds
            races = random.exponential(size=(len(rows), len(names))) / odds
            best = np.argsort(races, axis=1, kind="stable")[:, :3]
            counts = random.integers(1, 4, len(rows))
            tastes[rows] = draw.strings(
                [
                    ",".join(names[choice] for choice in row[:count])
                    for row, count in zip(best.tolist(), counts.tolist(), strict=True)
                ]
            )
    return tastes
