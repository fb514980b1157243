"""The Pulumi provider of the laptop: stands in for the AWS plugin, over the emulator.

The engine attaches to it (PULUMI_DEBUG_PROVIDERS=aws:<port>); the program is none the wiser.
"""

from __future__ import annotations

import sys

from local.errors import LaptopError
from local.parts import Part
from local.settings import REPO, Laptop

ANSWER_SECONDS = 2
SETTLE_SECONDS = 70


def part(laptop: Laptop) -> Part:
    """The provider's process."""
    return Part(
        name="provider",
        command=(sys.executable, "-m", "local.provider"),
        ports=("provider",),
        healthy=healthy,
        environment={
            "PYTHONPATH": str(REPO),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ENDPOINT_URL": laptop.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "ACME_PROVIDER_PORT": str(laptop.ports.provider),
        },
        start_seconds=30,
        stop_seconds=10,
    )


def settle(laptop: Laptop) -> None:
    """Wait for the changes that an engine which is gone had asked for. Raises LaptopError."""
    import grpc
    from google.protobuf import empty_pb2
    from pulumi.runtime.proto import provider_pb2_grpc

    try:
        with grpc.insecure_channel(f"127.0.0.1:{laptop.ports.provider}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Cancel(empty_pb2.Empty(), timeout=SETTLE_SECONDS)
    except grpc.RpcError as error:
        raise LaptopError(
            f"E_PROVIDER_BUSY: provider=127.0.0.1:{laptop.ports.provider} is still changing things "
            f"({error.details()}); fix: see {laptop.log('provider')}, then try again"
        ) from error


def healthy(laptop: Laptop) -> bool:
    """Whether the provider answers; at most some seconds, never raises."""
    import grpc
    from google.protobuf import empty_pb2
    from pulumi.runtime.proto import provider_pb2_grpc

    try:
        with grpc.insecure_channel(f"127.0.0.1:{laptop.ports.provider}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            return bool(stub.GetPluginInfo(empty_pb2.Empty(), timeout=ANSWER_SECONDS).version)
    except grpc.RpcError:
        return False
