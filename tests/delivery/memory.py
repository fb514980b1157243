"""A topic of one partition and a bucket in memory, for tests of what the delivery does to them."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaTimeoutError, NoError, TopicAuthorizationFailedError

from local import settings
from local.delivery import checkpoint, delivery, source, store
from local.delivery.crash import Crash
from local.delivery.delivery import Delivery
from local.delivery.stream import Stream
from tests.conftest import wait_for
from tests.delivery.test_account import STREAM as ANY

HOUR_MS = 3_600_000
NOON_MS = 1_790_078_400_000  # 2026-09-22T12:00:00Z
STREAM = dataclasses.replace(
    ANY,
    log=None,
    prefix="hour=!{timestamp:HH}/",
    delimiter=b"\n",
    buffer_bytes=1 << 20,
    buffer_seconds=300,
)


@dataclass(frozen=True)
class Record:
    """One record as the consumer gives it; a marker of a transaction is never given."""

    offset: int
    timestamp: int
    value: bytes | None
    is_marker: bool = False


@dataclass
class Memory:
    """The broker's and the bucket's side: what is in them, and whether they can be reached."""

    topic_id: str = "first"
    log: list[Record] = field(default_factory=list)
    groups: dict[str, Any] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    broker_away: bool = False
    bucket_away: bool = False
    reply_lost: bool = False
    is_refused: bool = False
    is_denied: bool = False
    keys_made: int = 0
    puts: int = 0
    notes_left: int | None = None
    """So many times an offset can be noted before the broker goes away."""

    def send(self, *values: bytes | None, at_ms: int = NOON_MS, is_marker: bool = False) -> None:
        """Add records to the topic."""
        for value in values:
            self.log.append(Record(len(self.log), at_ms, value, is_marker))

    def made_anew(self, topic_id: str) -> None:
        """Delete the topic and make it again."""
        self.topic_id, self.log = topic_id, []

    def noted(self, stream: Stream) -> int | None:
        """The offset that is noted."""
        found = self.groups.get(stream.group)
        return None if found is None else int(found.offset)

    def require(self) -> None:
        """Raise as a client does whose broker is away."""
        if self.broker_away:
            raise KafkaTimeoutError("away")

    def lines(self) -> list[bytes]:
        """The records in the bucket, in the order of their keys."""
        return [line for _, body in sorted(self.objects.items()) for line in body.splitlines()]

    @contextlib.contextmanager
    def working(self, stream: Stream, flush: bool = False) -> Iterator[Delivery]:
        """A delivery at work; without `flush` what it holds in the end is forgotten."""
        work = Delivery(settings.load(), stream, Crash())
        work.start()
        try:
            yield work
        finally:
            work.end(flush)
            work.join(10)
            assert not work.is_alive()

    def deliver(self, stream: Stream) -> None:
        """Run a delivery until everything is stored."""
        with self.working(dataclasses.replace(stream, buffer_seconds=0.0)) as work:
            wait_for(lambda: work.progress.lag == 0, 10)


@dataclass
class _Admin:
    memory: Memory

    def __post_init__(self) -> None:
        self.memory.require()

    def close(self) -> None:
        pass

    def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        self.memory.require()
        partitions = [{"partition_index": 0}]
        return [{"error_code": 0, "topic_id": self.memory.topic_id, "partitions": partitions}]

    def list_partition_offsets(self, asked: dict[Any, Any]) -> dict[Any, Any]:
        self.memory.require()
        return {place: SimpleNamespace(offset=self._offset(at)) for place, at in asked.items()}

    def _offset(self, at: Any) -> int:
        log = self.memory.log
        known = {OffsetSpec.EARLIEST: 0, OffsetSpec.LATEST: len(log)}
        if at in known:
            return known[at]
        return next((one.offset for one in log if one.timestamp >= at), -1)

    def list_group_offsets(self, asked: dict[str, list[Any]]) -> dict[str, Any]:
        self.memory.require()
        nothing = SimpleNamespace(offset=-1, metadata="")
        return {
            group: dict.fromkeys(places, self.memory.groups.get(group, nothing))
            for group, places in asked.items()
        }

    def alter_group_offsets(self, group: str, wanted: dict[Any, Any]) -> dict[Any, Any]:
        if self.memory.notes_left == 0:
            self.memory.broker_away = True
        self.memory.require()
        if self.memory.notes_left is not None:
            self.memory.notes_left -= 1
        (self.memory.groups[group],) = wanted.values()
        return dict.fromkeys(wanted, NoError)


class _Consumer:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._position = 0

    def close(self, autocommit: bool) -> None:
        pass

    def partitions_for_topic(self, name: str) -> set[int]:
        return {0}

    def assign(self, places: list[TopicPartition]) -> None:
        (self._place,) = places

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._position = offset

    def position(self, place: TopicPartition, timeout_ms: int) -> int:
        return self._position

    def highwater(self, place: TopicPartition) -> int:
        return len(self._memory.log)

    def end_offsets(self, places: list[TopicPartition], timeout_ms: int) -> dict[Any, int]:
        self._memory.require()
        if self._memory.is_refused:
            raise KafkaTimeoutError("no answer")
        return dict.fromkeys(places, len(self._memory.log))

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        self._memory.require()
        threading.Event().wait(0.01)
        if self._memory.is_denied:
            raise TopicAuthorizationFailedError({"t"})
        if self._memory.is_refused:
            return {}  # so the client does it
        new = self._memory.log[self._position :]
        self._position += len(new)
        found = [one for one in new if not one.is_marker]
        return {self._place: found} if found else {}


class _Keys:
    def __init__(self, laptop: object, role: str, arn: str) -> None:
        self.role = role

    def load(self) -> None:
        pass


@dataclass
class _Bucket:
    name: str
    key_arn: str | None
    keys: _Keys
    memory: Memory

    def put(self, key: str, body: bytes, metadata: dict[str, str]) -> None:
        self.memory.puts += 1
        lost = ReadTimeoutError(endpoint_url="http://bucket")
        if self.memory.bucket_away:
            raise lost
        self.memory.objects[key] = body
        if self.memory.reply_lost:
            raise lost


def in_memory(patched: pytest.MonkeyPatch) -> Memory:
    """The delivery's neighbours, all in memory, and short pauses."""
    made = Memory()

    def keys(laptop: object, role: str, arn: str) -> _Keys:
        made.keys_made += 1
        return _Keys(laptop, role, arn)

    patched.setattr(checkpoint, "KafkaAdminClient", lambda **_: _Admin(made))
    patched.setattr(source, "KafkaConsumer", lambda **_: _Consumer(made))
    patched.setattr(delivery, "RoleKeys", keys)
    patched.setattr(store, "RoleKeys", _Keys)
    patched.setattr(
        store, "Bucket", lambda _, name, key, keys, crash: _Bucket(name, key, keys, made)
    )
    patched.setattr(delivery, "BACKOFF_SECONDS", (0.05,))
    patched.setattr(delivery, "SOUND_SECONDS", 0.1)
    patched.setattr(source, "LOOK_SECONDS", 0.1)
    return made
