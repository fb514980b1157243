"""The sample's titles: type, genre and origin first, then what follows from quality and fame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from components.sample import draw, naming
from components.sample.draw import Flags, Floats, Integers
from handlers.contract import reference

COLUMNS = reference.TITLES
_RATING_NOISE = 0.55


def table(size: int) -> dict[str, Any]:
    """`size` titles as pyarrow arrays, a column of `COLUMNS` each."""
    random = draw.source("titles")
    settings = draw.parameters("titles")
    genres = draw.parameters("genres")
    kinds = draw.picks(random, {k: v["weight"] for k, v in settings["types"].items()}, size)
    countries = draw.picks(random, settings["countries"], size)
    genre = _genres(random, settings, genres, kinds, countries)
    quality = random.standard_normal(size)
    fame = 0.45 * quality + 0.9 * random.standard_normal(size)
    released = _release_days(random, size)
    original = (random.random(size) < 0.12) & (released > draw.day(draw.REFERENCE_DATE) - 3000)
    names = naming.Names(random)
    columns: dict[str, Any] = {
        "title_id": draw.keys("TITLE", size),
        "title_name": names.titles(settings, genres, genre),
        "title_type": kinds,
        "genre": genre,
        "sub_genre": _by_genre(
            random, genre, {g: dict.fromkeys(p["sub_genres"], 1) for g, p in genres.items()}
        ),
        "content_rating": _by_genre(random, genre, {g: p["ratings"] for g, p in genres.items()}),
        "release_date": draw.dates(released),
        "duration_minutes": _minutes(random, settings, kinds),
        "production_country": countries,
        **_languages(random, countries),
        "director": names.people(countries),
        "cast": names.casts(countries),
        "production_studio": draw.strings(
            [
                settings["own_studio"] if own else settings["studios"][studio]
                for own, studio in zip(
                    original, random.integers(0, len(settings["studios"]), size), strict=True
                )
            ]
        ),
        "is_original": original,
        **_reception(random, quality, fame),
        **_money(random, settings, genres, kinds=kinds, genre=genre, fame=fame, original=original),
        **_episodes(random, kinds == "series", fame),
        **_record_times(random, released),
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


def _genres(
    random: np.random.Generator,
    settings: Mapping[str, Any],
    genres: Mapping[str, Any],
    kinds: NDArray[np.object_],
    countries: NDArray[np.object_],
) -> NDArray[np.object_]:
    """A country favours some genres; documentaries have their own."""
    chosen = np.empty(len(kinds), dtype=np.object_)
    for country in settings["countries"]:
        rows = countries == country
        taste = settings["genre_taste"].get(country, {})
        weights = {g: p["weight"] * taste.get(g, 1.0) for g, p in genres.items()}
        chosen[rows] = draw.picks(random, weights, int(rows.sum()))
    rows = kinds == "documentary"
    chosen[rows] = draw.picks(random, settings["documentary_genres"], int(rows.sum()))
    return chosen


def _by_genre(
    random: np.random.Generator,
    genre: NDArray[np.object_],
    choices: Mapping[str, Mapping[str, float]],
) -> NDArray[np.object_]:
    chosen = np.empty(len(genre), dtype=np.object_)
    for name, weights in choices.items():
        rows = genre == name
        chosen[rows] = draw.picks(random, weights, int(rows.sum()))
    return chosen


def _release_days(random: np.random.Generator, size: int) -> Integers:
    """Most titles are recent: the age is exponential with a mean of 8 years, 60 at most."""
    age = np.minimum(random.exponential(8 * 365.25, size), 60 * 365.25)
    return draw.day(draw.REFERENCE_DATE) - 7 - age.astype(np.int64)


def _minutes(
    random: np.random.Generator, settings: Mapping[str, Any], kinds: NDArray[np.object_]
) -> Integers:
    minutes = np.zeros(len(kinds), dtype=np.int64)
    for kind, parameters in settings["types"].items():
        mean, deviation, shortest, longest = parameters["minutes"]
        rows = kinds == kind
        drawn = mean + deviation * random.standard_normal(int(rows.sum()))
        minutes[rows] = np.clip(np.rint(drawn), shortest, longest)
    return minutes


def _languages(
    random: np.random.Generator, countries: NDArray[np.object_]
) -> dict[str, NDArray[np.object_]]:
    places = draw.parameters("places")
    native = draw.strings([places[country]["language"] for country in countries])
    every = sorted({place["language"] for place in places.values()})
    dubbed = random.random((len(countries), len(every))) < 0.35
    available = [
        ",".join(
            [language]
            + [other for other, has in zip(every, row, strict=True) if has and other != language]
        )
        for language, row in zip(native, dubbed, strict=True)
    ]
    return {"original_language": native, "available_languages": draw.strings(available)}


def _reception(random: np.random.Generator, quality: Floats, fame: Floats) -> dict[str, Any]:
    """Fame drives popularity, quality the ratings; both are correlated (about 0.45)."""
    size = len(quality)
    popularity = 10.0 / (1.0 + np.exp(-(1.15 * fame - 0.25)))
    critical = 6.1 + 1.25 * quality + _RATING_NOISE * random.standard_normal(size)
    viewer = 6.3 + 0.8 * quality + 0.5 * fame + _RATING_NOISE * random.standard_normal(size)
    return {
        "popularity_score": np.round(np.clip(popularity, 0.1, 9.9), 2),
        "critical_rating": np.round(np.clip(critical, 0.5, 9.9), 1),
        "viewer_rating": np.round(np.clip(viewer, 0.5, 9.9), 1),
        "awards_count": random.poisson(np.exp(np.clip(1.4 * quality - 1.2, -6, 3.2))),
    }


def _money(
    random: np.random.Generator,
    settings: Mapping[str, Any],
    genres: Mapping[str, Any],
    *,
    kinds: NDArray[np.object_],
    genre: NDArray[np.object_],
    fame: Floats,
    original: Flags,
) -> dict[str, Any]:
    """Budgets follow type, genre and fame, revenue budget and fame; the own need no licence."""
    size = len(kinds)
    typical = np.array(
        [
            settings["types"][kind]["budget_millions"] * genres[name]["budget"]
            for kind, name in zip(kinds, genre, strict=True)
        ]
    )
    budget = typical * np.exp(0.35 * fame + 0.6 * random.standard_normal(size))
    revenue = 2.1 * budget * np.exp(0.55 * fame + 0.5 * random.standard_normal(size))
    licence = 0.02 * revenue * np.exp(0.3 * random.standard_normal(size))
    return {
        "budget_millions": np.round(budget, 2),
        "revenue_millions": np.round(revenue, 2),
        "licensing_cost": pa.array(np.round(licence, 3), mask=original),
    }


def _episodes(random: np.random.Generator, series: Flags, fame: Floats) -> dict[str, Any]:
    """A title of type series is one episode; well-known series have more seasons."""
    season = 1 + random.poisson(np.exp(np.clip(0.5 * fame, -2, 1.8)))
    episode = random.integers(1, 13, len(series))
    return {
        "season_number": pa.array(season, mask=~series),
        "episode_number": pa.array(episode, mask=~series),
    }


def _record_times(random: np.random.Generator, released: Integers) -> dict[str, Any]:
    today = draw.day(draw.REFERENCE_DATE)
    opened = draw.day(draw.REFERENCE_DATE.replace(year=2016))
    created = np.maximum(released - random.integers(0, 60, len(released)), opened)
    updated = created + 1 + (random.random(len(created)) * (today - created - 1)).astype(np.int64)
    return {
        "created_at": draw.timestamps(random, created),
        "updated_at": draw.timestamps(random, updated),
    }
