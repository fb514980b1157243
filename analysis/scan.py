"""Finds what was delivered and is no event, and puts a copy of it into quarantine.

Delivery never parses, on AWS or the laptop, so a malformed record arrives as a line like any other.
The scan holds each line against the contract's record rules. It changes no delivered object, reads
one line at a time, and writes the same copies when it runs again.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError

from analysis import aws, delivered
from analysis.quarantine import Hours, Quarantine
from handlers.contract import quarantine
from handlers.contract.event import SCHEMA_VERSION
from handlers.contract.quarantine import STAGE_DELIVERY, Record

READERS = 4
# The laptop's delivery names an object by its first record's place and says where it ends;
# Firehose says neither.
_PLACE = re.compile(r"-p(\d+)-o(\d{12,})-[0-9a-f]+(?:\.[a-z.]+)?$")
NEXT_OFFSET, RECORDS = "next-offset", "records"


@dataclass(frozen=True)
class Scan:
    """What a scan read, and the malformed lines by reason; `kept` are the objects written.

    `broken` are the keys of objects that are not whole gzip: of these no line is counted or kept.
    """

    objects: int
    lines: int
    malformed: Counter[str]
    kept: tuple[str, ...]
    broken: tuple[str, ...] = ()


def scan(s3: Any, bucket: str, topic: str, hours: Hours) -> Scan:
    """Judge every line that arrived in these hours.

    An object that is not whole gzip is told, and the others are judged. Raises AnalysisError: those
    of `aws.explained`; what was found before is then in quarantine.
    """
    last = hours.end - timedelta(microseconds=1)
    with aws.explained(f"s3://{bucket}/{delivered.PREFIX} is not listed"):
        keys = list(delivered.object_keys(s3, bucket, hours.begin, last))
    store = Quarantine(s3, bucket)

    def one(key: str) -> tuple[int, Counter[str], str | None] | None:
        try:
            lines, found = _judged(s3, bucket, topic, key)
        except _BrokenError:
            return None
        kept = store.keep(quarantine.digest([key]), found) if found else None
        return lines, Counter(record.reason for record in found), kept

    total, malformed, kept, broken = 0, Counter[str](), list[str](), list[str]()
    pool = ThreadPoolExecutor(READERS)
    try:
        for key, judged in zip(keys, pool.map(one, keys), strict=True):
            if judged is None:
                broken.append(key)
                continue
            lines, by_reason, written = judged
            total += lines
            malformed.update(by_reason)
            kept += [written] if written else []
    finally:
        pool.shutdown(cancel_futures=True)
    return Scan(len(keys), total, malformed, tuple(kept), tuple(broken))


def _judged(s3: Any, bucket: str, topic: str, key: str) -> tuple[int, list[Record]]:
    """How many lines the object has, and a record of each that is no event."""
    hour = delivered.HOUR.search(f"/{key}")
    assert hour is not None  # `delivered.object_keys` gives no other
    occurred_at = "{}-{}-{}T{}:00:00.000Z".format(*hour.groups())
    found: list[Record] = []
    number = 0
    with aws.explained(f"s3://{bucket}/{key} is not read"):
        answer = s3.get_object(Bucket=bucket, Key=key)
        for number, line in enumerate(_lines(answer["Body"]), start=1):
            bad = delivered.judge(line)
            if bad is not None:
                named = delivered.EVENT_ID.search(line)
                found.append(
                    Record(
                        quarantine_id=f"{key}#{number}",
                        stage=STAGE_DELIVERY,
                        reason=bad[0],
                        detail=bad[1],
                        occurred_at=occurred_at,
                        run_id=named[2].decode() if named else None,
                        event_index=int(named[3]) if named else None,
                        topic=topic,
                        object_key=key,
                        object_line=number,
                        schema_version=SCHEMA_VERSION,
                        content=line,
                    )
                )
    return number, _placed(found, key, number, answer.get("Metadata", {}))


class _BrokenError(ValueError):
    """An object is not whole gzip."""


def _lines(body: Any) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=body) as content:
            for line in content:
                yield line.removesuffix(b"\n")
    except BotoCoreError:  # of which some are OSErrors: S3 went silent, the object may be whole
        raise
    except delivered.NOT_WHOLE_GZIP as error:
        raise _BrokenError from error


def _placed(found: list[Record], key: str, lines: int, metadata: dict[str, str]) -> list[Record]:
    """The records with their place in Kafka, as far as the object tells it.

    A line's offset is known where each record is one line: the object then has as many lines as
    records, and as many records as offsets.
    """
    place = _PLACE.search(key)
    if place is None:
        return found
    partition, first = int(place[1]), int(place[2])
    whole = {NEXT_OFFSET: str(first + lines), RECORDS: str(lines)}
    if not whole.items() <= metadata.items():
        return [replace(record, topic_partition=partition) for record in found]
    return [
        replace(
            record,
            topic_partition=partition,
            topic_offset=first + (record.object_line or 0) - 1,
        )
        for record in found
    ]
