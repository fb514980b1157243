"""Firehose's prefix expressions: what they mean, and which of them the laptop does not know.

Source of the expressions: "Understand custom prefixes for Amazon S3 objects", Data Firehose guide;
of the time fields: Java's DateTimeFormatter. Only fields that are numbers in every language are
known: `YYYY` (the year of a week) and names of days and months depend on one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

EXPRESSION = re.compile(r"!\{([^:}]*):([^}]*)\}")
DEFAULT_TIME = "yyyy/MM/dd/HH/"
RANDOM_LENGTH = 11
# By letter: the number, and as how many letters it may stand.
FIELDS: dict[str, tuple[Callable[[datetime], int], int]] = {
    "y": (lambda at: at.year, 4),
    "u": (lambda at: at.year, 4),
    "M": (lambda at: at.month, 2),
    "d": (lambda at: at.day, 2),
    "D": (lambda at: at.timetuple().tm_yday, 3),
    "H": (lambda at: at.hour, 2),
    "h": (lambda at: (at.hour + 11) % 12 + 1, 2),
    "m": (lambda at: at.minute, 2),
    "s": (lambda at: at.second, 2),
}
TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z'\[\]{}#]+|(.)")


class PrefixError(ValueError):
    """A prefix has an expression that has no meaning here."""


def zone(name: str) -> ZoneInfo:
    """The zone of CustomTimeZone, UTC where it is empty; raises PrefixError."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError) as error:
        raise PrefixError(
            f"E_DELIVERY_PREFIX: CustomTimeZone {name[:80]!r} is not known; expected a name such "
            "as Asia/Tokyo; fix: change the zone"
        ) from error


def java_time(pattern: str, arrival: datetime) -> str:
    """The time in Java's notation; raises PrefixError for what is not known."""
    written = []
    for token in TOKEN.finditer(pattern):
        text, (quoted, letter, odd) = token.group(0), token.groups()
        if quoted is not None:
            written.append(quoted.replace("''", "'") or "'")
        elif letter is not None:
            written.append(_number(text, arrival))
        elif odd is not None:
            raise PrefixError(
                f"E_DELIVERY_PREFIX: {odd!r} in time {pattern[:80]!r} has no meaning; expected "
                "text in pairs of quotes; fix: change the prefix"
            )
        else:
            written.append(text)
    return "".join(written)


def _number(field: str, arrival: datetime) -> str:
    value, most = FIELDS.get(field[0], (None, 0))
    if value is None or len(field) > most:
        known = " ".join(letter * longest for letter, (_, longest) in FIELDS.items())
        raise PrefixError(
            f"E_DELIVERY_PREFIX: time field {field[:80]!r} is not known; expected up to {known}; "
            "fix: change the prefix"
        )
    if field in ("yy", "uu"):
        return f"{arrival.year % 100:02d}"
    return str(value(arrival)).zfill(len(field))


def expand(template: str, arrival: datetime, seed: str, error_type: str = "") -> str:
    """The prefix with its expressions replaced; the hour is added where it has no time.

    Times are those of `arrival`, in its zone. Each `!{firehose:random-string}` has 11 characters of
    its own, which follow from `seed`; `error_type` stands for `!{firehose:error-output-type}`.
    Raises PrefixError.
    """
    has_time = False
    randoms = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal has_time, randoms
        namespace, value = match.groups()
        if namespace == "timestamp":
            has_time = True
            return java_time(value, arrival)
        if (namespace, value) == ("firehose", "random-string"):
            randoms += 1
            return hashlib.sha256(f"{seed}/{randoms}".encode()).hexdigest()[:RANDOM_LENGTH]
        if (namespace, value) == ("firehose", "error-output-type") and error_type:
            return error_type
        raise _unknown(match.group(0))

    open_at = EXPRESSION.sub("", template).find("!{")
    if open_at >= 0:
        raise _unknown(EXPRESSION.sub("", template)[open_at:])
    expanded = EXPRESSION.sub(replace, template)
    return expanded if has_time else expanded + java_time(DEFAULT_TIME, arrival)


def _unknown(expression: str) -> PrefixError:
    return PrefixError(
        f"E_DELIVERY_PREFIX: {expression[:80]} has no meaning here; expected "
        "!{timestamp:<pattern>} or !{firehose:random-string}; fix: change the prefix"
    )
