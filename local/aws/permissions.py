"""Who asks, and may they: the emulator's own IAM engine, for the services that this package adds.

A service that acts for a caller (Athena reads a table and its objects, the broker takes a record)
asks here before it acts. Identity policies, permissions boundaries and the resource's own policy
(bucket, key, queue) all count. Session policies of a caller's own session do not: a principal is
named by its ARN, which does not tell its sessions apart.
"""

from __future__ import annotations

from collections.abc import Mapping


def caller_arn() -> str:
    """The principal of the request that is being served: a user, an assumed role or the root."""
    from ministack.core import iam_evaluator

    return str(iam_evaluator.caller_arn())


def role_arn(principal_arn: str) -> str:
    """The principal as an IAM policy names it.

    An assumed-role ARN becomes its role's ARN; users and the root stay as they are.
    """
    head, _, resource = principal_arn.rpartition(":")
    if not resource.startswith("assumed-role/"):
        return principal_arn
    return f"{head.replace(':sts:', ':iam:')}:role/{resource.split('/')[1]}"


def allowed(
    principal_arn: str,
    action: str,
    resource_arn: str,
    context: Mapping[str, str] | None = None,
) -> bool:
    """Whether the policies in force let `principal_arn` do `action` on the resource.

    `principal_arn` is a role, an assumed role, a user or the root, who may do everything. A role or
    user that does not exist has no policies and so no rights. `action` is `service:Name`, `context`
    holds condition keys.
    Raises ValueError for an ARN that names none of these.
    """
    from ministack.core import iam_evaluator as iam
    from ministack.core.responses import get_region

    credential = _credential(principal_arn)
    if credential is None:
        return True
    principal = iam.resolve_principal("", credential.account_id, credential)
    asked = iam.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource_arn,
        region=get_region(),
        secure_transport=True,  # as services call each other
        service_context={key.lower(): value for key, value in (context or {}).items()},
        principal_keys=principal.keys,
    )
    result = iam.evaluate(asked, principal.policies, *principal.limits)
    service = action.partition(":")[0]
    policy = iam._resource_policy(service, resource_arn)
    if policy is not None:
        result = iam.combine_resource_policy(
            result,
            asked,
            *policy,
            required=service in iam._POLICY_REQUIRED,
            limits=principal.limits,
        )
    return bool(result.decision == "Allow")


def _credential(principal_arn: str):  # type: ignore[no-untyped-def]  # a type of the emulator's own
    """What the evaluator needs to find the principal's policies; None for the root."""
    from ministack.core import iam_evaluator as iam

    parts = principal_arn.split(":", 5)
    account, resource = (parts[4], parts[5]) if len(parts) == 6 else ("", "")
    if resource == "root":
        return None
    kind, _, name = resource.partition("/")
    types = {"role": "AssumedRole", "assumed-role": "AssumedRole", "user": "User"}
    if kind not in types or not name:
        raise ValueError(f"{principal_arn[:80]!r} names no role, user or root")
    if kind == "role":  # a path may stand before the name: role/service-role/NAME
        principal_arn = f"arn:aws:sts::{account}:assumed-role/{name.rsplit('/', 1)[-1]}/service"
    return iam.ResolvedCredential(
        access_key_id="",
        secret_access_key="-",
        account_id=account,
        principal_id="",
        principal_name=name.rsplit("/", 1)[-1],
        principal_type=types[kind],
        principal_arn=principal_arn,
    )
