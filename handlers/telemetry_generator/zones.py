"""Time zones as whole numbers: offset from UTC at a minute, the same on every machine.

Owns the rules of daylight saving, those of today for all years. Which zones there are:
`contract.time_zones`; a zone that is not there stands at the one of its market
(`places.TIME_ZONES`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from handlers.contract.time_zones import ZONES
from handlers.telemetry_generator.draws import Ints

DAY_MINUTES = 24 * 60
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


class Edge(NamedTuple):
    """When the clocks change: `minute` of the first `weekday` in `month` from day `day` on."""

    month: int
    weekday: int
    day: int
    minute: int


class Rule(NamedTuple):
    """Daylight saving of `minutes` from `begin` to `end`, by UTC or by the zone's standard time."""

    begin: Edge
    end: Edge
    by_utc: bool = False
    minutes: int = 60


RULES = {
    # 01:00 UTC, also in Moldova and Greenland
    "EU": Rule(Edge(3, SUN, 25, 60), Edge(10, SUN, 25, 60), by_utc=True),
    "US": Rule(Edge(3, SUN, 8, 120), Edge(11, SUN, 1, 60)),
    "AU": Rule(Edge(10, SUN, 1, 120), Edge(4, SUN, 1, 120)),
    "Lord Howe": Rule(Edge(10, SUN, 1, 120), Edge(4, SUN, 1, 90), minutes=30),
    # the day before in UTC, so that the Chatham Islands change with the others
    "NZ": Rule(Edge(9, SUN, 24, -600), Edge(4, SUN, 1, -600), by_utc=True),
    "Chile": Rule(Edge(9, SUN, 2, 240), Edge(4, SUN, 2, 180), by_utc=True),
    "Cuba": Rule(Edge(3, SUN, 8, 0), Edge(11, SUN, 1, 0)),
    "Israel": Rule(Edge(3, FRI, 23, 120), Edge(10, SUN, 25, 60)),
    "Lebanon": Rule(Edge(3, SUN, 25, 0), Edge(10, SUN, 25, -60)),
    "Egypt": Rule(Edge(4, FRI, 24, 0), Edge(10, THU, 25, 23 * 60)),
}
NAMES = tuple(ZONES)


def local_minutes(minutes: Ints, zones: Ints) -> Ints:
    """Local time in each of `zones` (columns; places in NAMES) at `minutes` since 1970, UTC."""
    local = np.empty((len(minutes), len(zones)), dtype=np.int64)
    for column, zone in enumerate(zones.tolist()):
        offset, name = ZONES[NAMES[zone]]
        local[:, column] = minutes + offset
        if name:
            rule = RULES[name]
            local[:, column] += rule.minutes * _saves(minutes, 0 if rule.by_utc else offset, rule)
    return local


def _saves(minutes: Ints, offset: int, rule: Rule) -> npt.NDArray[np.bool_]:
    """Whether daylight saving holds, where the rule's edges are by a clock of this offset."""
    year = minutes.astype("datetime64[m]").astype("datetime64[Y]")
    begin, end = (_minute_of(year, edge) - offset for edge in (rule.begin, rule.end))
    if rule.begin.month < rule.end.month:
        return (begin <= minutes) & (minutes < end)
    return (begin <= minutes) | (minutes < end)


def _minute_of(year: npt.NDArray[np.datetime64], edge: Edge) -> Ints:
    first = (year.astype("datetime64[M]") + (edge.month - 1)).astype("datetime64[D]")
    day = first.astype(np.int64) + edge.day - 1
    # 1970-01-01 was a Thursday
    day += (edge.weekday - THU - day) % 7
    minute: Ints = day * DAY_MINUTES + edge.minute
    return minute
