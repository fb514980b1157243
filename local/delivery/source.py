"""The topic as the stream's role may read it, from where the stream had come.

As a service, Firehose belongs to no consumer group of the cluster that its role would need rights
to: partitions are assigned by hand, and how far a stream is stands in `local.delivery.checkpoint`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, TopicAuthorizationFailedError
from kafka.net.sasl.oauth import AbstractTokenProvider

from local.delivery.account import RoleKeys
from local.delivery.checkpoint import Checkpoint, Noted, Topic
from local.delivery.connection import connected
from local.delivery.stream import Stream
from local.settings import REGION, Laptop

LOOK_SECONDS = 5.0
ANSWER_MS = 4_000
POLL_RECORDS = 20_000
CLIENT: dict[str, Any] = {
    "bootstrap_timeout_ms": 8_000,
    "request_timeout_ms": 10_000,
    "reconnect_backoff_max_ms": 2_000,
    "metadata_max_age_ms": 10_000,
    "enable_auto_commit": False,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
    "auto_offset_reset": "none",  # records that are gone are counted, not passed over
    "max_poll_records": POLL_RECORDS,
    "max_partition_fetch_bytes": 4 * 1024 * 1024,
    "fetch_max_wait_ms": 250,
}


class TopicDeniedError(Exception):
    """The topic exists, and the stream's role may not see it."""


class RoleRefusedError(Exception):
    """The broker answers, and does not let the stream's role in."""


class TopicChangedError(Exception):
    """The topic was made anew, or has other partitions: reading begins again."""


class _Token(AbstractTokenProvider):  # type: ignore[misc]
    """A fresh MSK token for each connection."""

    def __init__(self, keys: RoleKeys) -> None:
        super().__init__()
        self._keys = keys

    def token(self) -> str:
        token, _ = MSKAuthTokenProvider.generate_auth_token_from_credentials_provider(
            REGION, self._keys
        )
        return str(token)


class Source:
    """One stream's topic.

    By partition: `stored` is the offset before which everything is in S3, `positions` the next to
    be read, `ends` the end of the log as last seen, `expired` how many records had left the topic
    before they were read, counted once at the start. `held` are the positions of records that the
    caller holds already, of the topic `held_topic`. The constructor raises KafkaError, KeysError,
    TopicMissingError, TopicDeniedError or RoleRefusedError.
    """

    def __init__(
        self,
        laptop: Laptop,
        stream: Stream,
        keys: RoleKeys,
        held_topic: str | None,
        held: Mapping[int, int],
    ) -> None:
        self._name = stream.topic
        keys.load()  # inside the client a refusal would be a time-out without a cause
        self._checkpoint = Checkpoint(laptop, stream)
        self._reader: Any = None
        try:
            topic = self._checkpoint.look()
            self.topic_id = topic.id
            self.ends = topic.ends
            self._noted = self._begin(topic, stream.read_from_ms)
            self.stored = {number: one.offset for number, one in self._noted.items()}
            wanted = {**self.stored, **(held if held_topic == topic.id else {})}
            self.positions = {
                number: min(max(wanted[number], start), topic.ends[number])
                for number, start in topic.starts.items()
            }
            self.expired = {
                number: start - wanted[number]
                for number, start in topic.starts.items()
                if wanted[number] < start
            }
            self._looked_at = time.monotonic()
            self._heard = False
            self._reader = self._connect(laptop, keys)
            self._require_sight()
        except BaseException:
            self.close()
            raise
        self._reader.assign([self._place(number) for number in sorted(self.positions)])
        for number, offset in self.positions.items():
            self._reader.seek(self._place(number), offset)

    def _begin(self, topic: Topic, read_from_ms: int) -> dict[int, Noted]:
        """Where each partition begins: where it was noted, else at the stream's start.

        That is noted before anything is read: looked up again later, it would pass over records
        that came meanwhile with an older time.
        """
        noted = self._checkpoint.read(topic)
        if noted.keys() >= topic.ends.keys():
            return noted
        starts = self._checkpoint.first_since(read_from_ms, topic)
        new = {number: Noted(at) for number, at in starts.items() if number not in noted}
        self._checkpoint.write(topic.id, new)
        return {**noted, **new}

    def _connect(self, laptop: Laptop, keys: RoleKeys) -> Any:
        try:
            return connected(
                KafkaConsumer,
                bootstrap_servers=laptop.bootstrap_brokers,
                security_protocol="SASL_SSL",
                ssl_cafile=str(laptop.certificate_authority),
                sasl_mechanism="OAUTHBEARER",
                sasl_oauth_token_provider=_Token(keys),
                **CLIENT,
            )
        except KafkaError as error:  # the loopback listener of the same broker has just answered
            raise RoleRefusedError from error

    def close(self) -> None:
        """End both connections."""
        if self._reader is not None:
            self._reader.close(autocommit=False)
        self._checkpoint.close()

    def _place(self, number: int) -> TopicPartition:
        return TopicPartition(self._name, number)

    def _require_sight(self) -> None:
        if not self._reader.partitions_for_topic(self._name):
            raise TopicDeniedError

    def poll(self, seconds: float) -> dict[int, list[Any]]:
        """Records by partition, in order; empty after `seconds` without any.

        Raises KafkaError (OffsetOutOfRangeError when records that are due have left the topic),
        TopicMissingError, TopicDeniedError, RoleRefusedError or TopicChangedError.
        """
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            self._look()
        batches = self._reader.poll(timeout_ms=int(seconds * 1000))
        for number in self.ends:
            end = self._reader.highwater(self._place(number))
            if end is not None:
                self.ends[number] = max(end, self.ends[number])
            # behind the last record may stand what is none: the marker of a transaction
            position = self._reader.position(self._place(number), timeout_ms=0)
            if position is not None:
                self.positions[number] = position
        self._heard = self._heard or bool(batches)
        return {place.partition: records for place, records in batches.items()}

    def _look(self) -> None:
        topic = self._checkpoint.look()
        self._looked_at = time.monotonic()
        if topic.id != self.topic_id or topic.ends.keys() != self.ends.keys():
            raise TopicChangedError
        self.ends = topic.ends
        self._require_sight()
        if not self._heard:
            self._require_answer()
        self._heard = False

    def _require_answer(self) -> None:
        """A client that is not let in any more connects again and again, without a word."""
        try:
            self._reader.end_offsets([self._place(n) for n in self.ends], timeout_ms=ANSWER_MS)
        except TopicAuthorizationFailedError:
            raise
        except KafkaError as error:  # the loopback listener of the same broker has just answered
            raise RoleRefusedError from error

    def look_at_ends(self) -> None:
        """See how far the topic has grown while nothing is read; raises KafkaError."""
        self.ends = self._checkpoint.ends(set(self.ends))

    def store(self, partition: int, offset: int) -> None:
        """Everything before `offset` is in S3; raises KafkaError when that cannot be noted."""
        self._checkpoint.write(self.topic_id, {partition: Noted(offset)})
        self.stored[partition] = offset

    def name(self, partition: int, offset: int, named_ms: int) -> None:
        """An object that begins at `offset` is to be stored under a time; raises KafkaError."""
        self._checkpoint.write(self.topic_id, {partition: Noted(offset, named_ms)})
        self.stored[partition] = offset

    def named_ms(self, partition: int, offset: int) -> int | None:
        """The time under which an earlier worker was to store the object that begins here."""
        noted = self._noted[partition]
        return noted.named_ms if noted.offset == offset else None

    @property
    def lag(self) -> int:
        """Records of the topic that are not in S3 yet."""
        return sum(max(0, end - self.stored[number]) for number, end in self.ends.items())

    @property
    def unread(self) -> int:
        """Records of the topic that have not been read yet."""
        return sum(max(0, end - self.positions[number]) for number, end in self.ends.items())
