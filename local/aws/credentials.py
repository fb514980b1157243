"""Keys of a service's role: what AWS does when Firehose, Glue or the Scheduler acts for a user.

The role's trust policy decides, with the calling service as its principal, this account as
`aws:SourceAccount` and the resource for which the service acts as `aws:SourceArn`. The keys are
session keys like those of sts:AssumeRole, so the role's own policies decide what they may do.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from local.aws import hooks

SECONDS = 3600
SEAMS = {
    "ministack.core.iam_evaluator:_action_matches": "(request_action, actions, not_actions)",
    "ministack.core.iam_evaluator:_conditions_met": "(conditions, ctx)",
    "ministack.core.iam_evaluator:EvalContext": "class",
    "ministack.services.iam:_roles": "AccountScopedDict",
    "ministack.services.iam:_gen_session_access_key": "()",
    "ministack.services.iam:_gen_secret": "()",
    "ministack.services.iam:_gen_session_token": "()",
    "ministack.services.sts:register_session": "(access_key, session)",
}


class TrustError(Exception):
    """The role does not exist, or does not trust the service; the text says which."""


@dataclass(frozen=True)
class Keys:
    """Session keys; `expires_at` is seconds since the epoch, UTC."""

    access_key: str
    secret_key: str
    token: str
    expires_at: float


def require_trust(role_arn: str, service: str, source_arn: str = "") -> None:
    """Raise TrustError unless the role exists and lets `service` assume it.

    `service` is a principal such as firehose.amazonaws.com; `source_arn` is the resource for which
    it acts, for policies that ask for aws:SourceArn.
    """
    import json

    from ministack.core import iam_evaluator as iam
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import iam as roles

    role = roles._roles.get(role_arn.rsplit("/", 1)[-1])
    if role is None or role.get("Arn") != role_arn:
        raise TrustError(f"Role {role_arn} does not exist")
    asked = iam.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=get_account_id(),
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=get_region(),
        secure_transport=True,
        service_context={
            "aws:sourceaccount": get_account_id(),
            "aws:sourcearn": source_arn or None,
        },
    )
    document = role.get("AssumeRolePolicyDocument") or "{}"
    policy = json.loads(document) if isinstance(document, str) else document
    effects = {
        statement.get("Effect")
        for statement in listed(policy.get("Statement"))
        if service in _services(statement.get("Principal"))
        and iam._action_matches(asked.action, listed(statement.get("Action")), [])
        and iam._conditions_met(statement.get("Condition") or {}, asked)
    }
    if effects != {"Allow"}:
        raise TrustError(f"{service} is not allowed to assume role {role_arn}")


def _services(principal: Any) -> list[Any]:
    """The services that a statement's principal names; "*" names none, for they act for others."""
    return listed(principal.get("Service")) if isinstance(principal, dict) else []


def assume(role_arn: str, service: str, session_name: str, source_arn: str = "") -> Keys:
    """Session keys of the role for `service`; raises TrustError as `require_trust` does."""
    from ministack.core.responses import get_account_id
    from ministack.services import iam, sts

    require_trust(role_arn, service, source_arn)
    name = role_arn.rsplit("/", 1)[-1]
    keys = Keys(
        access_key=iam._gen_session_access_key(),
        secret_key=iam._gen_secret(),
        token=iam._gen_session_token(),
        expires_at=time.time() + SECONDS,
    )
    sts.register_session(
        keys.access_key,
        {
            "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{name}/{session_name}",
            "UserId": f"{name}:{session_name}",
            "SecretAccessKey": keys.secret_key,
            "SessionToken": keys.token,
            "Expiration": keys.expires_at,
            "AccountId": get_account_id(),
            "PrincipalType": "AssumedRole",
        },
    )
    return keys


def listed(value: Any) -> list[Any]:
    """The value of a policy element, which may stand alone or in a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


async def _serve(document: dict[str, Any]) -> dict[str, Any]:
    wanted = {name: document.get(name) for name in ("role_arn", "service")}
    missing = [name for name, value in wanted.items() if not isinstance(value, str) or not value]
    if missing:
        raise hooks.HookError(400, f"{', '.join(missing)} missing")
    source_arn = document.get("source_arn") or ""
    service = document["service"]
    try:
        keys = assume(document["role_arn"], service, service.partition(".")[0], source_arn)
    except TrustError as error:
        raise hooks.HookError(403, str(error)) from error
    return {
        "AccessKeyId": keys.access_key,
        "SecretAccessKey": keys.secret_key,
        "SessionToken": keys.token,
        "Expiration": keys.expires_at,
    }


def install() -> None:
    """Serve `POST /_laptop/role-credentials {"role_arn", "service", "source_arn"?}`."""
    hooks.serve("POST", "/_laptop/role-credentials", _serve)
