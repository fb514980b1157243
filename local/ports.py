"""Ports for a stack beside the one that the settings name: of a test, a measurement, a training."""

from __future__ import annotations

import contextlib
import secrets
import socket
from dataclasses import fields

from local.settings import Ports

# Below the ports that systems give to outgoing connections: nothing else takes one meanwhile.
NUMBERS = range(10_240, 32_000)


def free_ports() -> Ports:
    """As many ports as a laptop needs, free at the same time; others than another process finds."""
    numbers: list[int] = []
    with contextlib.ExitStack() as held:
        while len(numbers) < len(fields(Ports)):
            one, number = held.enter_context(socket.socket()), secrets.choice(NUMBERS)
            with contextlib.suppress(OSError):
                one.bind(("127.0.0.1", number))
                numbers.append(number)
    return Ports(*numbers)
