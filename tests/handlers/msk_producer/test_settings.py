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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("BOOTSTRAP_BROKERS", bad)
            for bad in (
                *("", "host", "host:", ":9098", "host:0", "host:99999", "host:65536", "host:x"),
                *("http://host:9098", "host:9098,", "host:9098, other:9098", "host:9098\n"),
                *("host:9098;other:9098", "-host:9098", "ho st:9098"),
            )
        ),
        *(("TOPIC", bad) for bad in ("", ".", "..", "bad topic!", "a/b", "x" * 250, "ü", "a\n")),
        *(("TOPIC_PARTITIONS", bad) for bad in ("", "0", "-1", "1.5", "1001", "three")),
        *(("AWS_REGION", bad) for bad in ("", "EU West", "eu-central", "None", "eu-central-1 ")),
    ],
)
def test_a_malformed_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(PipelineError) as refused:
        load({**GOOD, name: value})
    assert (refused.value.code, refused.value.field) == ("E_CFG_ENVIRONMENT", name)


def test_every_missing_setting_is_named() -> None:
    with pytest.raises(PipelineError) as refused:
        load({})
    assert {problem.field for problem in refused.value.problems} == set(GOOD)


@pytest.mark.parametrize("service", ["kafka", "kafka-serverless"])
def test_brokers_of_another_region_are_refused(service: str) -> None:
    broker = f"boot-a1.c1.{service}.us-east-1.amazonaws.com:9098"
    with pytest.raises(PipelineError, match="us-east-1") as refused:
        load({**GOOD, "BOOTSTRAP_BROKERS": broker})
    assert refused.value.code == "E_CFG_REGION"


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "ap-southeast-2"])
def test_regions(region: str) -> None:
    assert load({**GOOD, "BOOTSTRAP_BROKERS": "a:1", "AWS_REGION": region}).region == region
