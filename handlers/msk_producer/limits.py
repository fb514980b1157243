"""What the producer allows itself, and needs: memory for what is outstanding, and time."""

from __future__ import annotations

OUTSTANDING_MAX_BYTES = 32 * 1024 * 1024  # for all clients of a container together
SHORTEST_SECONDS = 0.1  # in less no broker is connected to, nor an event sent and acknowledged
