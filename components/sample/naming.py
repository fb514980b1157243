"""Names of titles and of people, put together from word lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.sample import draw


class Names:
    """Names drawn from one generator; the order of the calls is part of the sample's bytes."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._people = draw.parameters("people")
        self._places = draw.parameters("places")

    def titles(
        self,
        settings: Mapping[str, Any],
        genres: Mapping[str, Any],
        genre: NDArray[np.object_],
    ) -> NDArray[np.object_]:
        """A name for each title, no two alike, with words of its genre."""
        taken: set[str] = set()
        words = {g: tuple(p["words"]) * 3 + tuple(settings["nouns"]) for g, p in genres.items()}
        chances = self._fractions()
        patterns = list(settings["patterns"])
        edges = np.cumsum(list(settings["patterns"].values())) / sum(settings["patterns"].values())
        names = []
        for kind in genre:
            while True:
                pattern = patterns[int(np.searchsorted(edges, next(chances), side="right"))]
                name = pattern.format(
                    adjective=_at(settings["adjectives"], next(chances)),
                    noun=_at(words[kind], next(chances)),
                    plural=_at(settings["plurals"], next(chances)),
                    place=_at(settings["places"], next(chances)),
                )
                name = name[0].upper() + name[1:]
                if name not in taken:
                    break
            taken.add(name)
            names.append(name)
        return draw.strings(names)

    def people(self, countries: NDArray[np.object_]) -> NDArray[np.object_]:
        """A full name for each country."""
        first, last = self.halves(countries)
        full: NDArray[np.object_] = first + " " + last
        return full

    def halves(
        self, countries: NDArray[np.object_]
    ) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """First and last names as they are common in each country."""
        first = np.empty(len(countries), dtype=np.object_)
        last = np.empty(len(countries), dtype=np.object_)
        for country, place in self._places.items():
            rows = countries == country
            names = self._people[place["culture"]]
            count = int(rows.sum())
            first[rows] = draw.strings(names["first"])[
                self._random.integers(0, len(names["first"]), count)
            ]
            last[rows] = draw.strings(names["last"])[
                self._random.integers(0, len(names["last"]), count)
            ]
        return first, last

    def casts(self, countries: NDArray[np.object_]) -> NDArray[np.object_]:
        """Three actors for each country, joined by commas."""
        one, two, three = (self.people(countries) for _ in range(3))
        joined: NDArray[np.object_] = one + ", " + two + ", " + three
        return joined

    def _fractions(self) -> Iterator[float]:
        while True:
            yield from self._random.random(4096).tolist()


def _at(words: Any, fraction: float) -> str:
    return str(words[int(fraction * len(words))])
