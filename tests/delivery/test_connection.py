"""A broker that is tried all night costs no threads."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.errors import KafkaTimeoutError

from local.delivery.connection import connected
from local.ports import free_ports


@pytest.mark.parametrize("client", [KafkaAdminClient, KafkaConsumer])
def test_a_client_that_cannot_connect_leaves_nothing(client: Any) -> None:
    nobody = f"127.0.0.1:{free_ports().kafka_internal}"
    before = set(threading.enumerate())
    for _ in range(2):
        with pytest.raises(KafkaTimeoutError):
            connected(client, bootstrap_servers=nobody, bootstrap_timeout_ms=300)
    assert set(threading.enumerate()) == before
