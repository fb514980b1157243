"""How long after it happened an event's line lay in S3, counted into fixed buckets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

MINUTE, HOUR, DAY = 60, 3600, 86400
# (name, seconds: the bucket ends there, itself excluded)
BUCKETS: tuple[tuple[str, float], ...] = (
    ("before it happened", 0),
    ("under 5 min", 5 * MINUTE),
    ("5 to 10 min", 10 * MINUTE),
    ("10 to 30 min", 30 * MINUTE),
    ("30 min to 1 h", HOUR),
    ("1 to 6 h", 6 * HOUR),
    ("6 to 24 h", DAY),
    ("a day and more", float("inf")),
)


@dataclass(frozen=True)
class Lateness:
    """`by_second`: whole seconds from an event's time to its object's → lines.

    `timeless` are lines whose event has no readable time.
    """

    by_second: Counter[int]
    timeless: int = 0

    @classmethod
    def of(cls, parts: Iterable[Counter[int]], lines: int) -> Lateness:
        """All parts together, of so many lines."""
        every: Counter[int] = Counter()
        for part in parts:
            every.update(part)
        return cls(every, lines - every.total())

    @property
    def histogram(self) -> dict[str, int]:
        """Lines in each bucket, in the order of BUCKETS."""
        found = dict.fromkeys((name for name, _ in BUCKETS), 0)
        for seconds, lines in self.by_second.items():
            found[next(name for name, end in BUCKETS if seconds < end)] += lines
        return found

    def quantile(self, share: float) -> int | None:
        """The seconds that `share` of the lines do not exceed; None without any line."""
        seconds = sorted(self.by_second)
        until = accumulate(self.by_second[at] for at in seconds)
        wanted = share * self.by_second.total()
        return next((at for at, lines in zip(seconds, until, strict=True) if lines >= wanted), None)
