"""The shape of an IAM policy document: statements that each say one sentence of intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Statement = dict[str, Any]
Document = dict[str, Any]
Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]


def document(*statements: Statement) -> Document:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Conditions | None = None,
) -> Statement:
    """What a role may do, as its own sentence."""
    return _statement("Allow", sid, actions, resources, conditions)


def deny(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Conditions | None = None,
) -> Statement:
    """What a role may not do, whatever else allows it."""
    return _statement("Deny", sid, actions, resources, conditions)


def to(principal: Mapping[str, str] | str, statement: Statement) -> Statement:
    """The same statement in a resource's policy, about a principal."""
    return {"Principal": principal if isinstance(principal, str) else dict(principal), **statement}


def trust(service: str, account_id: str, source_arn: str | None = None) -> Document:
    """Who may take a role: one service, on behalf of this account, or of one resource in it."""
    conditions: dict[str, dict[str, str]] = {"StringEquals": {"aws:SourceAccount": account_id}}
    if source_arn:
        conditions["ArnLike"] = {"aws:SourceArn": source_arn}
    return document(
        {
            "Sid": "AssumedByOneService",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": conditions,
        }
    )


def _statement(
    effect: str,
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Conditions | None,
) -> Statement:
    statement: Statement = {
        "Sid": sid,
        "Effect": effect,
        "Action": list(actions),
        "Resource": list(resources),
    }
    if conditions:
        statement["Condition"] = {
            operator: {
                key: value if isinstance(value, str) else list(value)
                for key, value in pairs.items()
            }
            for operator, pairs in conditions.items()
        }
    return statement
