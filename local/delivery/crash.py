"""Places where tests end the worker without warning, as a kill or a loss of power would.

`ACME_DELIVERY_CRASH_AT` in the environment of the worker's process says where: `<point>[:<n>]`
ends it as it passes the point for the n-th time (1 when left out), `random:<seed>` at a point and
a count that the seed decides. The supervisor never sets it.
"""

from __future__ import annotations

import os
import random
import socket
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest

VARIABLE = "ACME_DELIVERY_CRASH_AT"
POINTS = ("before_put", "mid_put", "after_put", "before_commit", "after_commit")
STATUS = 70
"""The exit status of a worker that ended this way."""
RANDOM_PASSES = 3


class CrashPointError(ValueError):
    """The environment names no point; the text says what is expected."""


class Crash:
    """Ends the process at one point, or never; the points are passed in the order of POINTS."""

    def __init__(self, point: str | None = None, passes: int = 1) -> None:
        self.point = point
        self._left = passes
        self._lock = threading.Lock()

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Crash:
        """What the environment tells; raises CrashPointError."""
        text = environment.get(VARIABLE, "")
        if not text:
            return cls()
        point, _, count = text.partition(":")
        if point == "random" and count.isdecimal():
            chosen = random.Random(int(count))
            return cls(chosen.choice(POINTS), chosen.randint(1, RANDOM_PASSES))
        if point in POINTS and (not count or (count.isdecimal() and int(count) > 0)):
            return cls(point, int(count or 1))
        raise CrashPointError(
            f"E_DELIVERY_CRASH_AT: {VARIABLE}={text[:80]!r} is no crash point; expected one of "
            f"{', '.join(POINTS)} with an optional :<n>, or random:<seed>; fix: unset {VARIABLE}"
        )

    def passes(self, point: str) -> None:
        """End the process here if it is to end here."""
        if self._due(point):
            os._exit(STATUS)

    def sends(self, request: AWSPreparedRequest) -> None:
        """End the process with half of the request on the wire, if it is to end at mid_put."""
        if not self._due("mid_put"):
            return
        address = urlsplit(request.url)
        body: Any = request.body
        content: bytes = body if isinstance(body, bytes) else body.read()
        target = address._replace(scheme="", netloc="").geturl()
        head = [f"{request.method} {target} HTTP/1.1", f"Host: {address.netloc}"]
        for name, value in request.headers.items():
            text = value.decode() if isinstance(value, bytes) else value
            head.append(f"{name}: {text}")
        sent = "\r\n".join([*head, "", ""]).encode() + content[: len(content) // 2]
        with socket.create_connection((address.hostname, address.port or 80), timeout=5) as wire:
            wire.sendall(sent)
        os._exit(STATUS)

    def _due(self, point: str) -> bool:
        if point != self.point:
            return False
        with self._lock:
            self._left -= 1
            return self._left == 0
