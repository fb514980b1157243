"""The provider's process: `python -m local.provider`, until SIGTERM.

Environment: AWS_ENDPOINT_URL (the emulator, on this machine) and ACME_PROVIDER_PORT.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from local import ending
from local.provider.cloud import ProviderSettingsError, require_loopback
from local.provider.inflight import InFlight
from local.provider.invokes import INVOKES
from local.provider.resources import RESOURCES
from local.provider.service import Provider

MESSAGE_BYTES = 400 * 2**20  # the engine's own limit
THREADS = 64
DRAIN_SECONDS = 5


def serve(endpoint: str, port: int) -> tuple[grpc.Server, int]:
    """Start serving on 127.0.0.1; returns the server and its port (0 lets the system choose)."""
    changes = InFlight()
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=THREADS),
        interceptors=[changes],
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),
        ],
    )
    provider = Provider(RESOURCES, INVOKES, endpoint, changes)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def main() -> int:
    """Serve until told to stop."""
    stop = threading.Event()
    ending.when_told(stop.set)
    missing = [
        name for name in ("AWS_ENDPOINT_URL", "ACME_PROVIDER_PORT") if not os.environ.get(name)
    ]
    try:
        if missing:
            raise ProviderSettingsError(
                f"E_PROVIDER_ENVIRONMENT: {', '.join(missing)} is missing; "
                "fix: start the provider with `make up`"
            )
        require_loopback(os.environ["AWS_ENDPOINT_URL"])
        server, port = serve(os.environ["AWS_ENDPOINT_URL"], int(os.environ["ACME_PROVIDER_PORT"]))
    except (ProviderSettingsError, RuntimeError) as refused:
        print(refused, file=sys.stderr)
        return 2
    print(f"provider: listening on 127.0.0.1:{port}", flush=True)
    stop.wait()
    server.stop(DRAIN_SECONDS).wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
