"""The memory that columns are made in: kept by the process and used again, in large pages.

A run makes and drops thousands of columns. By itself glibc gives each large one back to the system,
which fills the next one page by page; so much of a run went into that as into any one rule.
"""

from __future__ import annotations

import numpy as np

# mallopt(3): once a block of this size was freed, those up to it come from the heap, of which glibc
# keeps twice as much when it is free. It is the largest that counts (DEFAULT_MMAP_THRESHOLD_MAX).
_LARGEST = (32 << 20) - (1 << 16)
# numpy asks for large pages for a block from 4 MiB on, and the heap keeps them when it is freed.
_KEPT = (24 << 20, 24 << 20)


def keep() -> None:
    """Let this process keep the memory of dropped columns; none of it is touched before its use."""
    np.empty(_LARGEST, dtype=np.uint8)
    [np.empty(size, dtype=np.uint8) for size in _KEPT]
