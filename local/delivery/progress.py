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
    """One stream since the worker's start; `lag` is None until the topic has been seen.

    `records` and `bytes` (before compression) are in S3, `buffered` records are not yet.
    """

    topic: str
    lag: int | None = None
    records: int = 0
    bytes: int = 0
    objects: int = 0
    buffered: int = 0
    delivered_at: float | None = None
    error: str | None = None
    error_at: float | None = None

    def failed(self, error: str) -> None:
        """Keep the last error, one line of it."""
        self.error = error.splitlines()[0][:200] if error else "unknown"
        self.error_at = time.time()

    def delivered(self, records: int, size: int) -> None:
        """One object more is in S3."""
        self.records += records
        self.bytes += size
        self.objects += 1
        self.delivered_at = time.time()
        self.error = self.error_at = None


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
