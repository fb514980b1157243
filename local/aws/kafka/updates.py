"""Changes of a cluster: recorded and described at once; the laptop's broker stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.aws.kafka.api import ApiError, Info, cluster
from local.aws.seams import Request, Stock

Change = Callable[[Info, Info], None]


def _broker_count(info: Info, wanted: Info) -> None:
    info["NumberOfBrokerNodes"] = wanted["targetNumberOfBrokerNodes"]


def _broker_type(info: Info, wanted: Info) -> None:
    info["BrokerNodeGroupInfo"]["instanceType"] = wanted["targetInstanceType"]


def _broker_storage(info: Info, wanted: Info) -> None:
    volume = wanted["targetBrokerEBSVolumeInfo"][0]
    storage = {"volumeSize": volume["volumeSizeGB"]}
    if "provisionedThroughput" in volume:
        storage["provisionedThroughput"] = volume["provisionedThroughput"]
    info["BrokerNodeGroupInfo"]["storageInfo"] = {"ebsStorageInfo": storage}


def _configuration(info: Info, wanted: Info) -> None:
    chosen = wanted["configurationInfo"]
    info["CurrentBrokerSoftwareInfo"] |= {
        "ConfigurationArn": chosen["arn"],
        "ConfigurationRevision": chosen["revision"],
    }


def _kafka_version(info: Info, wanted: Info) -> None:
    info["CurrentBrokerSoftwareInfo"]["KafkaVersion"] = wanted["targetKafkaVersion"]
    if "configurationInfo" in wanted:
        _configuration(info, wanted)


def _connectivity(info: Info, wanted: Info) -> None:
    known = info["BrokerNodeGroupInfo"].get("connectivityInfo") or {}
    info["BrokerNodeGroupInfo"]["connectivityInfo"] = known | wanted["connectivityInfo"]


def _fields(*names: str) -> Change:
    def change(info: Info, wanted: Info) -> None:
        info.update({name[0].upper() + name[1:]: wanted[name] for name in names if name in wanted})

    return change


CHANGES: dict[str, tuple[str, Change]] = {
    "nodes/count": ("INCREASE_BROKER_COUNT", _broker_count),
    "nodes/type": ("UPDATE_BROKER_TYPE", _broker_type),
    "nodes/storage": ("UPDATE_BROKER_STORAGE", _broker_storage),
    "configuration": ("UPDATE_CLUSTER_CONFIGURATION", _configuration),
    "version": ("UPDATE_CLUSTER_KAFKA_VERSION", _kafka_version),
    "connectivity": ("UPDATE_CONNECTIVITY", _connectivity),
    "monitoring": (
        "UPDATE_MONITORING",
        _fields("enhancedMonitoring", "openMonitoring", "loggingInfo"),
    ),
    "security": ("UPDATE_SECURITY", _fields("clientAuthentication", "encryptionInfo")),
    "storage": ("UPDATE_STORAGE", _fields("storageMode")),
    "rebalancing": ("UPDATE_REBALANCING", _fields("rebalancing")),
}


async def update(request: Request, stock: Stock, arn: str, what: str) -> Any:
    """Any Update… call of a cluster; refused unless it names the current version, as AWS does."""
    info, wanted = cluster(arn), request.document
    if wanted.get("currentVersion") != info["CurrentVersion"]:
        raise ApiError(
            "BadRequestException",
            f"currentVersion={str(wanted.get('currentVersion'))[:80]} is not the current version "
            f"of the cluster, {info['CurrentVersion']}",
        )
    kind, change = CHANGES[what]
    try:
        change(info, wanted)
    except (KeyError, IndexError) as missing:
        raise ApiError("BadRequestException", f"{missing} is required") from missing
    operations = info.setdefault("Operations", [])
    operations.append(kind)
    info["CurrentVersion"] = f"K{len(operations) + 1}"
    operation = f"{arn.replace(':cluster/', ':cluster-operation/', 1)}/{len(operations)}"
    return {"clusterArn": arn, "clusterOperationArn": operation}


async def describe_operation(request: Request, stock: Stock, version: str, arn: str) -> Any:
    """DescribeClusterOperation (v1) and its v2: every recorded operation is complete."""
    owner, _, number = arn.rpartition("/")
    info = cluster(owner.replace(":cluster-operation/", ":cluster/", 1))
    operations = info.get("Operations", [])
    if not number.isdecimal() or not 0 < int(number) <= len(operations):
        raise ApiError("NotFoundException", f"Cluster operation {arn} not found.", 404)
    return {
        "clusterOperationInfo": {
            "clusterArn": info["ClusterArn"],
            "operationArn": arn,
            "operationState": "UPDATE_COMPLETE",
            "operationType": operations[int(number) - 1],
        }
    }
