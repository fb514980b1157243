"""A topic as Firehose sees it: read as a role through the IAM listener, offsets kept aside.

The role needs no right on groups: partitions are assigned by hand, and how far a stream is stands
in a group of the broker's loopback listener, which is this side's own.
"""

from __future__ import annotations

import time
from typing import Any

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from kafka import KafkaConsumer, TopicPartition
from kafka.net.sasl.oauth import AbstractTokenProvider
from kafka.structs import OffsetAndMetadata

from local.delivery.account import RoleKeys
from local.delivery.stream import Stream
from local.settings import REGION, Laptop

COORDINATOR_MS = 10_000
PARTITIONS_SECONDS = 10.0
POLL_RECORDS = 20_000
CLIENT: dict[str, Any] = {
    "bootstrap_timeout_ms": 8_000,
    "request_timeout_ms": 10_000,
    "reconnect_backoff_max_ms": 2_000,
    "metadata_max_age_ms": 30_000,
    "enable_auto_commit": False,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class TopicMissingError(Exception):
    """The topic does not exist, has lost its partitions, or the role may not see it."""


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
    """One stream's topic, from where the stream had come.

    `stored` and `ends` map a partition to the offset before which everything is in S3, and to the
    end of the log as last seen. The constructor connects; it raises KafkaError, KeysError or
    TopicMissingError.
    """

    def __init__(self, laptop: Laptop, stream: Stream, keys: RoleKeys) -> None:
        self._topic = stream.topic
        self._read_from_ms = stream.read_from_ms
        self.stored: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        keys.load()  # inside the client a refusal would be a time-out without a cause
        self._checkpoint = KafkaConsumer(
            bootstrap_servers=f"127.0.0.1:{laptop.ports.kafka_internal}",
            group_id=stream.group,
            **CLIENT,
        )
        try:
            self._reader = KafkaConsumer(
                bootstrap_servers=laptop.bootstrap_brokers,
                security_protocol="SASL_SSL",
                ssl_cafile=str(laptop.certificate_authority),
                sasl_mechanism="OAUTHBEARER",
                sasl_oauth_token_provider=_Token(keys),
                auto_offset_reset="earliest",
                max_poll_records=POLL_RECORDS,
                max_partition_fetch_bytes=4 * 1024 * 1024,
                fetch_max_wait_ms=250,
                **CLIENT,
            )
        except Exception:
            self._checkpoint.close(autocommit=False)
            raise
        try:
            self._assign(self._partitions())
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """End both connections."""
        self._reader.close(autocommit=False)
        self._checkpoint.close(autocommit=False)

    def _partitions(self) -> set[int]:
        self._checked_at = time.monotonic()
        found: set[int] | None = self._reader.partitions_for_topic(self._topic)
        if not found:
            raise TopicMissingError(
                f"E_DELIVERY_TOPIC: topic={self._topic[:80]} does not exist or may not be read by "
                f"the stream's role; fix: create it, or grant the role kafka-cluster:DescribeTopic"
            )
        return found

    def _assign(self, partitions: set[int]) -> None:
        new = [TopicPartition(self._topic, n) for n in sorted(partitions - self.stored.keys())]
        if partitions < self.stored.keys():
            raise TopicMissingError(f"E_DELIVERY_TOPIC: topic={self._topic[:80]} was made anew")
        starts = self._reader.offsets_for_times({one: self._read_from_ms for one in new})
        ends = self._reader.end_offsets(new)
        positions = {n: self._reader.position(TopicPartition(self._topic, n)) for n in self.stored}
        self._reader.assign([TopicPartition(self._topic, n) for n in sorted(partitions)])
        for one in new:
            offset = self._checkpoint.committed(one, timeout_ms=COORDINATOR_MS)
            if offset is None:
                found = starts.get(one)
                offset = found.offset if found is not None else ends[one]
            positions[one.partition] = self.stored[one.partition] = offset
            self.ends[one.partition] = ends[one]
        for number, offset in positions.items():
            self._reader.seek(TopicPartition(self._topic, number), offset)

    def poll(self, seconds: float) -> dict[int, list[Any]]:
        """Records by partition, in order; empty after `seconds` without any.

        Raises KafkaError, or TopicMissingError once the topic has gone.
        """
        if time.monotonic() - self._checked_at > PARTITIONS_SECONDS:
            partitions = self._partitions()
            if partitions != self.stored.keys():
                self._assign(partitions)
        batches = self._reader.poll(timeout_ms=int(seconds * 1000))
        for number in self.ends:
            end = self._reader.highwater(TopicPartition(self._topic, number))
            if end is not None:
                self.ends[number] = end
        return {place.partition: records for place, records in batches.items()}

    def store(self, partition: int, offset: int) -> None:
        """Everything before `offset` is in S3; raises KafkaError when that cannot be noted."""
        place = TopicPartition(self._topic, partition)
        self._checkpoint.commit(
            {place: OffsetAndMetadata(offset, "", -1)}, timeout_ms=COORDINATOR_MS
        )
        self.stored[partition] = offset

    @property
    def lag(self) -> int:
        """Records of the topic that are not in S3 yet."""
        return sum(max(0, end - self.stored[n]) for n, end in self.ends.items())
