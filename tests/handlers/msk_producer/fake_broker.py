"""A broker of a few lines, in this process: one topic, any token, acknowledges what it is sent."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import Any

from kafka.protocol.metadata import ApiVersionsResponse, MetadataResponse
from kafka.protocol.producer import InitProducerIdResponse, ProduceRequest, ProduceResponse
from kafka.protocol.sasl import SaslAuthenticateResponse, SaslHandshakeResponse

TOPIC = "acme-telemetry"
PARTITIONS = 3
PRODUCE, FETCH, METADATA, HANDSHAKE, VERSIONS, INIT_PRODUCER, AUTHENTICATE = 0, 1, 3, 17, 18, 22, 36
# By what it answers it is one of 2.1, the first that takes zstd.
LATEST = {
    VERSIONS: 0,
    METADATA: 4,
    HANDSHAKE: 1,
    AUTHENTICATE: 1,
    PRODUCE: 7,
    FETCH: 10,
    INIT_PRODUCER: 1,
}


class Broker:
    """Speaks without TLS on a port of its own; its sessions last `session_ms` (0: for ever).

    From its third handshake on, which renews a session, it takes `renewal_seconds` to answer one.
    """

    def __init__(self, session_ms: int = 0, renewal_seconds: float = 0.0) -> None:
        self.session_ms = session_ms
        self.renewal_seconds = renewal_seconds
        self.handshakes = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as asked, contextlib.suppress(OSError, struct.error):
            while True:
                (length,) = struct.unpack(">i", asked.read(4))
                request = asked.read(length)
                key, version, correlation = struct.unpack(">hhi", request[:8])
                response = self._answer(key, version, request)
                response.with_header(correlation_id=correlation)
                client.sendall(response.encode(framed=True, header=True))

    def _answer(self, key: int, version: int, request: bytes) -> Any:
        if key == VERSIONS:
            one = ApiVersionsResponse.ApiVersion
            keys = [one(api_key=k, min_version=0, max_version=most) for k, most in LATEST.items()]
            unsupported = 0 if version == 0 else 35
            return ApiVersionsResponse(version=0, error_code=unsupported, api_keys=keys)
        if key == METADATA:
            return self._metadata(version)
        if key == HANDSHAKE:
            self.handshakes += 1
            time.sleep(self.renewal_seconds if self.handshakes >= 3 else 0)
            return SaslHandshakeResponse(version=version, error_code=0, mechanisms=["OAUTHBEARER"])
        if key == AUTHENTICATE:
            return SaslAuthenticateResponse(
                version=version,
                error_code=0,
                error_message=None,
                auth_bytes=b"",
                session_lifetime_ms=self.session_ms,
            )
        if key == INIT_PRODUCER:
            return InitProducerIdResponse(
                version=version, throttle_time_ms=0, error_code=0, producer_id=7, producer_epoch=0
            )
        return _acknowledged(ProduceRequest.decode(request, version=version, header=True), version)

    def _metadata(self, version: int) -> Any:
        host, _, port = self.address.rpartition(":")
        topic = MetadataResponse.MetadataResponseTopic
        partition = topic.MetadataResponsePartition
        partitions = [
            partition(
                error_code=0, partition_index=n, leader_id=1, replica_nodes=[1], isr_nodes=[1]
            )
            for n in range(PARTITIONS)
        ]
        return MetadataResponse(
            version=version,
            throttle_time_ms=0,
            brokers=[MetadataResponse.MetadataResponseBroker(1, host, int(port), None)],
            cluster_id="fake",
            controller_id=1,
            topics=[topic(error_code=0, name=TOPIC, is_internal=False, partitions=partitions)],
        )


def _acknowledged(request: Any, version: int) -> Any:
    """Every batch of the request, written at an offset that nobody looks at."""
    topic = ProduceResponse.TopicProduceResponse
    partition = topic.PartitionProduceResponse
    topics = [
        topic(
            name=asked.name,
            partition_responses=[
                partition(
                    index=one.index,
                    error_code=0,
                    base_offset=0,
                    log_append_time_ms=-1,
                    log_start_offset=0,
                )
                for one in asked.partition_data
            ],
        )
        for asked in request.topic_data
    ]
    return ProduceResponse(version=version, throttle_time_ms=0, responses=topics)
