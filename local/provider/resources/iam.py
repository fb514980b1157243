"""IAM: roles and their inline policies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from local.provider.cloud import Cloud
from local.provider.resource import ApiResource, Calls, table
from local.provider.tags import Tagging
from local.provider.values import Properties


class Role(ApiResource):
    token = "aws:iam/role:Role"
    calls = Calls("iam", "create_role", "get_role", "update_role", "delete_role")
    inputs = (
        "name",
        "assumeRolePolicy",
        "description",
        "path",
        "maxSessionDuration",
        "permissionsBoundary",
    )
    replace = ("name", "path")
    defaults = table(path="/", maxSessionDuration=3600)
    name = "name"
    id_form = "{name}"
    key = table(RoleName="name")
    renames = table(
        name="RoleName",
        assumeRolePolicy="AssumeRolePolicyDocument",
        permissionsBoundary="PermissionsBoundary",
    )
    outputs = table(arn="Arn", uniqueId="RoleId", createDate="CreateDate")
    tagging = Tagging(
        "iam",
        put="tag_role",
        remove="untag_role",
        read="list_role_tags",
        by="name",
        target="RoleName",
    )

    def show(self, cloud: Cloud, id: str) -> Any:
        role = cloud.call("iam", "get_role", RoleName=id)["Role"]
        boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        document = _text(role["AssumeRolePolicyDocument"])
        return {**role, "PermissionsBoundary": boundary, "AssumeRolePolicyDocument": document}

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        names = set(changed)
        if "assumeRolePolicy" in names:
            document = new["assumeRolePolicy"]
            cloud.call("iam", "update_assume_role_policy", RoleName=id, PolicyDocument=document)
        if names & {"description", "maxSessionDuration"}:
            cloud.call(
                "iam",
                "update_role",
                RoleName=id,
                Description=new.get("description", ""),
                MaxSessionDuration=new["maxSessionDuration"],
            )
        if "permissionsBoundary" in names:
            boundary = new.get("permissionsBoundary")
            if boundary:
                cloud.call(
                    "iam",
                    "put_role_permissions_boundary",
                    RoleName=id,
                    PermissionsBoundary=boundary,
                )
            else:
                cloud.call("iam", "delete_role_permissions_boundary", RoleName=id)


class RolePolicy(ApiResource):
    token = "aws:iam/rolePolicy:RolePolicy"
    calls = Calls(
        "iam", "put_role_policy", "get_role_policy", "put_role_policy", "delete_role_policy"
    )
    inputs = ("name", "role", "policy")
    replace = ("name", "role")
    name = "name"
    id_form = "{role}:{name}"
    key = table(RoleName="role", PolicyName="name")
    renames = table(name="PolicyName", role="RoleName", policy="PolicyDocument")

    def show(self, cloud: Cloud, id: str) -> Any:
        found = super().show(cloud, id)
        return {**found, "PolicyDocument": _text(found["PolicyDocument"])}


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)
