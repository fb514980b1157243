"""What the topic and S3 hold, and whether that is what was promised.

Nothing of the product is used here: a plain consumer on the laptop's own listener, plain gzip and
JSON, ids and hashes as the test knows them.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import time
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition

READ_SECONDS = 120.0
Copies = dict[str, list[bytes]]
"""event_id → the hash of each copy that was found."""
Event = tuple[str, bytes]
"""An event's id and the hash of its bytes."""


def digest(line: bytes) -> bytes:
    """Names the bytes of one event."""
    return hashlib.blake2b(line, digest_size=12).digest()


@dataclass
class Promise:
    """What a run sent and was told: the evidence is held against this.

    `sent`: the hash of every good event by its id; `refused`: ids that may never be sent on;
    `acked`: ids that a reply said are in the topic. `gone`: acked, and then deleted by the user
    with the topic; `excused`: of these, those that nobody could deliver before.
    """

    sent: dict[str, bytes]
    refused: set[str] = field(default_factory=set)
    acked: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    excused: set[str] = field(default_factory=set)
    most_in_topic: int = 1
    most_in_lake: int = 1


def judge(promise: Promise, topic: Copies, lake: Copies) -> list[str]:
    """Every broken promise, in words; empty when all hold."""
    found = [
        (promise.sent.keys() - promise.acked, "events were not acked in the end"),
        ((promise.acked - promise.gone) - topic.keys(), "acked events are not in the topic"),
        (topic.keys() - lake.keys(), "events of the topic are not in S3"),
        ((promise.acked - promise.excused) - lake.keys(), "acked events are not in S3"),
        ((topic.keys() | lake.keys()) & promise.refused, "refused events were sent on"),
        (
            (topic.keys() | lake.keys()) - promise.sent.keys() - promise.refused,
            "ids were never sent",
        ),
        (_beyond(topic, promise.most_in_topic), f"events have > {promise.most_in_topic} copies"),
        (
            _beyond(lake, promise.most_in_lake),
            f"events have > {promise.most_in_lake} copies in S3",
        ),
        (lacking(topic, lake), "events have fewer copies in S3 than in the topic"),
        (
            # Of a topic that was deleted S3 may hold what the topic does not.
            set() if promise.gone else lacking(lake, topic),
            "events have more copies in S3 than in the topic",
        ),
        (_altered(topic, promise.sent), "events of the topic are not byte for byte what was sent"),
        (_altered(lake, promise.sent), "events in S3 are not byte for byte what was sent"),
    ]
    return [f"{len(ids)} {what} (one is {min(ids)})" for ids, what in found if ids]


def most(copies: Copies) -> int:
    """The most copies of any event."""
    return max(map(len, copies.values()), default=0)


def _beyond(copies: Copies, bound: int) -> set[str]:
    return {one for one, found in copies.items() if len(found) > bound}


def lacking(some: Copies, others: Copies) -> set[str]:
    """The events of which there are fewer copies among `others` than among `some`."""
    return {one for one, found in some.items() if len(found) > len(others.get(one, ()))}


def _altered(copies: Copies, sent: Mapping[str, bytes]) -> set[str]:
    return {one for one, found in copies.items() if one in sent and {*found} != {sent[one]}}


def events(lines: Iterable[bytes]) -> list[Event]:
    """The events among lines of any kind."""
    found = []
    for line in lines:
        if b'"event_id"' in line:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                found.append((str(json.loads(line)["event_id"]), digest(line)))
    return found


def by_run(found: Iterable[Event]) -> dict[str, Copies]:
    """Events by the run that their id names."""
    runs: dict[str, Copies] = defaultdict(lambda: defaultdict(list))
    for identity, named in found:
        runs[identity.rpartition("-")[0]][identity].append(named)
    return {run: dict(copies) for run, copies in runs.items()}


def ends(port: int, topic: str) -> dict[int, int]:
    """The offset after the last record of each partition; empty without the topic."""
    with contextlib.closing(_consumer(port)) as consumer:
        places = _places(consumer, topic)
        return {place.partition: end for place, end in consumer.end_offsets(places).items()}


def records(port: int, topic: str, starts: Mapping[int, int]) -> Iterator[bytes]:
    """The values of a topic from these offsets (0 where none is given) to its end as of now.

    Raises TimeoutError when they cannot be read.
    """
    with contextlib.closing(_consumer(port)) as consumer:
        places = _places(consumer, topic)
        if not places:
            return
        consumer.assign(places)
        last = consumer.end_offsets(places)
        for place in places:
            start = starts.get(place.partition, 0)
            consumer.seek(place, start if start <= last[place] else 0)
        deadline = time.monotonic() + READ_SECONDS
        while any(consumer.position(place) < last[place] for place in places):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} cannot be read to its end")
            for found in consumer.poll(timeout_ms=500, max_records=5_000).values():
                yield from (one.value for one in found if one.value is not None)


def _consumer(port: int) -> Any:
    return KafkaConsumer(
        bootstrap_servers=f"127.0.0.1:{port}",
        group_id=None,
        auto_offset_reset="earliest",
        bootstrap_timeout_ms=30_000,
        allow_auto_create_topics=False,
    )


def _places(consumer: Any, topic: str) -> list[TopicPartition]:
    if topic not in consumer.topics():
        return []
    return [TopicPartition(topic, n) for n in sorted(consumer.partitions_for_topic(topic) or ())]


class Lake:
    """The objects of a bucket that were written since a moment; `refresh` reads what is new."""

    def __init__(self, s3: Any, bucket: str, since: datetime) -> None:
        self._s3, self._bucket, self._since = s3, bucket, since
        self._tags: dict[str, str] = {}
        self._events: dict[str, list[Event]] = {}
        self.bodies: dict[str, bytes] = {}
        self.broken: set[str] = set()
        """Keys of objects that are no gzip of whole lines."""

    def refresh(self) -> bool:
        """Whether anything had changed."""
        changed = False
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket):
            for one in page.get("Contents", []):
                key, tag = one["Key"], one["ETag"]
                if one["LastModified"] < self._since or self._tags.get(key) == tag:
                    continue
                stored = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
                self._tags[key] = tag
                self._read(key, stored)
                changed = True
        return changed

    def _read(self, key: str, stored: bytes) -> None:
        try:
            self.bodies[key] = gzip.decompress(stored)
        except (OSError, EOFError, zlib.error):
            self.broken.add(key)
            return
        self.broken.discard(key)
        self._events[key] = events(self.bodies[key].split(b"\n"))
        if not self.bodies[key].endswith(b"\n"):
            self.broken.add(key)

    def by_run(self) -> dict[str, Copies]:
        """Every event of every object, by its run."""
        return by_run(event for found in self._events.values() for event in found)

    def missing(self, values: Sequence[bytes]) -> Collection[bytes]:
        """Those that stand, as a line of their own, in no object."""
        return [
            value
            for value in values
            if not any(b"\n" + value + b"\n" in b"\n" + body for body in self.bodies.values())
        ]
