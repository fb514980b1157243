"""Records of one partition on their way into one object."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field

COMPRESSION_LEVEL = 6  # gzip's own default; the same records must give the same bytes


@dataclass
class Buffer:
    """Records of one partition, without a gap, from `first_offset` to before `next_offset`.

    `opened_at` is monotonic seconds; `size` counts bytes before compression.
    """

    first_offset: int
    first_timestamp_ms: int
    opened_at: float
    delimiter: bytes
    next_offset: int = 0
    size: int = 0
    records: int = 0
    _parts: list[bytes] = field(default_factory=list)

    def add(self, offset: int, value: bytes | None) -> None:
        """Take one record; one without a value has nothing to deliver."""
        self.next_offset = offset + 1
        if value is None:
            return
        self._parts.append(value)
        self.size += len(value) + len(self.delimiter)
        self.records += 1

    def due(self, now: float, limit_bytes: int, limit_seconds: float) -> bool:
        """Whether the object is to be written: by size or by age, whichever comes first."""
        return self.size >= limit_bytes or now - self.opened_at >= limit_seconds

    def body(self, compressed: bool) -> bytes:
        """The object's content; the delimiter stands after each record, also the last."""
        plain = self.delimiter.join(self._parts) + (self.delimiter if self._parts else b"")
        return gzip.compress(plain, COMPRESSION_LEVEL, mtime=0) if compressed else plain
