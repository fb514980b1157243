"""What a long command shows while it works: one line a step with its time, details beneath it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Prints steps as they begin and end, and remembers how long each took."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.seconds: dict[str, float] = {}
        """Step title to its duration, s, in order."""
        self._began = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Everything within is one step; it is recorded when it ends well."""
        began = time.monotonic()
        print(f"[{len(self.seconds) + 1}/{self.total}] {title}", flush=True)
        yield
        self.seconds[title] = time.monotonic() - began
        print(f"      done in {self.seconds[title]:.1f} s", flush=True)

    def say(self, text: str) -> None:
        """One detail of the step that runs."""
        print(f"      {time.monotonic() - self._began:5.1f} s  {text}", flush=True)

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self._began
