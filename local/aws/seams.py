"""The one place where the emulator is taken apart: its dispatch table, its requests and answers.

A service that the emulator lacks is added by `wrap(service, handle)`: `handle` sees every request
for the service after SigV4 and IAM have let it pass, answers it, or hands it on to `stock`. The
emulator promises no stable internals, so its version is pinned and `local.aws.selfcheck` fails
loudly when a seam has moved.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
Stock = Callable[["Request"], Awaitable[Answer]]
Handle = Callable[["Request", Stock], Awaitable[Answer]]


@dataclass(frozen=True)
class Request:
    """One request. `headers` are lower-case; `query` maps a name to a text or a list of texts."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: dict[str, Any]

    @property
    def action(self) -> str:
        """The operation of a JSON-protocol service (from X-Amz-Target), else an empty text."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2]

    @property
    def document(self) -> dict[str, Any]:
        """The JSON body; an absent body is an empty document, as the services take it."""
        return json.loads(self.body) if self.body else {}

    def first(self, name: str) -> str:
        """The first value of a query parameter, or an empty text."""
        value = self.query.get(name, "")
        return (value[0] if value else "") if isinstance(value, list) else value


def wrap(service: str, handle: Handle) -> None:
    """Put `handle` before the handlers of `service`; the last one wrapped sees a request first."""
    from ministack import app

    inner = app.SERVICE_HANDLERS[service]

    async def stock(request: Request) -> Answer:
        got: Answer = await inner(
            request.method, request.path, request.headers, request.body, request.query
        )
        return got

    async def outer(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        return await handle(Request(method, path, headers, body, query), stock)

    app.SERVICE_HANDLERS[service] = outer


def answer(document: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer."""
    return (
        status,
        {"Content-Type": "application/x-amz-json-1.1", **headers},
        json.dumps(document).encode(),
    )


def refuse(kind: str, message: str, status: int = 400) -> Answer:
    """An error as AWS's JSON protocols write it: `kind` is the exception's name."""
    return answer(
        {"__type": kind, "message": message, "Message": message},
        status,
        **{"x-amzn-errortype": kind},
    )
