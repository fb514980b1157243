"""Names of objects: Firehose's prefix expressions and its object names.

Source of the expressions: "Understand custom prefixes for Amazon S3 objects", Data Firehose guide.
Times are UTC and the arrival of the object's first record.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

EXPRESSION = re.compile(r"!\{([^:}]*):([^}]*)\}")
LAST_MS = 253_402_300_799_000  # the last second of the year 9999
DEFAULT_TIME = "yyyy/MM/dd/HH/"
# Java's DateTimeFormatter, as far as object names use it.
FIELDS = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
TOKEN = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")


class PrefixError(ValueError):
    """A prefix has an expression that has no meaning here."""


def java_time(pattern: str, arrival: datetime) -> str:
    """The time in Java's notation; raises PrefixError for a field that is not known."""
    written = []
    for token in TOKEN.finditer(pattern):
        text = token.group(0)
        if token.group(1) is not None:
            written.append(token.group(1))
        elif text in FIELDS:
            written.append(arrival.strftime(FIELDS[text]))
        elif text[0].isalpha():
            raise PrefixError(
                f"E_DELIVERY_PREFIX: time field {text[:80]!r} is not known; fix: change the prefix"
            )
        else:
            written.append(text)
    return "".join(written)


def expand(template: str, arrival: datetime, unique: str, error_type: str = "") -> str:
    """The prefix with its expressions replaced; the hour is added where it has no time.

    `unique` stands for `!{firehose:random-string}` (11 characters), `error_type` for
    `!{firehose:error-output-type}`. Raises PrefixError.
    """
    has_time = False

    def replace(match: re.Match[str]) -> str:
        nonlocal has_time
        namespace, value = match.groups()
        if namespace == "timestamp":
            has_time = True
            return java_time(value, arrival)
        if (namespace, value) == ("firehose", "random-string"):
            return unique[:11]
        if (namespace, value) == ("firehose", "error-output-type") and error_type:
            return error_type
        raise PrefixError(
            f"E_DELIVERY_PREFIX: {match.group(0)[:80]} has no meaning here; fix: change the prefix"
        )

    expanded = EXPRESSION.sub(replace, template)
    return expanded if has_time else expanded + java_time(DEFAULT_TIME, arrival)


def object_key(
    *,
    template: str,
    stream: str,
    extension: str,
    topic: str,
    partition: int,
    first_offset: int,
    first_timestamp_ms: int,
) -> str:
    """The key of the object that begins with this record.

    The same first record gives the same key, so that an object written twice, after a crash
    before its offset was stored, replaces itself. Firehose puts a random text where this has a
    hash of the record's place.
    """
    within = min(max(first_timestamp_ms, 0), LAST_MS)  # a producer may say any time
    arrival = datetime.fromtimestamp(within / 1000, UTC)
    place = f"{topic}/{partition}/{first_offset}/{first_timestamp_ms}"
    unique = hashlib.sha256(place.encode()).hexdigest()[:32]
    name = f"{stream}-{arrival:%Y-%m-%d-%H-%M-%S}-p{partition}-o{first_offset:012d}-{unique[:12]}"
    return f"{expand(template, arrival, unique)}{name}{extension}"
