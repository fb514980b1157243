"""Tags: every service has its own three calls for them; this is the one way through all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.provider.cloud import Cloud
from local.provider.shapes import dig

Tags = dict[str, str]


@dataclass(frozen=True)
class Tagging:
    """How one service tags.

    `by` is the property that names the resource to the service and `target` the parameter that
    takes it; `pair` are the two names in a list of tags, or None where tags are a map.
    """

    service: str
    put: str = "tag_resource"
    remove: str = "untag_resource"
    read: str = "list_tags_for_resource"
    by: str = "arn"
    target: str = "ResourceArn"
    read_target: str = ""
    tags: str = "Tags"
    keys: str = "TagKeys"
    found: str = "Tags"
    pair: tuple[str, str] | None = ("Key", "Value")
    many_targets: bool = False
    keys_as_pairs: bool = False

    def live(self, cloud: Cloud, state: Mapping[str, Any]) -> Tags:
        """The tags that the resource has, without those that AWS sets itself."""
        target = self.read_target or self.target
        shape = cloud.shape(self.service, self.read).members[target]
        name = [state[self.by]] if shape.type_name == "list" else state[self.by]
        reply = cloud.call(self.service, self.read, **{target: name})
        found = dig(reply, self.found) or {}
        if self.pair:
            key, value = self.pair
            found = {item[key]: item.get(value, "") for item in found}
        return {key: value for key, value in found.items() if not key.startswith("aws:")}

    def change(self, cloud: Cloud, state: Mapping[str, Any], old: Tags, new: Tags) -> None:
        """Make the resource's tags `new`, when they were `old`."""
        name = [state[self.by]] if self.many_targets else state[self.by]
        gone = sorted(set(old) - set(new))
        if gone:
            keys: Any = gone
            if self.keys_as_pairs and self.pair:
                keys = [{self.pair[0]: key} for key in gone]
            cloud.call(self.service, self.remove, **{self.target: name, self.keys: keys})
        if new != old and new:
            tags: Any = dict(new)
            if self.pair:
                tags = [{self.pair[0]: key, self.pair[1]: value} for key, value in new.items()]
            cloud.call(self.service, self.put, **{self.target: name, self.tags: tags})
