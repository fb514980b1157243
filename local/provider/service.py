"""pulumirpc.ResourceProvider: what the engine asks, answered by the table of handlers.

One process serves every provider instance of a run (the default one and explicit ones); the engine
dials once per instance, so the peer address tells them apart.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

import grpc
from botocore.exceptions import ParamValidationError
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from local.provider import cloud as clouds
from local.provider.cloud import AwsError, Cloud
from local.provider.differences import changed, settled
from local.provider.inflight import InFlight
from local.provider.resource import Made, Resource
from local.provider.sdk import property_names
from local.provider.values import UNKNOWN, Properties, has_unknown, plain, struct

SETTLE_SECONDS = 60
VERSION = "7.51.1"  # the pulumi_aws that the program is written for
Invoke = Callable[[Cloud, Properties], Properties]
T = TypeVar("T")


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """The stand-in for the AWS plugin."""

    def __init__(
        self,
        resources: Mapping[str, Resource],
        invokes: Mapping[str, Invoke],
        endpoint: str,
        changes: InFlight,
    ) -> None:
        self._resources = resources
        self._invokes = invokes
        self._endpoint = endpoint
        self._changes = changes
        self._clouds: dict[str, Cloud] = {}

    # The plugin itself

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        if not self._changes.settle(SETTLE_SECONDS):
            _abort(context, f"a change still runs after {SETTLE_SECONDS} s")
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        _guarded(context, lambda: clouds.settings(plain(request.news)))
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        names = [
            name for name in changed(plain(request.olds), plain(request.news)) if name != "version"
        ]
        return _diff(names, [name for name in names if name == "region"], False)

    def Configure(self, request: Any, context: Any) -> Any:
        arguments = plain(request.args)
        self._clouds[context.peer()] = _guarded(
            context, lambda: Cloud(clouds.settings(arguments), self._endpoint)
        )
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(self, request: Any, context: Any) -> Any:
        if request.tok not in self._invokes:
            _abort(
                context,
                f"E_PROVIDER_INVOKE: function={request.tok} is not in the laptop's provider; "
                f"expected one of {', '.join(sorted(self._invokes))}; fix: add it to "
                "local/provider/invokes.py",
                grpc.StatusCode.UNIMPLEMENTED,
            )
        invoke, cloud = self._invokes[request.tok], self._cloud(context)
        found = _guarded(context, lambda: invoke(cloud, plain(request.args)))
        return provider_pb2.InvokeResponse(**{"return": struct(found)})

    # Resources

    def Check(self, request: Any, context: Any) -> Any:
        resource, cloud = self._resource(request, context), self._cloud(context)
        new, old = plain(request.news), plain(request.olds)
        failures = [
            provider_pb2.CheckFailure(
                property=name,
                reason="the laptop's provider does not honour this input; fix: leave it out or "
                f"teach {type(resource).__module__} about it",
            )
            for name in sorted(set(new) - resource.honoured())
        ]
        for name, value in resource.defaults.items():
            new.setdefault(name, value)
        if resource.tagging and cloud.default_tags:
            new["tags"] = {**cloud.default_tags, **(new.get("tags") or {})}
        if resource.name and resource.name not in new:
            new[resource.name] = old.get(resource.name) or _made_up(request)
        return provider_pb2.CheckResponse(inputs=struct(new), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        resource = self._resource(request, context)
        old, new = plain(request.old_inputs), plain(request.news)
        names = changed(old, new)
        replaces = [name for name in names if name in resource.replace]
        fixed_name = bool(resource.name) and not re.fullmatch(
            re.escape(_logical_name(request)) + "-[0-9a-f]{7}", str(new.get(str(resource.name)))
        )
        in_the_way = resource.delete_first or (fixed_name and resource.name not in replaces)
        return _diff(names, replaces, bool(replaces) and in_the_way)

    def Create(self, request: Any, context: Any) -> Any:
        resource, cloud = self._resource(request, context), self._cloud(context)
        new = plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=struct(_foreseen(resource, new, None)))
        made = _guarded(context, lambda: resource.create(cloud, new))
        id, outputs = made if isinstance(made, Made) else (made, {})
        try:
            resource.complete(cloud, id, new)
            _retag(resource, cloud, id, {}, new)
            state = {**outputs, **_state(resource, cloud, id, new)}
        except (AwsError, ValueError, TimeoutError, ParamValidationError) as failed:
            _abort_half_made(context, id, new, str(failed))
        return provider_pb2.CreateResponse(id=id, properties=struct(state))

    def Read(self, request: Any, context: Any) -> Any:
        resource, cloud = self._resource(request, context), self._cloud(context)
        inputs, known = plain(request.inputs), plain(request.properties)
        live = _guarded(context, lambda: _live(resource, cloud, request.id, {**known, **inputs}))
        if live is None:
            return provider_pb2.ReadResponse()
        names = {*inputs, *resource.watched} if inputs else resource.honoured()
        found = settled(inputs, live, sorted(names))
        return provider_pb2.ReadResponse(
            id=request.id,
            properties=struct({**known, **live, **found}),
            inputs=struct(found),
        )

    def Update(self, request: Any, context: Any) -> Any:
        resource, cloud = self._resource(request, context), self._cloud(context)
        old, new = plain(request.old_inputs), plain(request.news)
        if request.preview:
            state = _foreseen(resource, new, plain(request.olds))
            return provider_pb2.UpdateResponse(properties=struct(state))

        def update() -> Properties:
            names = [name for name in changed(old, new) if name != "tags"]
            if names:
                resource.update(cloud, request.id, old, new, names)
            _retag(resource, cloud, request.id, old, new)
            return _state(resource, cloud, request.id, new)

        return provider_pb2.UpdateResponse(properties=struct(_guarded(context, update)))

    def Delete(self, request: Any, context: Any) -> Any:
        resource, cloud = self._resource(request, context), self._cloud(context)

        def delete() -> None:
            try:
                resource.delete(cloud, request.id, plain(request.properties))
            except AwsError as refused:
                if not refused.gone:
                    raise

        _guarded(context, delete)
        return empty_pb2.Empty()

    def _resource(self, request: Any, context: Any) -> Resource:
        token = request.urn.split("::")[2].split("$")[-1]
        if token not in self._resources:
            _abort(
                context,
                f"E_PROVIDER_TYPE: type={token} is not in the laptop's provider; "
                "expected a type listed in docs/parity.md; fix: add a handler to "
                "local/provider/resources/",
                grpc.StatusCode.UNIMPLEMENTED,
            )
        return self._resources[token]

    def _cloud(self, context: Any) -> Cloud:
        found = self._clouds.get(context.peer())
        if found is None:
            _abort(
                context,
                "E_PROVIDER_STATE: the engine spoke before it configured this provider; "
                "fix: run the command again",
            )
        return found


def _live(resource: Resource, cloud: Cloud, id: str, known: Properties) -> Properties | None:
    try:
        live = resource.read(cloud, id, known)
    except AwsError as refused:
        if refused.gone:
            return None
        raise
    if live is None:
        return None
    live["region"] = cloud.region
    if resource.tagging:
        live["tags"] = live["tagsAll"] = resource.tagging.live(cloud, {**live, "id": id})
    return live


def _state(resource: Resource, cloud: Cloud, id: str, inputs: Properties) -> Properties:
    live = _live(resource, cloud, id, inputs)
    if live is None:
        raise ValueError(f"{resource.token} {id[:80]} vanished while it was being made")
    return {**inputs, **live, **settled(inputs, live, inputs)}


def _retag(resource: Resource, cloud: Cloud, id: str, old: Properties, new: Properties) -> None:
    before, after = old.get("tags") or {}, new.get("tags") or {}
    if resource.tagging and before != after:
        state = resource.read(cloud, id, new)
        resource.tagging.change(cloud, {**(state or {}), "id": id}, before, after)


def _foreseen(resource: Resource, inputs: Properties, state: Properties | None) -> Properties:
    """What a preview says the resource will be: outputs are unknown until it is made."""
    outputs = property_names(resource.token)
    before = {name: UNKNOWN for name in outputs if name not in inputs} if state is None else state
    return {**before, **inputs}


def _diff(names: list[str], replaces: list[str], delete_first: bool) -> Any:
    response, detail = provider_pb2.DiffResponse, provider_pb2.PropertyDiff
    return response(
        changes=response.DIFF_SOME if names else response.DIFF_NONE,
        diffs=names,
        replaces=replaces,
        deleteBeforeReplace=delete_first,
        detailedDiff={
            name: detail(
                kind=detail.UPDATE_REPLACE if name in replaces else detail.UPDATE, inputDiff=True
            )
            for name in names
        },
        hasDetailedDiff=True,
    )


def _logical_name(request: Any) -> str:
    return str(request.urn.split("::")[-1])


def _made_up(request: Any) -> str:
    seed: str = request.randomSeed.hex()[:7] or os.urandom(4).hex()[:7]
    return f"{_logical_name(request)}-{seed}"


def _guarded(context: Any, work: Callable[[], T]) -> T:
    """The work's result; what a user can act on becomes one line, a defect keeps its traceback."""
    try:
        return work()
    except (AwsError, ValueError, TimeoutError, ParamValidationError) as failed:
        _abort(context, str(failed))


def _abort(context: Any, text: str, code: grpc.StatusCode = grpc.StatusCode.UNKNOWN) -> NoReturn:
    context.abort(code, text)
    raise AssertionError("abort returned")


def _abort_half_made(context: Any, id: str, inputs: Properties, reason: str) -> NoReturn:
    """Tell the engine that the resource exists though making it failed, so that it is not lost."""
    known = {name: value for name, value in inputs.items() if not has_unknown(value)}
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=id, properties=struct(known), reasons=[reason], inputs=struct(known)
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason)
    status.details.append(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    _abort(context, reason)
