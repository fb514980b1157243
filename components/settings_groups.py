"""The frozen shape of a stack's settings, grouped by the stage that uses them. Reads nothing."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass


def host_runtime() -> str:
    """The runtime that matches the running Python."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def host_architecture() -> str:
    """The running processor as Lambda calls it."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


@dataclass(frozen=True, kw_only=True)
class Retention:
    """Days that data is kept; `retain_data` protects it from `pulumi destroy`."""

    raw_days: int
    curated_days: int
    results_days: int
    log_days: int
    quarantine_days: int
    retain_data: bool


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Where titles and customers come from and how long their cache lives."""

    mode: str
    database: str
    data_locations: tuple[str, ...]
    kms_key_arn: str
    cache_ttl_minutes: int


@dataclass(frozen=True, kw_only=True)
class Generator:
    """When and how events are made."""

    schedule: str
    enabled: bool
    profile: str
    seed: int


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Which MSK cluster the stack has or uses."""

    mode: str
    cluster_arn: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    broker_type: str
    brokers: int
    volume_gib: int
    partitions: int
    retention_hours: int


@dataclass(frozen=True, kw_only=True)
class Network:
    """What else the network of the stack's own cluster has."""

    endpoints: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """When Firehose closes an object."""

    buffer_mb: int
    buffer_seconds: int


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """How a new hour becomes visible."""

    partitions: str
    crawler_schedule: str


@dataclass(frozen=True, kw_only=True)
class Query:
    """What a query may cost."""

    bytes_cutoff_mb: int


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """Who hears of trouble."""

    email: str
    enabled: bool


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Whether this stack makes a CloudTrail trail."""

    trail: str


@dataclass(frozen=True, kw_only=True)
class Quicksight:
    """Whether QuickSight resources are made, and for whom."""

    enabled: bool
    principal: str


@dataclass(frozen=True, kw_only=True)
class Function:
    """The Python and processor of every function; `host` is what runs the program."""

    runtime: str
    architecture: str

    @property
    def aws_runtime(self) -> str:
        """The runtime as Lambda calls it."""
        return host_runtime() if self.runtime == "host" else self.runtime

    @property
    def aws_architecture(self) -> str:
        """The processor as Lambda calls it."""
        return host_architecture() if self.architecture == "host" else self.architecture


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one stack, grouped by the stage that uses them."""

    prefix: str
    environment: str
    retention: Retention
    reference: Reference
    generator: Generator
    stream: Stream
    network: Network
    delivery: Delivery
    catalog: Catalog
    query: Query
    alarms: Alarms
    audit: Audit
    quicksight: Quicksight
    function: Function
