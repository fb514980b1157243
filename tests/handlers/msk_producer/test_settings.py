"""Settings that cannot work are refused before the network is touched, all at once."""

from __future__ import annotations

import pytest

from handlers.msk_producer.settings import load

GOOD = {
    "BOOTSTRAP_BROKERS": "b-1.acme.a1.c2.kafka.eu-central-1.amazonaws.com:9098,127.0.0.1:9098",
    "TOPIC": "acme-telemetry",
    "TOPIC_PARTITIONS": "3",
    "AWS_REGION": "eu-central-1",
    "METRIC_NAMESPACE": "AcmeTelemetry",
}


def test_good_settings() -> None:
    settings = load(GOOD)
    assert settings.brokers[1] == "127.0.0.1:9098"
    assert settings.topic_partitions == 3


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "ap-southeast-2"])
def test_regions(region: str) -> None:
    assert load({**GOOD, "BOOTSTRAP_BROKERS": "a:1", "AWS_REGION": region}).region == region
