"""The program under Pulumi's mocks: what it would make, recorded, with ids like AWS's."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks

from components import program, settings
from components.pipeline import Surroundings, TelemetryPipeline, TelemetryPipelineArgs

REPO = Path(__file__).resolve().parents[2]
ACCOUNT_ID = "111122223333"
REGION = "eu-central-1"
CLUSTER_UUID = "1234abcd-12ab-34cd-56ef-1234567890ab-1"
BROKERS = "b-1.acme.kafka.eu-central-1.amazonaws.com:9098"
STATEMENTS = {
    "views_by_title": "-- question: Which titles?\n"
    "select 1 from acme_telemetry.video_telemetry_json join acme_streaming_data.titles on true"
}


@dataclass(frozen=True)
class Made:
    """One resource as the program registered it; inputs are camelCase."""

    type: str
    name: str
    inputs: dict[str, Any]


class Monitor(mocks.MockMonitor):
    """The mock monitor, which keeps the requests too: their order, and what is protected."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording)
        self.requests: dict[str, Any] = {}
        self.doubles: list[str] = []

    def RegisterResource(self, request: Any) -> Any:
        """Answer as the mock monitor does."""
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if response.urn in self.requests:
            self.doubles.append(response.urn)
        self.requests[response.urn] = request
        return response


@dataclass
class Recording(mocks.Mocks):
    """Answers as the engine would, and keeps what was asked."""

    made: list[Made] = field(default_factory=list)
    invoked: list[str] = field(default_factory=list)
    requests: dict[str, Any] = field(default_factory=dict)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """An id and the outputs that other resources read."""
        self.made.append(Made(args.typ, args.name, dict(args.inputs)))
        physical = next(
            (args.inputs[key] for key in ("name", "bucket", "clusterName") if key in args.inputs),
            args.name,
        )
        return f"{args.name}-id", {**args.inputs, **_outputs(args.typ, args.name, str(physical))}

    def call(self, args: mocks.MockCallArgs) -> Any:
        """The account's answers."""
        self.invoked.append(args.token)
        return {
            "aws:index/getRegion:getRegion": {"region": REGION},
            "aws:index/getCallerIdentity:getCallerIdentity": {
                "accountId": ACCOUNT_ID,
                "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/deployer",
            },
            "aws:index/getAvailabilityZones:getAvailabilityZones": {
                "names": [f"{REGION}{letter}" for letter in "cbad"]
            },
            "aws:ec2/getSubnet:getSubnet": {
                "vpcId": "vpc-existing",
                "availabilityZone": f"zone-of-{args.args.get('id')}",
            },
            "aws:msk/getBootstrapBrokers:getBootstrapBrokers": {"bootstrapBrokersSaslIam": BROKERS},
            "aws:glue/getCatalogTable:getCatalogTable": {
                "storageDescriptors": [{"location": f"s3://streaming/{args.args.get('name')}"}]
            },
        }[args.token]

    def of(self, type_: str) -> list[Made]:
        """Every resource of a type, given as `s3/bucket`."""
        service, _, kind = type_.partition("/")
        token = f"aws:{service}/{kind}:{kind[0].upper()}{kind[1:]}"
        return [made for made in self.made if made.type == token]

    def one(self, type_: str, name: str | None = None) -> Made:
        """The only resource of a type, or the one of that logical name."""
        found = [made for made in self.of(type_) if name in (None, made.name)]
        assert len(found) == 1, f"{type_} {name}: {[made.name for made in found]}"
        return found[0]

    def request(self, name: str, type_: str) -> Any:
        """The registration of a resource: protect, retainOnDelete, dependencies and the like."""
        (found,) = (
            request
            for urn, request in self.requests.items()
            if urn.endswith(f"::{name}") and f"{type_}:" in request.type
        )
        return found

    def waits_for(self, name: str, type_: str) -> set[str]:
        """The logical names of what stands before a resource, directly or not."""
        seen: set[str] = set()
        pending = [*self.request(name, type_).dependencies]
        while pending:
            urn = pending.pop()
            if urn not in seen:
                seen.add(urn)
                pending += self.requests[urn].dependencies
        return {urn.split("::")[-1] for urn in seen}


@dataclass(frozen=True)
class Deployment:
    """What the program made and exported."""

    recording: Recording
    outputs: dict[str, Any]


def _outputs(type_: str, name: str, physical: str) -> dict[str, Any]:
    kind = type_.rsplit("/", maxsplit=1)[-1].rsplit(":", maxsplit=1)[-1]
    plain = f"{REGION}:{ACCOUNT_ID}"
    arns = {
        "Key": f"arn:aws:kms:{plain}:key/{name}",
        "Bucket": f"arn:aws:s3:::{physical}",
        "Role": f"arn:aws:iam::{ACCOUNT_ID}:role/{physical}",
        "Function": f"arn:aws:lambda:{plain}:function:{physical}",
        "Queue": f"arn:aws:sqs:{plain}:{physical}",
        "LogGroup": f"arn:aws:logs:{plain}:log-group:{physical}",
        "Cluster": f"arn:aws:kafka:{plain}:cluster/{physical}/{CLUSTER_UUID}",
        "ServerlessCluster": f"arn:aws:kafka:{plain}:cluster/{physical}/{CLUSTER_UUID}-s1",
    }
    return {
        "arn": arns.get(kind, f"arn:aws:other:{plain}:{kind}/{physical}"),
        "keyId": f"{name}-key-id",
        "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{physical}",
        "latestRevision": 1,
        "bootstrapBrokersSaslIam": BROKERS,
    }


def stack_file(stack: str) -> dict[str, str]:
    """The committed settings of a stack, as the engine hands them over."""
    config = yaml.safe_load((REPO / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()
    }


def record(body: Callable[[], Mapping[str, Any]], preview: bool = False) -> Deployment:
    """Run a program and wait for all it registers. Two resources of one URN are an error."""
    recording = Recording()
    # pulumi.runtime keeps its state per context and its tasks per loop: each run has its own.
    asyncio.set_event_loop(asyncio.new_event_loop())
    monitor = Monitor(recording)
    recording.requests = monitor.requests
    mocks.set_mocks(
        recording, project="acme-telemetry", stack="test", preview=preview, monitor=monitor
    )
    resolved: dict[str, Any] = {}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> pulumi.Output[Any]:
        outputs = pulumi.Output.from_input(dict(body()))
        return outputs.apply(resolved.update)

    run()
    assert not monitor.doubles, f"one name for two resources: {monitor.doubles}"
    return Deployment(recording, resolved)


def pipeline(stack: str = "dev", **changes: object) -> Deployment:
    """As `build`, made once for the same settings."""
    return _built(stack, json.dumps(changes))


@functools.cache
def _built(stack: str, changes: str) -> Deployment:
    return build(stack, **json.loads(changes))


def build(stack: str = "dev", **changes: object) -> Deployment:
    """The pipeline of a committed stack file, with changed settings, code archives left out."""
    given = stack_file(stack) | {
        f"acme-telemetry:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in changes.items()
    }

    def body() -> dict[str, Any]:
        chosen = settings.read(given, stack=stack)
        found: Surroundings = program.look_up(chosen)
        args = TelemetryPipelineArgs(
            settings=chosen,
            surroundings=found,
            archives=lambda package: pulumi.AssetArchive({package: pulumi.StringAsset("code")}),
            sample=lambda: {
                "titles": REPO / "Pulumi.yaml",
                "customers": REPO / "Pulumi.yaml",
            },
            statements=STATEMENTS,
        )
        return TelemetryPipeline("pipeline", args).outputs

    return record(body)
