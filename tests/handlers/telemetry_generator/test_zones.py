"""Local time is that of the time zone database, and viewers are active by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from handlers.contract.time_zones import ALIASES, ZONES
from handlers.telemetry_generator import habits, places, zones
from handlers.telemetry_generator.reference import Reference
from tests.handlers.references import small_document

# The pinned package of the time zone database, since those of machines differ.
DATABASE = files("tzdata") / "zoneinfo"
ALL_ZONES = np.arange(len(zones.NAMES))
# Where today's rules hold only from a year on, of those that are checked.
SINCE = {
    "America/Scoresbysund": 2025, "Asia/Almaty": 2025, "Asia/Qostanay": 2025,
    "America/Asuncion": 2025, "America/Coyhaique": 2025, "America/Vancouver": 2027,
    "America/Edmonton": 2027, "America/Inuvik": 2027, "America/Winnipeg": 2027,
    "Africa/Casablanca": 2027, "Africa/El_Aaiun": 2027,
    # which keeps its summer time in the winter of 2026
    "America/Havana": 2028,
}  # fmt: skip


def zone_of(name: str) -> ZoneInfo:
    """The zone as the database has it."""
    with DATABASE.joinpath(*name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def offsets(zone: ZoneInfo, at: Sequence[datetime]) -> list[int]:
    """Offsets from UTC, minutes."""
    return [int(zone.utcoffset(one.astimezone(zone)).total_seconds()) // 60 for one in at]  # type: ignore[union-attr]


def at_minutes(at: Sequence[datetime]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Minutes since 1970."""
    return np.asarray([int(one.timestamp()) // 60 for one in at], dtype=np.int64)


@pytest.mark.parametrize("year", range(2024, 2031))
def test_local_time_is_that_of_the_time_zone_database(year: int) -> None:
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(366)]
    days_made = zones.local_minutes(at_minutes(days), ALL_ZONES) - at_minutes(days)[:, None]
    for column, name in enumerate(zones.NAMES):
        if year < SINCE.get(name, 0):
            continue
        zone = zone_of(name)
        expected = offsets(zone, days)
        assert days_made[:, column].tolist() == expected, name
        # and at each quarter of an hour of the days on which the clocks change
        changes = [
            day for day, so, then in zip(days, expected, expected[1:], strict=False) if so != then
        ]
        steps = [day + timedelta(minutes=15 * step) for day in changes for step in range(96)]
        minutes = at_minutes(steps)
        made = zones.local_minutes(minutes, ALL_ZONES[[column]])[:, 0] - minutes
        assert made.tolist() == offsets(zone, steps), name


@pytest.mark.parametrize(("name", "year"), SINCE.items())
def test_other_rules_held_only_in_the_years_before(name: str, year: int) -> None:
    hours = [datetime(year - 1, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(8_760)]
    minutes = at_minutes(hours)
    made = zones.local_minutes(minutes, ALL_ZONES[[zones.NAMES.index(name)]])[:, 0] - minutes
    assert made.tolist() != offsets(zone_of(name), hours)


def test_every_zone_with_a_population_is_known() -> None:
    rows = DATABASE.joinpath("zone.tab").read_text().splitlines()
    names = {row.split("\t")[2] for row in rows if not row.startswith("#")}
    by_the_moon = {"Asia/Gaza", "Asia/Hebron"}
    assert {name for name in names if not name.startswith("Antarctica/")} - set(
        ZONES
    ) == by_the_moon
    assert all(offset % habits.STEP_MINUTES == 0 for offset, _ in ZONES.values())
    assert {rule for _, rule in ZONES.values()} - {""} == set(zones.RULES)


def test_other_names_are_those_of_the_database() -> None:
    days = [datetime(2029, month, 15, tzinfo=UTC) for month in range(1, 13)]
    assert set(ALIASES).isdisjoint(ZONES)
    for name, of in ALIASES.items():
        assert offsets(zone_of(name), days) == offsets(zone_of(of), days), name
    names = files("tzdata").joinpath("zones").read_text().split()
    left_out = {name for name in names if name not in ZONES and name not in ALIASES}
    assert {name.partition("/")[0] for name in left_out} == {"Antarctica", "Asia", "Factory"}


@pytest.mark.parametrize(
    ("timezone", "country", "zone"),
    [
        ("Pacific/Auckland", "NZ", "Pacific/Auckland"), ("Asia/Shanghai", "CN", "Asia/Shanghai"),
        ("Asia/Dubai", "DE", "Asia/Dubai"), ("US/Pacific", "US", "America/Los_Angeles"),
        ("Asia/Calcutta", "IN", "Asia/Kolkata"), ("Europe/Kiev", "UA", "Europe/Kyiv"),
        ("Europe/Copenhagen", "DK", "Europe/Copenhagen"), ("Mars/Olympus", "DE", "Europe/Berlin"),
        (None, "AU", "Australia/Sydney"), (None, "NZ", places.OTHER_TIME_ZONE),
    ],
)  # fmt: skip
def test_customers_have_their_own_zone_or_their_markets(
    timezone: str | None, country: str, zone: str
) -> None:
    document = small_document()
    for customers in document.customers.values():
        customers["timezone"] = [timezone for _ in customers["timezone"]]
        customers["country"] = [country for _ in customers["country"]]
    audience = Reference.of(document).audience
    assert [zones.NAMES[place] for place in audience.zones] == [zone]
    assert audience.zone_sizes.tolist() == [[300]] * 3


def test_activity_is_that_of_the_local_hour_and_weekday() -> None:
    # Friday 2025-08-15 20:00 in Berlin is 18:00 UTC; Sunday 2025-08-17 10:30 in Chicago is 15:30.
    friday = int(datetime(2025, 8, 15, 18, tzinfo=UTC).timestamp()) // 900
    sunday = int(datetime(2025, 8, 17, 15, 30, tzinfo=UTC).timestamp()) // 900
    of_zones = np.asarray(
        [zones.NAMES.index(name) for name in ("Europe/Berlin", "America/Chicago")]
    )
    weights = habits.activity(np.asarray([friday, sunday], dtype=np.int64), of_zones)
    assert weights[0, 0] == habits.FRIDAY[20]
    assert weights[1, 1] == (habits.SUNDAY[10] + habits.SUNDAY[11]) // 2
