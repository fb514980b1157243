"""Who may use the broker: its two questions, answered by the emulator's signature and IAM checks.

Is this token genuine? The token is a presigned URL of `kafka-cluster:Connect`; the broker sends it
on, and the emulator's own authentication treats it as any signed request. May this role do this?
A hook (`POST /_laptop/kafka-cluster/authorize`) asks the policies in force.
"""

from __future__ import annotations

import re
import time
from calendar import timegm
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from local.aws import hooks, permissions
from local.aws.seams import Answer, Request, answer

CONNECT = "kafka-cluster:Connect"
TOKEN_SECONDS = 900  # what the signer writes, and the most that MSK takes
KINDS = ("topic", "group", "transactional-id")
AUTHORIZE = "/_laptop/kafka-cluster/authorize"
_ARN_IN_PATH = re.compile(
    r"arn:aws:kafka:[^:/]*:[^:/]*:(?:cluster/[^/]+/[^/]+|configuration/[^/]+)"
)

SEAMS = {
    "ministack.core.iam_actions:extract_iam_action": (
        "(service, method, path, headers, body, query_params)"
    ),
    "ministack.core.iam_actions:extract_resource_arn": (
        "(service, method, path, headers, body, query_params, region, account_id)"
    ),
    "ministack.core.iam_evaluator:_verified_key": "ContextVar",
    "ministack.core.iam_evaluator:resolve_principal": "(access_key_id, account_id, credential)",
    "ministack.core.iam_evaluator:evaluate": "(ctx, policies, limits)",
    "ministack.core.iam_evaluator:_resource_policy": "(service, resource_arn)",
    "ministack.core.iam_evaluator:caller_arn": "()",
    "ministack.core.sigv4:_FIFTEEN_MINUTE_SERVICES": "frozenset",
    "ministack.services.msk:_clusters": "AccountRegionScopedDict",
}


def install() -> None:
    """Name the action and the resource of a token for the emulator, and serve the hook."""
    from ministack.core import iam_actions, sigv4

    # Otherwise a token signed over five minutes ago is refused, whatever life it names.
    sigv4._FIFTEEN_MINUTE_SERVICES |= {"kafka-cluster"}
    stock_action, stock_resource = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action_of(service: str, method: str, *rest: Any) -> Any:
        if service == "kafka" and is_token(method, rest[-1]):
            return CONNECT
        return stock_action(service, method, *rest)

    def resource_of(service: str, method: str, path: str, *rest: Any) -> Any:
        _, _, query, region, account = rest
        if service == "kafka" and is_token(method, query):
            return cluster_arn() or f"arn:aws:kafka:{region}:{account}:cluster/none/none"
        named = _ARN_IN_PATH.search(unquote(path)) if service == "kafka" else None
        return named[0] if named else stock_resource(service, method, path, *rest)

    iam_actions.extract_iam_action, iam_actions.extract_resource_arn = action_of, resource_of
    hooks.serve("POST", AUTHORIZE, authorize)


def is_token(method: str, query: Mapping[str, Any]) -> bool:
    """Whether a request to `kafka` is a token that the broker asks about."""
    action = query.get("Action", "")
    return method == "GET" and CONNECT in ([action] if isinstance(action, str) else action)


def cluster_arn() -> str:
    """The ARN of the cluster that the broker stands for; empty while there is none."""
    from ministack.services import msk

    return next(iter(msk._clusters), "")


def connect(request: Request) -> Answer:
    """200 with the caller's role and the token's life in headers, or 403 with the reason.

    Reached only when the emulator found the signature good and the caller's policies allowing.
    """
    from ministack.core import iam_evaluator

    key, _, scope = request.first("X-Amz-Credential").partition("/")
    if iam_evaluator._verified_key.get() != key:
        return _refuse("a root key cannot connect: its signature is not checked")
    cluster = cluster_arn()
    if not cluster:
        return _refuse("there is no cluster")
    if scope.split("/")[1:] != [cluster.split(":")[3], "kafka-cluster", "aws4_request"]:
        return _refuse("the token is signed for another region or service than the cluster's")
    start = timegm(time.strptime(request.first("X-Amz-Date"), "%Y%m%dT%H%M%SZ"))
    life = request.first("X-Amz-Expires")
    if not life.isdecimal() or not 0 < int(life) <= TOKEN_SECONDS:
        return _refuse(f"X-Amz-Expires must be 1 to {TOKEN_SECONDS} s")
    if time.time() >= start + int(life):
        return _refuse("the token has expired")
    headers = {
        "x-kafka-principal": permissions.role_arn(permissions.caller_arn()),
        "x-kafka-start-ms": str(start * 1000),
        "x-kafka-expiry-ms": str((start + int(life)) * 1000),
    }
    return answer({"message": "ok"}, 200, **headers)


def _refuse(reason: str) -> Answer:
    return answer({"message": reason}, 403)


async def authorize(document: dict[str, Any]) -> dict[str, Any]:
    """{"principal", "action", "kind", "name"} → {"allowed", "resource"}.

    `kind` is cluster, topic, group or transactional-id; `action` lacks its `kafka-cluster:`.
    """
    fields = [document.get(field) for field in ("principal", "action", "kind", "name")]
    if not all(isinstance(value, str) for value in fields):
        raise hooks.HookError(400, "principal, action, kind and name must be texts")
    principal, action, kind, name = map(str, fields)
    cluster = cluster_arn()
    if not cluster:
        return {"allowed": False, "resource": ""}
    resource = cluster
    if kind in KINDS:
        resource = f"{cluster.replace(':cluster/', f':{kind}/', 1)}/{name}"
    elif kind != "cluster":
        raise hooks.HookError(400, f"kind={kind[:80]!r} is none of cluster, {', '.join(KINDS)}")
    try:
        allowed = permissions.allowed(principal, f"kafka-cluster:{action}", resource)
    except ValueError as problem:
        raise hooks.HookError(400, str(problem)) from problem
    return {"allowed": allowed, "resource": resource}
