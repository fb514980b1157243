"""What the producer allows itself: memory for what is outstanding."""

from __future__ import annotations

OUTSTANDING_MAX_BYTES = 32 * 1024 * 1024  # for all clients of a container together
