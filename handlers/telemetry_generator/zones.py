"""Time zones as whole numbers: offset from UTC at a minute, the same on every machine.

A table of its own, because the time zone data of machines differ. Owns offsets and daylight saving
rules; a zone that is not here stands at the one of its market (`places.TIME_ZONES`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from handlers.telemetry_generator.draws import Ints

DAY_MINUTES = 24 * 60
# Standard offset in minutes, and whose rule of daylight saving holds ("" for none).
ZONES: dict[str, tuple[int, str]] = {
    "Etc/UTC": (0, ""), "America/New_York": (-300, "US"), "America/Chicago": (-360, "US"),
    "America/Denver": (-420, "US"), "America/Phoenix": (-420, ""),
    "America/Los_Angeles": (-480, "US"), "America/Anchorage": (-540, "US"),
    "Pacific/Honolulu": (-600, ""), "America/Toronto": (-300, "US"),
    "America/Vancouver": (-480, "US"), "America/Mexico_City": (-360, ""),
    "America/Sao_Paulo": (-180, ""), "America/Bahia": (-180, ""), "America/Manaus": (-240, ""),
    "Atlantic/Canary": (0, "EU"), "Europe/London": (0, "EU"), "Europe/Lisbon": (0, "EU"),
    "Europe/Dublin": (0, "EU"), "Europe/Berlin": (60, "EU"), "Europe/Paris": (60, "EU"),
    "Europe/Madrid": (60, "EU"), "Europe/Rome": (60, "EU"), "Europe/Amsterdam": (60, "EU"),
    "Europe/Brussels": (60, "EU"), "Europe/Vienna": (60, "EU"), "Europe/Zurich": (60, "EU"),
    "Europe/Warsaw": (60, "EU"), "Europe/Stockholm": (60, "EU"), "Europe/Helsinki": (120, "EU"),
    "Asia/Kolkata": (330, ""), "Asia/Singapore": (480, ""), "Asia/Tokyo": (540, ""),
    "Asia/Seoul": (540, ""), "Australia/Perth": (480, ""), "Australia/Brisbane": (600, ""),
    "Australia/Sydney": (600, "AU"), "Australia/Melbourne": (600, "AU"),
}  # fmt: skip
NAMES = tuple(ZONES)
MINUTES = np.asarray([offset for offset, _ in ZONES.values()], dtype=np.int64)


def local_minutes(minutes: Ints) -> Ints:
    """Local time in each zone (columns, in the order of NAMES) at `minutes` since 1970, UTC."""
    local = np.empty((len(minutes), len(NAMES)), dtype=np.int64)
    for column, (offset, rule) in enumerate(ZONES.values()):
        local[:, column] = minutes + offset
        if rule:
            local[:, column] += 60 * _is_summer(minutes, offset, rule)
    return local


def _is_summer(minutes: Ints, offset: int, rule: str) -> npt.NDArray[np.bool_]:
    year = minutes.astype("datetime64[m]").astype("datetime64[Y]")
    if rule == "EU":  # last Sundays of March and October, 01:00 UTC
        begin = _sunday(year, 3, -1) * DAY_MINUTES + 60
        end = _sunday(year, 10, -1) * DAY_MINUTES + 60
        return (begin <= minutes) & (minutes < end)
    if rule == "US":  # second Sunday of March, first of November, 02:00 on the clock
        begin = _sunday(year, 3, 1) * DAY_MINUTES + 120 - offset
        end = _sunday(year, 11, 0) * DAY_MINUTES + 60 - offset
        return (begin <= minutes) & (minutes < end)
    # Australia: first Sundays of October and April, 02:00 standard time
    begin = _sunday(year, 10, 0) * DAY_MINUTES + 120 - offset
    end = _sunday(year, 4, 0) * DAY_MINUTES + 120 - offset
    return (begin <= minutes) | (minutes < end)


def _sunday(year: npt.NDArray[np.datetime64], month: int, which: int) -> Ints:
    """The day since 1970 of Sunday number `which` of a month (0: first, -1: last)."""
    first = year.astype("datetime64[M]") + (month - 1 if which >= 0 else month)
    day = first.astype("datetime64[D]").astype(np.int64)
    # 1970-01-01 was a Thursday: days since then plus 4, modulo 7, count from Sunday
    sunday: Ints = day + -(day + 4) % 7 + 7 * which
    return sunday
