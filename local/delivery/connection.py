"""Kafka clients that leave nothing behind when they cannot connect."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from kafka.net.compat import KafkaNetClient


def connected(client: Callable[..., Any], **settings: Any) -> Any:
    """A client of these settings; raises what it raises.

    The library starts a thread first and does not end it when it then cannot connect: a broker
    that is away for a night, and is tried all night, would leave thousands.
    """
    with contextlib.ExitStack() as undone:

        def network(**given: Any) -> Any:
            made = KafkaNetClient(**given)
            undone.callback(made.close)
            return made

        found = client(kafka_client=network, **settings)
        undone.pop_all()
        return found
