"""The memory that columns are made in: kept by the process and used again, in large pages.

A run makes and drops thousands of columns. By itself glibc gives each large one back to the system,
which fills the next one page by page: a twelfth of the time of a run of 250,000 events.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# mallopt(3): once a block of this size was freed, those up to it come from the heap, of which glibc
# keeps twice as much when it is free. It is the largest that counts (DEFAULT_MMAP_THRESHOLD_MAX).
_LARGEST = (32 << 20) - (1 << 16)
# numpy asks for large pages for a block from 4 MiB on, and the heap keeps them when it is freed.
_KEPT = (24 << 20, 24 << 20)


def keep() -> None:
    """Let this process keep the memory of dropped columns; none of it is touched before its use."""
    np.empty(_LARGEST, dtype=np.uint8)
    [np.empty(size, dtype=np.uint8) for size in _KEPT]  # all are there before the first is freed


class Growing:
    """A column that is added to. Memory for `count` values is taken, and used as they come."""

    def __init__(self, count: int, dtype: npt.DTypeLike) -> None:
        self._values: npt.NDArray[Any] = np.empty(count, dtype)
        self._used = 0

    def add(self, values: npt.NDArray[Any]) -> None:
        """Add `values`; if they are more than were expected, all are copied once."""
        last = self._used + len(values)
        if last > len(self._values):
            larger = np.empty(max(last, 2 * len(self._values)), self._values.dtype)
            larger[: self._used] = self.values()
            self._values = larger
        self._values[self._used : last] = values
        self._used = last

    def values(self) -> npt.NDArray[Any]:
        """All values so far."""
        return self._values[: self._used]
