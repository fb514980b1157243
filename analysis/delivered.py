"""Counts what lies in S3 below `telemetry/`, by run: objects and lines. Reads every byte of it."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from analysis.errors import AnalysisError
from analysis.scope import hour_number

PREFIX = "telemetry/"
READERS = 4
_EVENT_ID = re.compile(rb'"event_id"\s*:\s*"([0-9a-f]{16})-[0-9]{8}"')
_HOUR = re.compile(r"/year=(\d{4})/month=(\d{2})/day=(\d{2})/hour=(\d{2})/")


@dataclass(frozen=True)
class Delivered:
    """`lines` and `objects` by run id, and the totals; `nameless_lines` hold no event id."""

    lines: Counter[str]
    objects: Counter[str]
    all_objects: int
    all_lines: int
    all_bytes: int

    @property
    def nameless_lines(self) -> int:
        """Lines in which no event id was found."""
        return self.all_lines - self.lines.total()


def count(s3: Any, bucket: str, arrival_from: datetime, arrival_until: datetime) -> Delivered:
    """What arrived in the UTC hours from `arrival_from` to `arrival_until`, both included.

    Raises AnalysisError (E_OBJECT_BROKEN) for an object that is not whole gzip.
    """
    keys = list(_keys(s3, bucket, arrival_from, arrival_until))
    lines: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    total_lines = total_bytes = 0
    with ThreadPoolExecutor(READERS) as pool:
        for by_run, line_count, size in pool.map(lambda key: _read(s3, bucket, key), keys):
            lines.update(by_run)
            objects.update(by_run.keys())
            total_lines += line_count
            total_bytes += size
    return Delivered(lines, objects, len(keys), total_lines, total_bytes)


def _read(s3: Any, bucket: str, key: str) -> tuple[Counter[str], int, int]:
    packed = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        content = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise AnalysisError(
            "E_OBJECT_BROKEN",
            f"s3://{bucket}/{key} is not whole gzip ({str(error)[:80]})",
            "read the delivery's log; the object must be written again from the topic",
            exit_code=3,
        ) from error
    line_count = content.count(b"\n") + (bool(content) and not content.endswith(b"\n"))
    by_run = Counter(match.decode() for match in _EVENT_ID.findall(content))
    return by_run, line_count, len(packed)


def _keys(s3: Any, bucket: str, arrival_from: datetime, arrival_until: datetime) -> Iterator[str]:
    first, last = hour_number(arrival_from), hour_number(arrival_until)
    day = arrival_from.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= arrival_until.astimezone(UTC):
        prefix = f"{PREFIX}{day:year=%Y/month=%m/day=%d}/"
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                hour = _HOUR.search("/" + item["Key"])
                if hour and first <= int("".join(hour.groups())) <= last:
                    yield item["Key"]
        day += timedelta(days=1)
