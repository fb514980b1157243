"""Settings that cannot work are refused before the network is touched, all at once."""

from __future__ import annotations

import pytest

from handlers.msk_producer.settings import load
from handlers.runtime.errors import PipelineError

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


@pytest.mark.parametrize(
    "host",
    [
        "a",
        "127.0.0.1",
        "10.0.0.255",
        "localhost",
        "xn--bcher-kva.example",
        "l" * 63 + ".b",
        ".".join(["n" * 62] * 4),
        ".".join(["n" * 63] * 3 + ["n" * 61]),
    ],
)
def test_hosts_that_have_a_name(host: str) -> None:
    assert load({**GOOD, "BOOTSTRAP_BROKERS": f"{host}:9098,{host}:1"}).brokers[0] == f"{host}:9098"


@pytest.mark.parametrize(
    "host",
    [
        "b-1.acme.a1.c2.kafka.us-east-1.amazonaws.com",
        "boot-a1.c1.kafka-serverless.us-east-1.amazonaws.com",
        "b-1.acme.a1.c2.kafka.cn-north-1.amazonaws.com.cn",
        "B-1.ACME.A1.C2.KAFKA.US-EAST-1.AMAZONAWS.COM",
    ],
)
def test_brokers_of_another_region_are_refused(host: str) -> None:
    with pytest.raises(PipelineError, match="E_CFG_REGION") as refused:
        load({**GOOD, "BOOTSTRAP_BROKERS": f"{host}:9098"})
    assert refused.value.expected in ("us-east-1", "cn-north-1")


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("b-1.acme.a1.c2.kafka.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("B-1.ACME.A1.C2.KAFKA.EU-CENTRAL-1.AMAZONAWS.COM", "eu-central-1"),
    ],
)
def test_brokers_of_the_same_region_are_taken(host: str, region: str) -> None:
    given = {**GOOD, "BOOTSTRAP_BROKERS": f"{host}:9098", "AWS_REGION": region}
    assert load(given).region == region


def test_a_host_of_more_than_253_characters_is_refused() -> None:
    host = ".".join(["n" * 63] * 3 + ["n" * 62])
    with pytest.raises(PipelineError, match="E_CFG_ENVIRONMENT: BOOTSTRAP_BROKERS="):
        load({**GOOD, "BOOTSTRAP_BROKERS": f"{host}:9098"})
