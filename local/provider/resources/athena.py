"""Athena: workgroups and named queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from local.provider import shapes
from local.provider.cloud import Cloud
from local.provider.resource import ApiResource, Calls, table
from local.provider.tags import Tagging
from local.provider.values import Properties


class Workgroup(ApiResource):
    token = "aws:athena/workgroup:Workgroup"
    calls = Calls(
        "athena", "create_work_group", "get_work_group", "update_work_group", "delete_work_group"
    )
    inputs = ("name", "description", "configuration", "state", "forceDestroy")
    steering = ("forceDestroy", "state")
    replace = ("name",)
    name = "name"
    id_form = "{name}"
    key = table(WorkGroup="name")
    body = "WorkGroup"
    renames = table(
        {
            "configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": (
                "Configuration.ResultConfiguration.EncryptionConfiguration.KmsKey"
            )
        }
    )
    tagging = Tagging("athena", target="ResourceARN")

    def complete(self, cloud: Cloud, id: str, new: Properties) -> None:
        if new.get("state", "ENABLED") != "ENABLED":
            cloud.call("athena", "update_work_group", WorkGroup=id, State=new["state"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        state = super().read(cloud, id, known)
        if state is None:
            return None
        found = self.show(cloud, id)
        if "state" in known:
            state["state"] = found.get("State")
        return {**state, "arn": cloud.arn("athena", f"workgroup/{id}")}

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        names = set(changed)
        request: dict[str, Any] = {}
        if "description" in names:
            request["description"] = new.get("description", "")
        if "state" in names:
            request["state"] = new.get("state", "ENABLED")
        if "configuration" in names:
            before, after = old.get("configuration") or {}, new.get("configuration") or {}
            request["configurationUpdates"] = _updates(before, after)
        if request:
            shape = cloud.shape("athena", "update_work_group")
            sent = shapes.parameters(request, shape, {})
            cloud.call("athena", "update_work_group", WorkGroup=id, **sent)

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        recursive = bool(known.get("forceDestroy"))
        cloud.call("athena", "delete_work_group", WorkGroup=id, RecursiveDeleteOption=recursive)


def _updates(old: Mapping[str, Any], new: Mapping[str, Any]) -> Properties:
    """What turns one configuration into the other: Athena wants removals said."""
    updates = {name: value for name, value in new.items() if name != "resultConfiguration"}
    if old.get("bytesScannedCutoffPerQuery") and not new.get("bytesScannedCutoffPerQuery"):
        updates["removeBytesScannedCutoffPerQuery"] = True
    results = dict(new.get("resultConfiguration") or {})
    encryption = dict(results.get("encryptionConfiguration") or {})
    if "kmsKeyArn" in encryption:
        encryption["kmsKey"] = encryption.pop("kmsKeyArn")
    if encryption:
        results["encryptionConfiguration"] = encryption
    before = old.get("resultConfiguration") or {}
    for name in ("outputLocation", "encryptionConfiguration", "expectedBucketOwner"):
        if before.get(name) and not results.get(name):
            results[f"remove{name[:1].upper()}{name[1:]}"] = True
    return {**updates, "resultConfigurationUpdates": results} if results else updates


class NamedQuery(ApiResource):
    token = "aws:athena/namedQuery:NamedQuery"
    calls = Calls("athena", "create_named_query", "get_named_query", None, "delete_named_query")
    inputs = ("name", "database", "description", "query", "workgroup")
    replace = inputs
    defaults = table(workgroup="primary")
    id_form = "{id}"
    made = table(id="NamedQueryId")
    key = table(NamedQueryId="id")
    body = "NamedQuery"
    renames = table(query="QueryString", workgroup="WorkGroup")
