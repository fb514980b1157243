"""What every service that works for the pipeline is given: a role of its own and a log group."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.policy import Document
from components.stage import Identity, Stage, as_json


@dataclass(frozen=True)
class ServiceRole:
    """A role and its one policy; what works with the role must wait for the policy."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy

    @property
    def arn(self) -> pulumi.Output[str]:
        """The role's ARN."""
        arn: pulumi.Output[str] = self.role.arn
        return arn


def service_role(
    stage: Stage,
    bearer: str,
    *,
    identity: Identity,
    description: str,
    trusts: Document,
    permissions: pulumi.Input[str],
    prefix: str = "",
) -> ServiceRole:
    """The role of `bearer` (the physical name's part) with one inline policy.

    `prefix` begins the logical names where a stage has several roles.
    """
    role = aws.iam.Role(
        stage.called(f"{prefix}role"),
        name=identity.names.role(bearer),
        description=description,
        assume_role_policy=as_json(trusts),
        tags=identity.tags(),
        opts=stage.child(),
    )
    policy = aws.iam.RolePolicy(
        stage.called(f"{prefix}permissions"),
        name="permissions",
        role=role.name,
        policy=permissions,
        opts=stage.child(),
    )
    return ServiceRole(role, policy)


def log_group(
    stage: Stage,
    name: str,
    *,
    identity: Identity,
    days: int,
    key_arn: pulumi.Input[str],
    prefix: str = "",
) -> aws.cloudwatch.LogGroup:
    """An encrypted log group that keeps `days` days."""
    return aws.cloudwatch.LogGroup(
        stage.called(f"{prefix}log-group"),
        name=name,
        retention_in_days=days,
        kms_key_id=key_arn,
        tags=identity.tags(),
        opts=stage.child(),
    )
