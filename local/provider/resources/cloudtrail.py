"""CloudTrail: a trail and what it records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from local.provider import shapes
from local.provider.cloud import Cloud
from local.provider.resource import ApiResource, Calls, table
from local.provider.tags import Tagging
from local.provider.values import Properties


class Trail(ApiResource):
    token = "aws:cloudtrail/trail:Trail"
    calls = Calls("cloudtrail", "create_trail", "get_trail", "update_trail", "delete_trail")
    steering = ("enableLogging", "advancedEventSelectors", "eventSelectors")
    inputs = (
        "name",
        "s3BucketName",
        "s3KeyPrefix",
        "kmsKeyId",
        "isMultiRegionTrail",
        "enableLogFileValidation",
        "includeGlobalServiceEvents",
        "cloudWatchLogsGroupArn",
        "cloudWatchLogsRoleArn",
        *steering,
    )
    replace = ("name",)
    unread = ("cloudWatchLogsGroupArn", "cloudWatchLogsRoleArn")
    defaults = table(enableLogging=True)
    name = "name"
    id_form = "{name}"
    key = table(Name="name")
    body = "Trail"
    renames = table(cloudWatchLogsGroupArn="CloudWatchLogsLogGroupArn")
    outputs = table(arn="TrailARN", homeRegion="HomeRegion")
    tagging = Tagging(
        "cloudtrail",
        put="add_tags",
        remove="remove_tags",
        read="list_tags",
        target="ResourceId",
        read_target="ResourceIdList",
        tags="TagsList",
        keys="TagsList",
        found="ResourceTagList.0.TagsList",
        keys_as_pairs=True,
    )

    def complete(self, cloud: Cloud, id: str, new: Properties) -> None:
        self._steer(cloud, id, new, [name for name in self.steering if name in new])

    def show(self, cloud: Cloud, id: str) -> Any:
        found = super().show(cloud, id)
        # the API says what it did with the input, in other words
        return {**found, "EnableLogFileValidation": found.get("LogFileValidationEnabled")}

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        state = super().read(cloud, id, known)
        if state is None:
            return None
        state["enableLogging"] = cloud.call("cloudtrail", "get_trail_status", Name=id)["IsLogging"]
        selectors = cloud.call("cloudtrail", "get_event_selectors", TrailName=id)
        for name in ("advancedEventSelectors", "eventSelectors"):
            if name in known:
                state[name] = shapes.mirrored(known[name], shapes.find(selectors, name), {})
        return state

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        super().update(cloud, id, old, new, changed)
        self._steer(cloud, id, new, [name for name in self.steering if name in set(changed)])

    def _steer(self, cloud: Cloud, id: str, new: Properties, names: list[str]) -> None:
        if "enableLogging" in names:
            operation = "start_logging" if new.get("enableLogging") else "stop_logging"
            cloud.call("cloudtrail", operation, Name=id)
        chosen = {name: new[name] for name in names if name != "enableLogging" and name in new}
        if chosen:
            shape = cloud.shape("cloudtrail", "put_event_selectors")
            request = shapes.parameters(chosen, shape, {})
            cloud.call("cloudtrail", "put_event_selectors", TrailName=id, **request)
