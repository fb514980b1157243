"""AWS's schedule expressions, `rate(…)` and `cron(…)`, told right from wrong before a deploy."""

from __future__ import annotations

import re

from handlers.contract.limits import TICK_MAX_SECONDS

_RATE = re.compile(
    r"rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9][0-9]{1,4}) (?:minutes|hours|days))\)"
)
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS = (  # first and last value, names
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, tuple(_MONTHS)),
    (1, 7, tuple(_DAYS)),
    (1970, 2199, ()),
)


def is_rate(expression: str) -> bool:
    """Whether AWS takes this rate: the unit is singular for 1 only."""
    return _RATE.fullmatch(expression) is not None


def tick_seconds(expression: str) -> int | None:
    """How far apart two ticks of this rate or cron are at the least, in seconds.

    None where that is more than an hour, or it is neither. A cron is taken by its minutes: what its
    other fields leave out is a pause that is meant.
    """
    if is_rate(expression):
        number, _, unit = expression.removeprefix("rate(").removesuffix(")").partition(" ")
        seconds = int(number) * {"m": 60, "h": 3600, "d": 86_400}[unit[0]]
        return seconds if seconds <= TICK_MAX_SECONDS else None
    if not is_cron(expression):
        return None
    minutes = sorted(_minutes(expression.removeprefix("cron(").split()[0]))
    following = [*minutes[1:], minutes[0] + 60]
    return 60 * min(after - at for at, after in zip(minutes, following, strict=True))


def _minutes(field: str) -> set[int]:
    """The minutes that the first field of a cron names."""
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            first, last = "0", "59"
        elif not dash:
            last = "59" if slash else first
        # a range may go over the hour's end
        count = (int(last) - int(first)) % 60
        found |= {(int(first) + n) % 60 for n in range(0, count + 1, int(step or 1))}
    return found


def is_cron(expression: str) -> bool:
    """Whether AWS takes this cron: six fields in range, and exactly one of the two days is `?`."""
    match = _CRON.fullmatch(expression)
    if match is None:
        return False
    fields = match.groups()
    if (fields[2] == "?") == (fields[4] == "?"):
        return False
    return all(_fits(index, field) for index, field in enumerate(fields))


def _fits(index: int, field: str) -> bool:
    if field == "?":
        return index in (2, 4)
    if index == 2 and re.fullmatch(r"L|LW|(?:[1-9]|[12][0-9]|3[01])W", field):
        return True
    if index == 4 and re.fullmatch(r"[1-7]?L|[1-7]#[1-5]", field):
        return True
    return all(_part_fits(index, part) for part in field.split(","))


def _part_fits(index: int, part: str) -> bool:
    span, slash, step = part.partition("/")
    if slash and not re.fullmatch(r"[1-9][0-9]{0,3}", step):
        return False
    if span == "*":
        return True
    first, dash, last = span.partition("-")
    values = [_value(index, end) for end in ((first, last) if dash else (first,))]
    return None not in values


def _value(index: int, end: str) -> int | None:
    low, high, names = _FIELDS[index]
    if end.upper() in names:
        return names.index(end.upper()) + low
    return int(end) if end.isascii() and end.isdecimal() and low <= int(end) <= high else None
