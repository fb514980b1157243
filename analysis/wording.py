"""How a message lists what it cannot list whole."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], shown: int) -> str:
    """'A, B, C and 7 more', of which `shown` are named."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
