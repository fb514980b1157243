"""What a handler of one resource type is, and the handler that needs no code, only a table.

A handler lists the inputs it honours. `declared` ones are kept in the state and sent nowhere, since
the laptop has nothing that could honour them; docs/parity.md says so of each. Any other input is
refused by Check, so that no setting of the program is lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from local.provider import shapes
from local.provider.cloud import Cloud
from local.provider.tags import Tagging
from local.provider.values import Properties


class Made(NamedTuple):
    """A new resource with outputs that cannot be read again later."""

    id: str
    outputs: Properties


class Resource:
    """One resource type. All four calls raise AwsError; `read` gives None for what is gone."""

    token: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    declared: ClassVar[tuple[str, ...]] = ()
    replace: ClassVar[tuple[str, ...]] = ()  # a change of these makes a new resource
    name: ClassVar[str | None] = None  # the physical name; made up from the logical one if absent
    defaults: ClassVar[Mapping[str, Any]] = {}
    tagging: ClassVar[Tagging | None] = None
    delete_first: ClassVar[bool] = False  # two of it cannot exist side by side
    watched: ClassVar[tuple[str, ...]] = ("tags",)  # drift even where the program says nothing
    unread: ClassVar[tuple[str, ...]] = ()  # sent, but the emulator does not show them again

    def honoured(self) -> frozenset[str]:
        """Every input that the program may give."""
        tags = ("tags",) if self.tagging else ()
        return frozenset((*self.inputs, *self.declared, *tags))

    def create(self, cloud: Cloud, new: Properties) -> str | Made:
        """Make it with one call; returns its id."""
        raise NotImplementedError

    def complete(self, cloud: Cloud, id: str, new: Properties) -> None:
        """What it takes after that call; where it fails, the engine knows what is half made."""

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        """Inputs and outputs as the cloud shows them; `known` is what the state has."""
        raise NotImplementedError

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        """Change in place the inputs named in `changed`; tags are not among them."""
        raise NotImplementedError

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        """Remove it; a resource that is gone already may raise AwsError with `gone`."""
        raise NotImplementedError


def table(entries: Mapping[str, Any] | None = None, **named: Any) -> Mapping[str, Any]:
    """A table of a handler that nothing can change."""
    return MappingProxyType({**(entries or {}), **named})


@dataclass(frozen=True)
class Calls:
    """The boto3 operations of one type; `update` and `delete` may have no call."""

    service: str
    create: str
    read: str
    update: str | None = None
    delete: str | None = None


class ApiResource(Resource):
    """A type whose four calls take and give the properties as they are.

    `id_form` is the id, made of properties; `key` maps the parameters that name the resource in
    read, update and delete to properties of the id; `made` takes properties for the id from the
    reply of create; `inside` is the parameter of create and update that holds the inputs, but for
    `outside`; `body` is the path to the resource in the reply of read; `outputs` maps properties
    to paths in the body; `steering` are inputs for this handler, not for the API.
    """

    calls: ClassVar[Calls]
    id_form: ClassVar[str]
    key: ClassVar[Mapping[str, str]]
    made: ClassVar[Mapping[str, str]] = {}
    inside: ClassVar[str] = ""
    outside: ClassVar[tuple[str, ...]] = ()
    body: ClassVar[str] = ""
    outputs: ClassVar[Mapping[str, str]] = {}
    steering: ClassVar[tuple[str, ...]] = ()
    renames: ClassVar[Mapping[str, str]] = {}

    def create(self, cloud: Cloud, new: Properties) -> str:
        request = self._request(cloud, self.calls.create, new)
        reply = cloud.call(self.calls.service, self.calls.create, **request)
        made = {name: shapes.dig(reply, path) for name, path in self.made.items()}
        self.await_ready(cloud, self.id_form.format_map({**new, **made}))
        return self.id_form.format_map({**new, **made})

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        body = self.show(cloud, id)
        if body is None:
            return None
        named = self.parts(id)
        template = {
            name: named.get(name, known.get(name))
            for name in self.inputs
            if name not in (*self.steering, *self.unread)
        }
        live = shapes.mirrored(template, body, self.renames)
        outputs = {
            name: shapes.camel(shapes.dig(body, path)) for name, path in self.outputs.items()
        }
        named.pop("id", None)
        return {**live, **named, **outputs}

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        sent = set(changed) - {*self.steering, *self.declared}
        if not sent:
            return
        if self.calls.update is None:
            raise ValueError(f"{', '.join(sorted(sent))} cannot be changed in place")
        shape = cloud.shape(self.calls.service, self.calls.update)
        members = (shape.members[self.inside] if self.inside else shape).members
        taken = {name.lower() for name in members}
        fits = {
            name
            for name in new
            if self.renames.get(name, name).split(".")[0].lower() in taken or name in self.outside
        }
        lost = sent & set(new) - fits
        if lost:
            raise ValueError(f"{', '.join(sorted(lost))} cannot be changed in place")
        request = self._request(
            cloud, self.calls.update, {name: new[name] for name in new if name in fits}
        )
        cloud.call(self.calls.service, self.calls.update, **{**request, **self.named(id)})

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        if self.calls.delete:
            cloud.call(self.calls.service, self.calls.delete, **self.named(id))

    def show(self, cloud: Cloud, id: str) -> Any:
        """The resource as the API gives it, or None."""
        reply = cloud.call(self.calls.service, self.calls.read, **self.named(id))
        return shapes.dig(reply, self.body) if self.body else reply

    def await_ready(self, cloud: Cloud, id: str) -> None:
        """Return when a new resource can be used; most can at once."""

    def parts(self, id: str) -> dict[str, str]:
        """The properties that an id is made of."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(self.id_form))
        match = re.fullmatch(pattern, id)
        if not match:
            raise ValueError(f"id={id[:80]} is no id of {self.token}; expected {self.id_form}")
        return match.groupdict()

    def named(self, id: str) -> dict[str, str]:
        """The parameters that name the resource."""
        parts = self.parts(id)
        return {parameter: parts[name] for parameter, name in self.key.items()}

    def _request(self, cloud: Cloud, operation: str, inputs: Properties) -> dict[str, Any]:
        skipped = {"tags", *self.steering, *self.declared}
        sent = {name: value for name, value in inputs.items() if name not in skipped}
        shape = cloud.shape(self.calls.service, operation)
        if not self.inside:
            return shapes.parameters(sent, shape, self.renames)
        outer = {name: sent.pop(name) for name in self.outside if name in sent}
        return {
            **shapes.parameters(outer, shape, {}),
            self.inside: shapes.parameters(sent, shape.members[self.inside], self.renames),
        }
