"""What all stages have in common: one parent, fixed names, tags, and what destroy must spare."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.names import Names
from components.policy import Document


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whose resources these are: the names, the tags, and whether their data outlives the stack."""

    names: Names
    environment: str
    retain_data: bool

    def tags(self, name: str | None = None) -> dict[str, str]:
        """The tags of a resource that costs money; `name` where the console shows only a number."""
        tags = {"application": self.names.prefix, "environment": self.environment}
        return {**tags, "Name": name} if name else tags


class Stage(pulumi.ComponentResource):
    """A component whose children have fixed physical names.

    A fixed name cannot exist twice, so that every replacement deletes first.
    """

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(f"acme-telemetry:index:{type(self).__name__}", name, {}, opts)
        self._name = name

    def called(self, role: str) -> str:
        """The logical name of a child: `<component>-<role>`."""
        return f"{self._name}-{role}"

    def child(
        self,
        *,
        after: Sequence[pulumi.Resource] = (),
        protect: bool | None = None,
        retain: bool | None = None,
        timeouts: pulumi.CustomTimeouts | None = None,
        ignore_changes: list[str] | None = None,
    ) -> pulumi.ResourceOptions:
        """Options of a child.

        `after` are resources that must stand before it though it reads nothing of them; `protect`
        refuses its deletion; `retain` leaves it in the cloud when it leaves the stack.
        """
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=list(after) or None,
            protect=protect or None,
            retain_on_delete=retain or None,
            custom_timeouts=timeouts,
            ignore_changes=ignore_changes,
            delete_before_replace=True,
        )


def as_json(document: Document) -> str:
    """A policy document as the API takes it."""
    return json.dumps(document, separators=(",", ":"))


def policy(build: Any, **values: pulumi.Input[str]) -> pulumi.Output[str]:
    """The JSON of `build(**values)` once the values are known."""
    return pulumi.Output.all(**values).apply(lambda known: as_json(build(**known)))
