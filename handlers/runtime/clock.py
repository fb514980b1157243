"""Time as the functions use it: aware datetimes in UTC, RFC 3339 as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

# datetime.fromisoformat takes more than RFC 3339 does (weeks, missing zones): this is the rest.
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:[0-5]\d)")


def utc_now() -> datetime:
    """The time now, UTC."""
    return datetime.now(UTC)


def rfc3339(at: datetime) -> str:
    """`at` as `2025-08-11T10:00:00.000Z`: UTC, milliseconds (cut, not rounded)."""
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_rfc3339(text: str) -> datetime:
    """The instant that an RFC 3339 text names, in UTC. Raises ValueError for any other text."""
    if _RFC3339.fullmatch(text) is None:
        raise ValueError(f"not RFC 3339: {text!r}")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"beyond the years 1 to 9999 in UTC: {text!r}") from error
