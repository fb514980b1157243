"""Records of one partition on their way into one object."""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass, field

COMPRESSION_LEVEL = 6  # gzip's own default; the same records must give the same bytes


@dataclass
class Buffer:
    """Records of one partition, without a gap, from `first_offset` to before `next_offset`.

    `opened_at` is monotonic seconds; `size` counts bytes before compression; `oldest_ms` is the
    earliest time of the records that have a value and a time, None while there is none. `stored`
    says that the object is in S3 and its offset not noted yet: it takes no more records.
    """

    first_offset: int
    opened_at: float
    delimiter: bytes
    named_ms: int | None = None
    next_offset: int = 0
    size: int = 0
    records: int = 0
    oldest_ms: int | None = None
    stored: bool = False
    _read_ms: int = field(default_factory=lambda: round(time.time() * 1000))
    _parts: list[bytes] = field(default_factory=list)

    def add(self, offset: int, timestamp_ms: int, value: bytes | None) -> None:
        """Take one record; one without a value has nothing to deliver."""
        self.next_offset = offset + 1
        if value is None:
            return
        self._parts.append(value)
        self.size += len(value) + len(self.delimiter)
        self.records += 1
        if timestamp_ms >= 0 and (self.oldest_ms is None or timestamp_ms < self.oldest_ms):
            self.oldest_ms = timestamp_ms

    @property
    def arrived_ms(self) -> int:
        """When the oldest record arrived; when it was read, where none says so."""
        return self._read_ms if self.oldest_ms is None else self.oldest_ms

    def name(self) -> int:
        """The arrival that the object's name tells: 1970 where no record tells any.

        Once asked for it stays, so that an object which is tried again with more records replaces
        itself.
        """
        if self.named_ms is None:
            self.named_ms = self.oldest_ms or 0
        return self.named_ms

    def due(self, now: float, limit_bytes: int, limit_seconds: float) -> bool:
        """Whether the object is to be written: by size or by age, whichever comes first."""
        return self.size >= limit_bytes or now - self.opened_at >= limit_seconds

    def body(self, compressed: bool) -> bytes:
        """The object's content; the delimiter stands after each record, also the last."""
        plain = self.delimiter.join(self._parts) + (self.delimiter if self._parts else b"")
        return gzip.compress(plain, COMPRESSION_LEVEL, mtime=0) if compressed else plain
