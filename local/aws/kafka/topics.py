"""What the broker holds when its cluster is deleted: nothing.

The broker outlives clusters, so its topics are deleted through its INTERNAL listener. A broker that
does not run is marked instead: it begins with empty storage at its next start.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

TIMEOUT_SECONDS = 15


class WipeError(Exception):
    """The broker runs but its topics could not be deleted."""


def wipe() -> None:
    """Delete every topic; blocks for some seconds at most. Raises WipeError."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    port = int(os.environ["ACME_KAFKA_INTERNAL_PORT"])
    with socket.socket() as probe:
        probe.settimeout(TIMEOUT_SECONDS)
        if probe.connect_ex(("127.0.0.1", port)):
            owed_file().parent.mkdir(parents=True, exist_ok=True)
            owed_file().touch()
            return
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=f"127.0.0.1:{port}", bootstrap_timeout_ms=TIMEOUT_SECONDS * 1000
        )
        try:
            _delete_all(admin)
        finally:
            admin.close()
    except KafkaError as problem:
        raise WipeError(f"{type(problem).__name__}: {problem}") from problem


def owed_file() -> Path:
    """The mark that the broker's storage belongs to a cluster that is gone."""
    return Path(os.environ["ACME_STATE_DIR"]) / "kafka" / "wipe-owed"


def _delete_all(admin) -> None:  # type: ignore[no-untyped-def]  # a client without types
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while topics := [name for name in admin.list_topics() if not name.startswith("__")]:
        if time.monotonic() > deadline:
            raise WipeError(f"{len(topics)} topics are still there")
        admin.delete_topics(topics)
        time.sleep(0.1)
