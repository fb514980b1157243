"""KMS: a key with its policy and rotation, and an alias."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from local.provider.cloud import Cloud
from local.provider.resource import ApiResource, Calls, Resource, table
from local.provider.tags import Tagging
from local.provider.values import Properties


class Key(Resource):
    token = "aws:kms/key:Key"
    inputs = (
        "description",
        "deletionWindowInDays",
        "enableKeyRotation",
        "rotationPeriodInDays",
        "policy",
    )
    tagging = Tagging(
        "kms",
        read="list_resource_tags",
        by="keyId",
        target="KeyId",
        pair=("TagKey", "TagValue"),
    )

    def create(self, cloud: Cloud, new: Properties) -> str:
        request = {"Description": new.get("description", "")}
        if "policy" in new:
            request["Policy"] = new["policy"]
        return str(cloud.call("kms", "create_key", **request)["KeyMetadata"]["KeyId"])

    def complete(self, cloud: Cloud, id: str, new: Properties) -> None:
        if new.get("enableKeyRotation"):
            self._rotate(cloud, id, new)

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = cloud.call("kms", "describe_key", KeyId=id)["KeyMetadata"]
        if found["KeyState"] == "PendingDeletion":
            return None
        policy = cloud.call("kms", "get_key_policy", KeyId=id, PolicyName="default")["Policy"]
        rotation = cloud.call("kms", "get_key_rotation_status", KeyId=id)
        return {
            "arn": found["Arn"],
            "keyId": id,
            "description": found.get("Description"),
            "policy": policy,
            "enableKeyRotation": rotation["KeyRotationEnabled"],
            "rotationPeriodInDays": rotation.get("RotationPeriodInDays"),
            "keyUsage": found.get("KeyUsage"),
            "customerMasterKeySpec": found.get("KeySpec"),
            "isEnabled": found.get("Enabled"),
            "multiRegion": found.get("MultiRegion", False),
        }

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        names = set(changed)
        if "description" in names:
            description = new.get("description", "")
            cloud.call("kms", "update_key_description", KeyId=id, Description=description)
        if "policy" in names:
            cloud.call(
                "kms", "put_key_policy", KeyId=id, PolicyName="default", Policy=new["policy"]
            )
        if names & {"enableKeyRotation", "rotationPeriodInDays"}:
            self._rotate(cloud, id, new)

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        days = known.get("deletionWindowInDays", 30)
        cloud.call("kms", "schedule_key_deletion", KeyId=id, PendingWindowInDays=days)

    def _rotate(self, cloud: Cloud, id: str, new: Properties) -> None:
        if not new.get("enableKeyRotation"):
            cloud.call("kms", "disable_key_rotation", KeyId=id)
            return
        period: dict[str, Any] = {}
        if "rotationPeriodInDays" in new:
            period["RotationPeriodInDays"] = new["rotationPeriodInDays"]
        cloud.call("kms", "enable_key_rotation", KeyId=id, **period)


class Alias(ApiResource):
    token = "aws:kms/alias:Alias"
    calls = Calls("kms", "create_alias", "list_aliases", "update_alias", "delete_alias")
    inputs = ("name", "targetKeyId")
    replace = ("name",)
    renames = table(name="AliasName")
    id_form = "{name}"
    key = table(AliasName="name")
    outputs = table(arn="AliasArn", targetKeyArn="TargetKeyArn")
    name = "name"

    def show(self, cloud: Cloud, id: str) -> Any:
        for alias in cloud.pages("kms", "list_aliases", "Aliases"):
            if alias["AliasName"] == id:
                return {**alias, "TargetKeyArn": cloud.arn("kms", f"key/{alias['TargetKeyId']}")}
        return None
