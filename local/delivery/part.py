"""The delivery worker as a part of the laptop: its process, its health, its status file."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from local.parts import Part
from local.settings import REGION, REPO, Laptop, port_variable

STALE_SECONDS = 15


def status_file(laptop: Laptop) -> Path:
    """Where the worker says, each second, how far each stream is."""
    return laptop.state / "delivery" / "status.json"


def status(laptop: Laptop) -> dict[str, Any] | None:
    """What the worker last said; None when it said nothing since it was started.

    {"updated_at": seconds, "error": text or null, "streams": {name: the fields of Progress}}.
    """
    try:
        found: dict[str, Any] = json.loads(status_file(laptop).read_text())
    except (OSError, ValueError):
        return None
    return found


def _healthy(laptop: Laptop) -> bool:
    said = status(laptop)
    return said is not None and time.time() - said["updated_at"] < STALE_SECONDS


def part(laptop: Laptop) -> Part:
    """The worker's process."""
    return Part(
        name="delivery",
        command=(sys.executable, "-m", "local.delivery"),
        ports=(),
        healthy=_healthy,
        prepare=lambda at: status_file(at).unlink(missing_ok=True),
        environment={
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", str(laptop.state)),
            "PYTHONPATH": str(REPO),
            "AWS_DEFAULT_REGION": REGION,
            "ACME_STATE_DIR": str(laptop.state),
            "ACME_CACHE_DIR": str(laptop.cache),
            **{port_variable(name): str(port) for name, port in vars(laptop.ports).items()},
        },
        start_seconds=20,
        stop_seconds=12,
    )
