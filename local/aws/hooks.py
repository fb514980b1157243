"""The laptop's own addresses inside the emulator, `/_laptop/…`, and what every request is given.

Served before the emulator's authentication, to callers on the loopback interface only: the engine
saves the state, the delivery worker fetches the keys of its service role. AWS has no such address,
so nothing here may be needed by a function or by the Pulumi program.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Hook = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]

TLS = (b"x-forwarded-proto", b"https")
LOOPBACK = ("127.0.0.1", "::1")
_hooks: dict[tuple[str, str], Hook] = {}


class HookError(Exception):
    """A hook refuses: `status` is the HTTP status, the text goes to the caller."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def serve(method: str, path: str, hook: Hook) -> None:
    """Answer `method path` by `hook`, which takes and returns a JSON object."""
    _hooks[(method, path)] = hook


def gateway(stock: Application) -> Application:
    """`stock` with the laptop's addresses before it.

    Callers on the loopback interface count as callers by TLS: the traffic does not leave the
    machine, and a bucket policy that refuses plain HTTP must not have to make an exception.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope.get("client") or ("",))[0] in LOOPBACK:
            if scope["path"].startswith("/_laptop/"):
                await _answer(scope, receive, send)
                return
            others = [one for one in scope["headers"] if one[0].lower() != TLS[0]]
            scope = {**scope, "headers": [*others, TLS]}
        await stock(scope, receive, send)

    return application


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    hook = _hooks.get((scope["method"], scope["path"]))
    try:
        if hook is None:
            raise HookError(404, f"no such address: {scope['method']} {scope['path'][:80]}")
        status, document = 200, await hook(await _document(receive))
    except HookError as refused:
        status, document = refused.status, {"message": str(refused)}
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _document(receive: Receive) -> dict[str, Any]:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if not body:
        return {}
    try:
        document = json.loads(body)
    except ValueError as error:
        raise HookError(400, "the body is no JSON") from error
    if not isinstance(document, dict):
        raise HookError(400, "the body is no JSON object")
    return document
