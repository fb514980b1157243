"""Pauses of the schedule that are meant: the same each day, in UTC."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from analysis.errors import AnalysisError, shown

Span = tuple[datetime, datetime]
DAY = timedelta(days=1)
_PAUSE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


class Pause(NamedTuple):
    """Each day for `length` from `begin` on, which counts from midnight; both less than a day."""

    begin: timedelta
    length: timedelta

    def between(self, start: datetime, end: datetime) -> Iterator[Span]:
        """The times of this pause that may touch [start, end), UTC."""
        day = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - DAY
        while day < end:
            yield day + self.begin, day + self.begin + self.length
            day += DAY


def parse(text: str) -> Pause:
    """The pause of HH:MM-HH:MM, over midnight where its end is the earlier.

    Raises argparse.ArgumentTypeError.
    """
    found = _PAUSE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is no pause; expected HH:MM-HH:MM in UTC, e.g. 20:55-07:55"
        )
    hours = [timedelta(hours=int(found[n]), minutes=int(found[n + 1])) for n in (1, 3)]
    begin, end = hours
    if begin == end:
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is empty; expected an end that is not its begin"
        )
    return Pause(begin, (end - begin) % DAY)


def parsed(texts: str) -> list[Pause]:
    """The pauses, joined by commas, of a notebook's parameter. Raises AnalysisError (E_PAUSE)."""
    try:
        return [parse(one.strip()) for one in texts.split(",") if one.strip()]
    except argparse.ArgumentTypeError as error:
        fix = "name each as its begin and end, joined by commas, or none"
        raise AnalysisError("E_PAUSE", f"pauses={error}", fix, exit_code=2) from error


def text(start: datetime, end: datetime) -> str:
    """[start, end) as `parse` takes it, in whole minutes that hold it."""
    start, end = start.astimezone(UTC), end.astimezone(UTC) + timedelta(seconds=59)
    return f"{start:%H:%M}-{end:%H:%M}"


def outside(start: datetime, end: datetime, pauses: Sequence[Pause]) -> list[Span]:
    """What `pauses` leave of [start, end), in order."""
    left = [(start, end)]
    for pause in pauses:
        for begin, until in pause.between(start, end):
            left = [
                (first, last)
                for one in left
                for first, last in ((one[0], min(one[1], begin)), (max(one[0], until), one[1]))
                if first < last
            ]
    return left
