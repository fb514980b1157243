"""Another limit of a topic's record batches, for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

KAFKA_DEFAULT_BYTES = 1_048_588


@contextlib.contextmanager
def batches_up_to(max_bytes: int, topic: str, internal_port: int) -> Iterator[None]:
    """The topic takes no larger ones; afterwards it does: a restarted broker may remember."""
    admin = KafkaAdminClient(bootstrap_servers=f"127.0.0.1:{internal_port}")

    def limit(value: int) -> None:
        config = {"max.message.bytes": str(value)}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, config)])

    with contextlib.closing(admin):
        limit(max_bytes)
        try:
            yield
        finally:
            limit(KAFKA_DEFAULT_BYTES)
