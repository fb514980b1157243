"""One stream at work: records in, objects out, offsets noted only after the object is stored.

A record is lost by no failure: an object is written before its offset is noted, and after any
error reading begins again at the last noted offset. It may be written twice in one case only, a
crash between the two, and then under the same key.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError
from kafka.errors import KafkaError

from local.delivery.account import Bucket, KeysError, RoleKeys
from local.delivery.buffer import Buffer
from local.delivery.crash import Crash
from local.delivery.prefix import PrefixError, object_key
from local.delivery.progress import Progress
from local.delivery.source import Source, TopicMissingError
from local.delivery.stream import Stream
from local.settings import Laptop

POLL_SECONDS = 0.25
BACKOFF_SECONDS = (0.5, 1, 2, 4, 8, 15)
REFUSED_KEYS = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
STORE_ERRORS = (BotoCoreError, ClientError, KeysError)
READ_ERRORS = (KafkaError, KeysError, TopicMissingError, PrefixError, OSError)
Delivered = Callable[[Stream, int, int, float], None]
log = logging.getLogger(__name__)


class _Abandoned(Exception):
    """The stream ends while an object cannot be stored; its records stay in the topic."""


class Delivery(threading.Thread):
    """Delivers one stream until told to end.

    `delivered` is called after each object with the stream, the records, the bytes before
    compression and the age of the oldest record in seconds.
    """

    def __init__(self, laptop: Laptop, stream: Stream, delivered: Delivered, crash: Crash) -> None:
        super().__init__(name=f"delivery-{stream.name}", daemon=True)
        self.stream = stream
        self.progress = Progress(stream.topic)
        self._laptop = laptop
        self._delivered = delivered
        self._crash = crash
        self._ending = threading.Event()
        self._flush = False
        self._buffers: dict[int, Buffer] = {}
        self._bucket: Bucket | None = None

    def end(self, flush: bool) -> None:
        """Stop; with `flush`, store what is buffered first, with one try."""
        self._flush = flush
        self._ending.set()

    def run(self) -> None:
        """Work in sessions; a session ends with an error, and the next begins after a pause."""
        failures = 0
        while not self._ending.is_set():
            started = time.monotonic()
            try:
                self._session()
            except _Abandoned:
                return
            except READ_ERRORS as error:
                failures = 0 if time.monotonic() - started > 60 else failures + 1
                self._note(error)
                self._ending.wait(_backoff(failures))

    def _note(self, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        if text[:200] != self.progress.error:
            log.warning("stream %s: %s", self.stream.name, text[:200])
        self.progress.failed(text)

    def _session(self) -> None:
        self._buffers = {}
        reader = RoleKeys(self._laptop, self.stream.source_role, self.stream.arn)
        source = Source(self._laptop, self.stream, reader)
        try:
            while not self._ending.is_set():
                self._take(source, source.poll(POLL_SECONDS))
                self._store_due(source)
                self.progress.lag = source.lag
                self.progress.buffered = sum(one.records for one in self._buffers.values())
            if self._flush:
                for partition in list(self._buffers):
                    self._store(source, partition)
        finally:
            source.close()

    def _take(self, source: Source, batches: dict[int, list]) -> None:  # type: ignore[type-arg]  # records of kafka-python
        limit = self.stream.buffer_bytes
        for partition, records in batches.items():
            buffer = self._buffers.get(partition)
            for record in records:
                if buffer is not None and (
                    buffer.size >= limit or record.offset < buffer.next_offset
                ):
                    self._store(source, partition)
                    buffer = None
                if buffer is None:
                    buffer = self._buffers[partition] = Buffer(
                        first_offset=record.offset,
                        first_timestamp_ms=record.timestamp,
                        opened_at=time.monotonic(),
                        delimiter=self.stream.delimiter,
                    )
                buffer.add(record.offset, record.value)

    def _store_due(self, source: Source) -> None:
        now = time.monotonic()
        for partition, buffer in list(self._buffers.items()):
            if buffer.due(now, self.stream.buffer_bytes, self.stream.buffer_seconds):
                self._store(source, partition)

    def _store(self, source: Source, partition: int) -> None:
        """Write the partition's object, with repeats, then note its offset."""
        buffer, stream = self._buffers[partition], self.stream
        if buffer.records:
            key = object_key(
                template=stream.prefix,
                stream=stream.name,
                extension=stream.extension,
                topic=stream.topic,
                partition=partition,
                first_offset=buffer.first_offset,
                first_timestamp_ms=buffer.first_timestamp_ms,
            )
            self._crash.passes("before_put")
            self._put(key, buffer.body(stream.compressed))
            self._crash.passes("after_put")
        self._crash.passes("before_commit")
        source.store(partition, buffer.next_offset)
        self._crash.passes("after_commit")
        del self._buffers[partition]
        if buffer.records:
            self.progress.delivered(buffer.records, buffer.size)
            age = time.time() - buffer.first_timestamp_ms / 1000
            self._delivered(stream, buffer.records, buffer.size, age)

    def _destination(self) -> Bucket:
        """The bucket and role of the stream as it is now; an update may change both."""
        stream, bucket = self.stream, self._bucket
        wanted = (stream.bucket, stream.destination_role)
        if bucket is None or (bucket.name, bucket.keys.role) != wanted:
            keys = RoleKeys(self._laptop, stream.destination_role, stream.arn)
            bucket = self._bucket = Bucket(self._laptop, stream.bucket, keys, self._crash)
        return bucket

    def _put(self, key: str, body: bytes) -> None:
        failures = 0
        while True:
            bucket = self._destination()
            try:
                bucket.put(key, body)
                return
            except STORE_ERRORS as error:
                failures += 1
                if _refuses_keys(error):
                    bucket.keys.forget()
                self._note(error)
                if self._ending.wait(_backoff(failures)):
                    raise _Abandoned from error


def _refuses_keys(error: Exception) -> bool:
    if not isinstance(error, ClientError):
        return False
    return error.response["Error"]["Code"] in REFUSED_KEYS


def _backoff(failures: int) -> float:
    return BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1] if failures else 0.0
