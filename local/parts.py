"""What the supervisor knows of a part of the laptop: how to start it, and whether it is well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.settings import Laptop


@dataclass(frozen=True)
class Part:
    """A process of the laptop.

    `ports` are the fields of `Ports` it listens on; `healthy` answers quickly and never raises;
    `prepare` runs before a start (certificates, folders) and is safe to repeat; `start_seconds`
    is how long a start may take; SIGTERM must end it within `stop_seconds`.
    """

    name: str
    command: tuple[str, ...]
    ports: tuple[str, ...]
    healthy: Callable[[Laptop], bool]
    prepare: Callable[[Laptop], None] = lambda laptop: None
    environment: Mapping[str, str] = field(default_factory=dict)
    start_seconds: int = 60
    stop_seconds: int = 20
