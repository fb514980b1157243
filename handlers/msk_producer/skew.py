"""A clock that is wrong, as far as that can be known without asking anyone.

A token is dated by the function's clock, and one of a wrong date is denied as if by policy. Inside
the network there is nobody to ask for the time: no AWS API is in reach, the broker says it to
nobody it denies, and TLS no longer does. But each invocation carries a trace id, and its root holds
the second in which AWS began the trace. That is never after the call, so a clock before it is
behind. A clock that is ahead looks like a trace that began long ago, and cannot be told from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

TOLERANCE_SECONDS = 60
_ROOT = re.compile(r"Root=1-([0-9a-f]{8})-[0-9a-f]{24}(?:;|$)")


def seconds_behind(environ: Mapping[str, str], now: float) -> int | None:
    """How far `now` (s since 1970) is behind at least; None within TOLERANCE_SECONDS or unknown."""
    began = _ROOT.match(environ.get("_X_AMZN_TRACE_ID", ""))
    if began is None:
        return None
    behind = int(int(began[1], 16) - now)
    return behind if behind > TOLERANCE_SECONDS else None
