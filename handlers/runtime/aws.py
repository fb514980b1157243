"""boto3 clients, made at first use and once per container: importing a handler does no I/O."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def client(
    service: str, read_timeout_seconds: int = 60, total_max_attempts: int = 3
) -> Any:  # Any: the stubs of most services are not installed; callers name a Protocol
    """A client of `service` that waits at most `read_timeout_seconds` for each answer.

    `total_max_attempts=1` makes one call one request: needed where a repeated call has an effect.
    """
    import boto3  # slow to import: an error in the payload need not pay for it
    from botocore.config import Config

    return boto3.client(
        service,  # type: ignore[call-overload]
        config=Config(
            connect_timeout=5,
            read_timeout=read_timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": total_max_attempts},
        ),
    )
