"""What the platform says about one call of a function: its request id and the time that is left."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Context(Protocol):
    """The part of Lambda's context object that the functions use."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the platform stops the function."""
        ...


@dataclass(frozen=True)
class Invocation:
    """One call: the platform's own retries keep `request_id`; `deadline` is on time.monotonic."""

    request_id: str
    deadline: float

    @classmethod
    def of(cls, context: Context, margin_seconds: float = 2.0) -> Invocation:
        """The call that `context` describes, to be over `margin_seconds` before the platform's."""
        remaining = context.get_remaining_time_in_millis() / 1000
        return cls(context.aws_request_id, time.monotonic() + max(0.0, remaining - margin_seconds))

    def remaining_seconds(self) -> float:
        """Seconds left until `deadline`, never negative."""
        return max(0.0, self.deadline - time.monotonic())
