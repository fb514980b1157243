"""One stream at work: records in, objects out, offsets noted only after the object is stored.

A record is lost by no failure: an object is written before its offset is noted, and what is not
noted is read again. It may be written twice in one case only, a crash between the two, and then
under the same key.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from kafka.errors import OffsetOutOfRangeError

from local.delivery import error_log
from local.delivery.account import RoleKeys
from local.delivery.buffer import Buffer
from local.delivery.checkpoint import TopicMissingError
from local.delivery.crash import Crash
from local.delivery.failures import Failure, failure
from local.delivery.progress import Progress
from local.delivery.source import Source, TopicChangedError
from local.delivery.store import ERRORS, Store
from local.delivery.stream import Stream
from local.settings import Laptop

POLL_SECONDS = 0.25
SOUND_SECONDS = 2.0  # a refusal of the broker takes a few polls to come back
BACKOFF_SECONDS = (0.5, 1, 2, 4, 8)  # what fails is told, and what heals is seen, within 30 s
log = logging.getLogger(__name__)


class _Abandoned(Exception):
    """The stream ends while an object cannot be stored; its records stay in the topic."""


class Delivery(threading.Thread):
    """Delivers one stream until told to end."""

    def __init__(self, laptop: Laptop, stream: Stream, crash: Crash) -> None:
        super().__init__(name=f"delivery-{stream.name}", daemon=True)
        self.stream = stream
        self.progress = Progress(stream.topic)
        self._laptop = laptop
        self._crash = crash
        self._objects = Store(laptop, crash)
        self._ending = threading.Event()
        self._flush = False
        self._buffers: dict[int, Buffer] = {}
        self._topic_id: str | None = None
        self._said: str | None = None

    def end(self, flush: bool) -> None:
        """Stop; with `flush`, store what is buffered first, with one try."""
        self._flush = flush
        self._ending.set()

    def run(self) -> None:
        """Work in sessions; a session ends with an error, and the next begins after a pause.

        What is buffered outlives a session: it is not read twice, and it is stored even when the
        topic has gone meanwhile.
        """
        failures = 0
        while not self._ending.is_set():
            started = time.monotonic()
            try:
                self._store_due(None)
                try:
                    self._session()
                except TopicMissingError as error:
                    self._note(failure(error, self.stream))
                    self._leave_topic()
                    raise
            except _Abandoned:
                return
            except (TopicChangedError, OffsetOutOfRangeError) as error:
                log.info("stream %s begins again: %s", self.stream.name, type(error).__name__)
                self._ending.wait(BACKOFF_SECONDS[0])
            except Exception as error:  # whatever it is, a stream must not end without a word
                failures = 0 if time.monotonic() - started > 60 else failures + 1
                self._note(failure(error, self.stream))
                if self._said == "E_DELIVERY_UNEXPECTED":
                    log.exception("stream %s", self.stream.name)
                self._ending.wait(_backoff(failures))
        if self._flush:
            self._store_held()

    def _note(self, told: Failure) -> None:
        """Say what is wrong: always to the status, and once to the logs."""
        self.progress.failed(str(told))
        if told.code != self._said:
            self._said = told.code
            self._say(told)

    def _say(self, told: Failure) -> None:
        log.warning("stream %s: %s", self.stream.name, told)
        error_log.write(self._laptop, self.stream, self._objects.bucket(self.stream).keys, told)

    def _recovered(self) -> None:
        self.progress.recovered()
        if self._said is not None:
            log.info("stream %s is well again", self.stream.name)
            self._said = None

    def _session(self) -> None:
        held = {number: buffer.next_offset for number, buffer in self._buffers.items()}
        reader = RoleKeys(self._laptop, self.stream.source_role, self.stream.arn)
        source = Source(self._laptop, self.stream, reader, self._topic_id, held)
        try:
            if source.topic_id != self._topic_id:
                self._leave_topic()
                self._topic_id = source.topic_id
            self._tell_expired(source)
            self._tell(source)  # nothing may be read, and then this is all that is known
            began_at = time.monotonic()
            while not self._ending.is_set():
                self._take(source, source.poll(POLL_SECONDS))
                self._store_due(source)
                self._pass(source)
                self._tell(source)
                if time.monotonic() - began_at > SOUND_SECONDS:
                    self._recovered()
            if self._flush:
                for partition in list(self._buffers):
                    self._store(source, partition)
                self._tell(source)
        finally:
            source.close()

    def _tell(self, source: Source) -> None:
        self.progress.lag = source.lag
        self.progress.kafka_offset_lag = source.unread
        self._tell_held()

    def _tell_held(self) -> None:
        held = [one for one in self._buffers.values() if one.records and not one.stored]
        self.progress.buffered = sum(one.records for one in held)
        self.progress.oldest_ms = min((one.arrived_ms for one in held), default=None)

    def _tell_expired(self, source: Source) -> None:
        """Say what has gone unread, and go on behind it, so that it is counted once."""
        gone = {number: count for number, count in sorted(source.expired.items()) if count}
        if not gone:
            return
        places = ", ".join(f"{count} of partition {number}" for number, count in gone.items())
        self._lost(sum(gone.values()), f"expired: {places}")
        for number in gone:
            if number in self._buffers:
                self._buffers[number].next_offset = source.positions[number]
            else:
                source.store(number, source.positions[number])

    def _lost(self, count: int, how: str) -> None:
        self.progress.expired += count
        self._say(
            Failure(
                "E_RECORDS_EXPIRED",
                "Kafka.RecordsExpired",
                f"topic={self.stream.topic[:80]} has lost {count} records before they were read "
                f"({how}); fix: invoke the generator again with each tick's own scheduled_at (and "
                "window_seconds), not with start and end, and keep the topic longer",
            )
        )

    def _leave_topic(self) -> None:
        """Store what is held of a topic that is no more: nothing is left to note it in."""
        for partition, buffer in self._buffers.items():
            self._put(partition, buffer)
        self._buffers.clear()
        if self.progress.kafka_offset_lag:
            self._lost(self.progress.kafka_offset_lag, "the topic was deleted")
        self._tell_held()
        self.progress.lag = self.progress.kafka_offset_lag = None

    def _take(self, source: Source, batches: dict[int, list[Any]]) -> None:
        limit = self.stream.buffer_bytes
        for partition, records in batches.items():
            buffer = self._buffers.get(partition)
            for record in records:
                if buffer is not None and (
                    buffer.stored or buffer.size >= limit or record.offset < buffer.next_offset
                ):
                    self._store(source, partition)
                    buffer = None
                if buffer is None:
                    buffer = self._buffers[partition] = Buffer(
                        first_offset=record.offset,
                        opened_at=time.monotonic(),
                        delimiter=self.stream.delimiter,
                        named_ms=source.named_ms(partition, record.offset),
                    )
                buffer.add(record.offset, record.timestamp, record.value)
                self.progress.read_records += 1
                self.progress.read_bytes += len(record.value or b"")

    def _store_due(self, source: Source | None) -> None:
        """Store what is full or old; without a source it is noted once there is one."""
        now = time.monotonic()
        for partition, buffer in list(self._buffers.items()):
            if buffer.due(now, self.stream.buffer_bytes, self.stream.buffer_seconds):
                if source is None:
                    self._put(partition, buffer, once=True)
                else:
                    self._store(source, partition)

    def _store_held(self) -> None:
        """At the end without a source: what is stored will be read again, and replace itself."""
        for partition, buffer in self._buffers.items():
            self._put(partition, buffer, once=True)

    def _store(self, source: Source, partition: int) -> None:
        """Write the partition's object, with repeats, then note its offset."""
        buffer = self._buffers[partition]
        if buffer.records and not buffer.stored:
            source.name(partition, buffer.first_offset, buffer.name())
        self._put(partition, buffer, lambda: self._grow(source))
        self._crash.passes("before_commit")
        source.store(partition, buffer.next_offset)
        self._crash.passes("after_commit")
        del self._buffers[partition]
        self._recovered()

    def _pass(self, source: Source) -> None:
        """Note what is no record, as the marker of a transaction: there is nothing to store."""
        for partition, position in source.positions.items():
            if partition not in self._buffers and position > source.stored[partition]:
                source.store(partition, position)

    def _grow(self, source: Source) -> None:
        """While nothing can be stored, what is not stored is seen to grow."""
        source.look_at_ends()
        self._tell(source)

    def _put(
        self,
        partition: int,
        buffer: Buffer,
        meanwhile: Callable[[], None] | None = None,
        once: bool = False,
    ) -> None:
        """Store the object, with repeats unless `once`; between them `meanwhile` is called."""
        if buffer.records and not buffer.stored:
            write = self._objects.writer(str(self._topic_id), partition, buffer)
            self._crash.passes("before_put")
            failures = 0
            while not self._try(write):
                if once:
                    return
                failures += 1
                if self._ending.wait(_backoff(failures)):
                    raise _Abandoned
                if meanwhile is not None:
                    meanwhile()
            self._crash.passes("after_put")
            self.progress.delivered(buffer.records, buffer.size, buffer.arrived_ms)
        buffer.stored = True
        self._tell_held()

    def _try(self, write: Callable[[Stream], None]) -> bool:
        stream = self.stream
        try:
            write(stream)
        except ERRORS as error:
            self.progress.refused_objects += 1
            self._note(failure(error, stream))
            return False
        return True


def _backoff(failures: int) -> float:
    return BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1] if failures else 0.0
