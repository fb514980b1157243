"""CloudWatch Logs: groups, streams and the policy that lets services write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from local.provider.cloud import Cloud
from local.provider.resource import ApiResource, Calls, table
from local.provider.tags import Tagging
from local.provider.values import Properties


class LogGroup(ApiResource):
    token = "aws:cloudwatch/logGroup:LogGroup"
    calls = Calls("logs", "create_log_group", "describe_log_groups", None, "delete_log_group")
    inputs = ("name", "retentionInDays", "kmsKeyId", "logGroupClass", "skipDestroy")
    replace = ("name", "logGroupClass")
    steering = ("retentionInDays", "skipDestroy")
    defaults = table(logGroupClass="STANDARD")
    name = "name"
    id_form = "{name}"
    key = table(logGroupName="name")
    renames = table(name="logGroupName")
    tagging = Tagging(
        "logs", target="resourceArn", tags="tags", keys="tagKeys", found="tags", pair=None
    )

    def complete(self, cloud: Cloud, id: str, new: Properties) -> None:
        if "retentionInDays" in new:
            self._keep(cloud, id, new)

    def show(self, cloud: Cloud, id: str) -> Any:
        groups = cloud.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=id)
        return next((group for group in groups if group["logGroupName"] == id), None)

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        group = self.show(cloud, id)
        if group is None:
            return None
        return {
            "name": id,
            "arn": group["arn"].removesuffix(":*"),
            "retentionInDays": group.get("retentionInDays", 0),
            "kmsKeyId": group.get("kmsKeyId"),
            "logGroupClass": group.get("logGroupClass", "STANDARD"),
        }

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        names = set(changed)
        if "retentionInDays" in names:
            self._keep(cloud, id, new)
        if "kmsKeyId" in names and new.get("kmsKeyId"):
            cloud.call("logs", "associate_kms_key", logGroupName=id, kmsKeyId=new["kmsKeyId"])
        elif "kmsKeyId" in names:
            cloud.call("logs", "disassociate_kms_key", logGroupName=id)

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        if not known.get("skipDestroy"):
            super().delete(cloud, id, known)

    def _keep(self, cloud: Cloud, id: str, new: Properties) -> None:
        days = new.get("retentionInDays")
        if days:
            cloud.call("logs", "put_retention_policy", logGroupName=id, retentionInDays=days)
        else:
            cloud.call("logs", "delete_retention_policy", logGroupName=id)


class LogStream(ApiResource):
    token = "aws:cloudwatch/logStream:LogStream"
    calls = Calls("logs", "create_log_stream", "describe_log_streams", None, "delete_log_stream")
    inputs = ("name", "logGroupName")
    replace = ("name", "logGroupName")
    name = "name"
    id_form = "{logGroupName}:{name}"
    key = table(logGroupName="logGroupName", logStreamName="name")
    renames = table(name="logStreamName")
    outputs = table(arn="arn")

    def show(self, cloud: Cloud, id: str) -> Any:
        at = self.parts(id)
        streams = cloud.pages(
            "logs",
            "describe_log_streams",
            "logStreams",
            logGroupName=at["logGroupName"],
            logStreamNamePrefix=at["name"],
        )
        return next((found for found in streams if found["logStreamName"] == at["name"]), None)


class LogResourcePolicy(ApiResource):
    token = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
    calls = Calls(
        "logs",
        "put_resource_policy",
        "describe_resource_policies",
        "put_resource_policy",
        "delete_resource_policy",
    )
    inputs = ("policyName", "policyDocument")
    replace = ("policyName",)
    id_form = "{policyName}"
    key = table(policyName="policyName")

    def show(self, cloud: Cloud, id: str) -> Any:
        policies = cloud.call("logs", "describe_resource_policies")["resourcePolicies"]
        return next((policy for policy in policies if policy["policyName"] == id), None)
