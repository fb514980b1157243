"""How far each stream is, for people and for `make status`; written once a second."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Progress:
    """One stream since the worker's start.

    `lag` counts the topic's records that are not in S3, `kafka_offset_lag` those not yet read; both
    are None until the topic has been seen. `records` and `bytes` (before compression) are in S3,
    `buffered` records are read and not in S3, since `oldest_ms`, when the first of them arrived.
    `expired` records left the topic before they were read. `error` stays until an object is stored
    or the topic can be read again.
    """

    topic: str
    lag: int | None = None
    kafka_offset_lag: int | None = None
    read_records: int = 0
    read_bytes: int = 0
    buffered: int = 0
    oldest_ms: int | None = None
    records: int = 0
    bytes: int = 0
    objects: int = 0
    refused_objects: int = 0
    expired: int = 0
    delivered_at: float | None = None
    delivered_age_seconds: float | None = None
    error: str | None = None
    error_at: float | None = None

    def failed(self, error: str) -> None:
        """Keep the last error."""
        self.error = error
        self.error_at = time.time()

    def recovered(self) -> None:
        """What was wrong is over."""
        self.error = self.error_at = None

    def delivered(self, records: int, size: int, arrived_ms: int) -> None:
        """One object more is in S3; its first record arrived at `arrived_ms`."""
        self.records += records
        self.bytes += size
        self.objects += 1
        self.delivered_at = time.time()
        self.delivered_age_seconds = self.delivered_at - arrived_ms / 1000


def write(file: Path, streams: Mapping[str, Progress], error: str | None) -> None:
    """Replace the status file; a reader sees the old or the new one whole."""
    document = {
        "updated_at": time.time(),
        "pid": os.getpid(),
        "error": error,
        "streams": {name: asdict(progress) for name, progress in streams.items()},
    }
    coming = file.with_suffix(".next")
    coming.write_text(json.dumps(document))
    coming.replace(file)
