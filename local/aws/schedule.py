"""AWS's schedule expressions: rate, cron with six fields, and one time.

Source: "Schedule types in EventBridge Scheduler" and "Cron expressions", which Glue's crawlers
follow too. Of cron's signs W (nearest weekday) is not known here.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

UNITS = {"minute": 60, "hour": 3600, "day": 86400}
MONTHS = {name.upper(): n for n, name in enumerate(calendar.month_abbr) if name}
DAYS = {name: n for n, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
HORIZON_DAYS = 366 * 8  # a leap day may be that far


class ScheduleError(ValueError):
    """The expression is none that AWS takes."""


class Schedule:
    """When something is due; the moments are aware datetimes."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due moment later than `moment`; None when there is no more."""
        raise NotImplementedError


@dataclass(frozen=True)
class Rate(Schedule):
    """Each `seconds`, counted from `start`: the first is due one period after it."""

    seconds: int
    start: datetime

    def next_after(self, moment: datetime) -> datetime:
        """The next multiple of the period."""
        periods = (moment - self.start).total_seconds() // self.seconds
        return self.start + timedelta(seconds=self.seconds * max(1, int(periods) + 1))


@dataclass(frozen=True)
class Once(Schedule):
    """One moment."""

    at: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        """The moment, while it lies ahead."""
        return self.at if self.at > moment else None


@dataclass(frozen=True)
class Cron(Schedule):
    """Minutes, hours, days, months and years that match, in the time zone `zone`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    day_matches: Callable[[datetime], bool]
    zone: tzinfo

    def next_after(self, moment: datetime) -> datetime | None:
        """The next matching minute, within eight years."""
        local = moment.astimezone(self.zone).replace(second=0, microsecond=0)
        local += timedelta(minutes=1)
        end = local + timedelta(days=HORIZON_DAYS)
        while local < end:
            if local.year not in self.years or local.month not in self.months:
                first = local.replace(day=1, hour=0, minute=0)
                local = (first + timedelta(days=32)).replace(day=1)
            elif not self.day_matches(local):
                local = local.replace(hour=0, minute=0) + timedelta(days=1)
            elif local.hour not in self.hours:
                local = local.replace(minute=0) + timedelta(hours=1)
            elif local.minute not in self.minutes:
                local += timedelta(minutes=1)
            else:
                return local.astimezone(UTC)
        return None


def parse(expression: str, start: datetime, zone: tzinfo = UTC) -> Schedule:
    """The schedule of an expression; rates count from `start`. Raises ScheduleError."""
    match = re.fullmatch(r"(rate|cron|at)\((.*)\)", expression.strip())
    if match is None:
        raise ScheduleError(f"Invalid schedule expression: {expression[:80]}")
    kind, inner = match.groups()
    try:
        if kind == "rate":
            return _rate(inner, start)
        if kind == "at":
            return Once(datetime.fromisoformat(inner).replace(tzinfo=zone).astimezone(UTC))
        return _cron(inner.split(), zone)
    except (ValueError, KeyError) as error:
        raise ScheduleError(f"Invalid schedule expression: {expression[:80]}") from error


def _rate(inner: str, start: datetime) -> Rate:
    match = re.fullmatch(r"([1-9]\d*) (minute|hour|day)(s?)", inner)
    if match is None or (match[1] == "1") == bool(match[3]):  # AWS refuses `1 minutes`, `5 minute`
        raise ScheduleError(inner)
    return Rate(int(match[1]) * UNITS[match[2]], start)


def _cron(fields: list[str], zone: tzinfo) -> Cron:
    minute, hour, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise ScheduleError("exactly one of day-of-month and day-of-week is ?")
    return Cron(
        minutes=_numbers(minute, 0, 59),
        hours=_numbers(hour, 0, 23),
        months=_numbers(month, 1, 12, MONTHS),
        years=_numbers(year, 1970, 2199),
        day_matches=_day_of_month(day) if weekday == "?" else _day_of_week(weekday),
        zone=zone,
    )


def _numbers(
    field: str, low: int, high: int, names: dict[str, int] | None = None
) -> frozenset[int]:
    """The numbers of a field: lists, ranges, steps, names and `*`."""

    def number(text: str) -> int:
        found = (names or {}).get(text.upper())
        value = int(text) if found is None else found
        if not low <= value <= high:
            raise ScheduleError(field)
        return value

    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (number(one) for one in span.split("-"))
        else:
            first = number(span)
            last = high if step else first
        if last < first or (step and int(step) < 1):
            raise ScheduleError(field)
        numbers.update(range(first, last + 1, int(step or 1)))
    return frozenset(numbers)


def _day_of_month(field: str) -> Callable[[datetime], bool]:
    if field == "L":
        return lambda at: at.day == calendar.monthrange(at.year, at.month)[1]
    days = _numbers(field, 1, 31)
    return lambda at: at.day in days


def _day_of_week(field: str) -> Callable[[datetime], bool]:
    """`2#1` is the first Monday of the month, `2L` the last; Sunday is 1."""
    nth = re.fullmatch(r"(\w+)#([1-5])", field)
    last = re.fullmatch(r"(\w+)L", field)
    if nth:
        (wanted,) = _numbers(nth[1], 1, 7, DAYS)
        return lambda at: _weekday(at) == wanted and (at.day - 1) // 7 + 1 == int(nth[2])
    if last:
        (wanted,) = _numbers(last[1], 1, 7, DAYS)
        return lambda at: (
            _weekday(at) == wanted and at.day + 7 > calendar.monthrange(at.year, at.month)[1]
        )
    wanted_days = _numbers(field, 1, 7, DAYS)
    return lambda at: _weekday(at) in wanted_days


def _weekday(at: datetime) -> int:
    return at.isoweekday() % 7 + 1
