"""The producer's settings. Nothing is asked of AWS at run time: its subnets have no way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.runtime import settings
from handlers.runtime.errors import PipelineError

# RFC 1123: labels of 1 to 63 characters, 253 in all; looking up anything else is an error of ours.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?=[A-Za-z0-9.-]{{1,253}}:){_LABEL}(?:\.{_LABEL})*"
_PORT = r"(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])"
_BROKER = f"{_HOST}:{_PORT}"
_REGION_OF_HOST = re.compile(
    r"\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?:", re.IGNORECASE
)


@dataclass(frozen=True)
class Settings:
    """What the stack tells the producer; `region` is Lambda's own variable."""

    bootstrap_brokers: str = settings.text(
        "BOOTSTRAP_BROKERS",
        f"{_BROKER}(?:,{_BROKER})*",
        "host:port[,host:port] without spaces",
        "b-1.acme.kafka.eu-central-1.amazonaws.com:9098",
    )
    topic: str = settings.text(
        "TOPIC",
        r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}",
        "a Kafka topic's name (letters, digits, . _ -)",
        "acme-telemetry",
    )
    topic_partitions: int = settings.whole_number("TOPIC_PARTITIONS", 1, 1000, "partitions", "3")
    region: str = settings.text(
        "AWS_REGION", r"[a-z]{2}(?:-[a-z]+){1,2}-\d", "an AWS region", "eu-central-1"
    )
    metric_namespace: str = settings.metric_namespace()

    @property
    def brokers(self) -> list[str]:
        """Each host:port."""
        return self.bootstrap_brokers.split(",")


def load(environ: Mapping[str, str]) -> Settings:
    """The settings, checked as far as that goes without the network.

    Raises PipelineError: E_CFG_ENVIRONMENT for every variable that is missing or malformed,
    E_CFG_REGION when the brokers are of another region (their tokens would all be denied).
    """
    found = settings.load(Settings, environ)
    for region in map(str.lower, _REGION_OF_HOST.findall(found.bootstrap_brokers)):
        if region != found.region:
            raise PipelineError(
                "E_CFG_REGION",
                "not the brokers' region",
                field="AWS_REGION",
                value=found.region,
                expected=region,
                fix="deploy the function in the cluster's region",
            )
    return found
