"""Many containers whose broker goes away: how often they knock, and that all come back.

A few here; ACME_TEST_STORM=50 makes it fifty.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kafka.cluster import ClusterMetadata

from handlers.contract.records import Record
from handlers.msk_producer.connection import Connection
from handlers.msk_producer.settings import load
from tests.faults.network import Line, Mode
from tests.kafka.conftest import Stream
from tests.kafka.test_producer import call, producer

__all__ = ["producer"]

pytestmark = pytest.mark.stack

CONTAINERS = int(os.environ.get("ACME_TEST_STORM", "4"))
FEW = 4  # start at once: all of them share the processor with this test
QUIET_DOWN_SECONDS = 4.0  # until every client waits as long as it ever does
MEASURED_SECONDS = 6.0
RECOVERY_SECONDS = 60.0
# New connections by IAM that a broker takes in a second (t3 types take 4).
# https://docs.aws.amazon.com/msk/latest/developerguide/limits.html
MOST_A_SECOND = 100
STORM = 50  # containers that must stay below that together


@pytest.fixture
def line(producer: Stream, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The way to the broker, which every client is told to take."""
    update = ClusterMetadata.update_metadata
    with Line(producer.laptop.ports.kafka) as line:

        def led(self: ClusterMetadata, metadata: Any) -> Any:
            for broker in metadata.brokers:
                broker.port = line.port
            return update(self, metadata)

        monkeypatch.setattr(ClusterMetadata, "update_metadata", led)
        yield line


def test_a_storm_of_containers_stays_below_the_broker_s_limit(producer: Stream, line: Line) -> None:
    call({"ensure_topic": True})
    settings = dataclasses.replace(load(os.environ), bootstrap_brokers=f"127.0.0.1:{line.port}")
    links = [Connection(settings) for _ in range(CONTAINERS)]

    def acked(link: Connection) -> int:
        return link.send([Record(0, b"key", b"{}")], time.monotonic() + RECOVERY_SECONDS).acked

    try:
        with ThreadPoolExecutor(FEW) as few, ThreadPoolExecutor(CONTAINERS) as pool:
            assert sum(few.map(acked, links)) == CONTAINERS
            line.turn(Mode.RESET)
            calls = [pool.submit(acked, link) for link in links]  # or nobody knocks
            time.sleep(QUIET_DOWN_SECONDS)
            before = line.connections
            time.sleep(MEASURED_SECONDS)
            knocks = (line.connections - before) / MEASURED_SECONDS
            line.turn(Mode.PASS)
            left = [link for link, done in zip(links, calls, strict=True) if not done.result()]
            assert sum(few.map(acked, left)) == len(left)
        assert 0.1 < knocks / CONTAINERS < MOST_A_SECOND / STORM
    finally:
        for link in links:
            link.discard()
