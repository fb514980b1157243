"""Counts the changes that are being made, so that somebody can wait until there is none.

An engine that is killed leaves the changes it had asked for running in this process: whoever cleans
up after it must first let them end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import grpc

CHANGES = ("/Create", "/Update", "/Delete")


class InFlight(grpc.ServerInterceptor):  # type: ignore[misc]
    """Sees every call; `settle` waits for the changes among them."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        """gRPC's hook: the handler of a call, counted where it changes something."""
        handler = continuation(details)
        if handler is None or not details.method.endswith(CHANGES):
            return handler

        def counted(request: Any, context: Any) -> Any:
            self._add(1)
            try:
                return handler.unary_unary(request, context)
            finally:
                self._add(-1)

        return grpc.unary_unary_rpc_method_handler(
            counted, handler.request_deserializer, handler.response_serializer
        )

    def settle(self, timeout_seconds: float) -> bool:
        """Wait until no change is being made; False when one still is after the time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, timeout_seconds)

    def _add(self, number: int) -> None:
        with self._changed:
            self._count += number
            self._changed.notify_all()
