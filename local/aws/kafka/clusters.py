"""Clusters of the MSK API: made, described, listed, deleted, and where their broker listens.

One broker stands behind the API, so there is one cluster at a time.
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import Callable
from typing import Any

from local.aws.kafka import topics
from local.aws.kafka.api import ApiError, Info, cluster
from local.aws.seams import Request, Stock

SEAMS = {
    "ministack.services.msk:_tags": "AccountRegionScopedDict",
    "ministack.services.msk:_clusters": "AccountRegionScopedDict",
}

COMMON = (
    *("ClusterArn", "ClusterName", "CreationTime", "CurrentVersion", "State"),
    *("ActiveOperationArn", "StateInfo"),
)
PROVISIONED = (
    *("BrokerNodeGroupInfo", "ClientAuthentication", "CurrentBrokerSoftwareInfo"),
    *("EncryptionInfo", "EnhancedMonitoring", "LoggingInfo", "NumberOfBrokerNodes"),
    *("OpenMonitoring", "Rebalancing", "StorageMode"),
    *("ZookeeperConnectString", "ZookeeperConnectStringTls"),
)
SERVERLESS = ("VpcConfigs", "ClientAuthentication", "ConnectivityInfo")


def _lower(info: Info, names: tuple[str, ...]) -> Info:
    return {name[0].lower() + name[1:]: info[name] for name in names if info.get(name) is not None}


def _software(info: Info) -> Info:
    found: Info = info["CurrentBrokerSoftwareInfo"]
    return _lower(found, ("KafkaVersion", "ConfigurationArn", "ConfigurationRevision"))


def _described(info: Info, version: int) -> Info:
    """A cluster as DescribeCluster (1) or DescribeClusterV2 (2) writes it."""
    from ministack.services import msk

    shown = {**_lower(info, COMMON), "tags": dict(msk._tags.get(info["ClusterArn"], {}))}
    kind = info.get("ClusterType", "PROVISIONED")
    if kind == "SERVERLESS":
        return {**shown, "clusterType": kind, "serverless": _lower(info, SERVERLESS)}
    details = {**_lower(info, PROVISIONED), "currentBrokerSoftwareInfo": _software(info)}
    return (
        {**shown, **details}
        if version == 1
        else shown
        | {
            "clusterType": kind,
            "provisioned": details,
        }
    )


async def create(request: Request, stock: Stock) -> Any:
    """One broker stands behind the API, so a second cluster is refused. The ARN's UUID follows
    from the name: a cluster that is made again after a loss of state is the same one."""
    from ministack.services import msk

    wanted = request.document
    other = next(iter(msk._clusters.values()), None)
    if other is not None and other["ClusterName"] != wanted.get("clusterName"):
        raise ApiError(
            "BadRequestException",
            f"E_ONE_BROKER: the laptop has one broker, and {other['ClusterArn']} is its cluster; "
            "fix: set streamMode to existing and streamClusterArn to this ARN",
        )
    status, headers, body = await stock(request)
    if status != 200:
        return status, headers, body
    made = json.loads(body)
    info: Info = msk._clusters.pop(made["clusterArn"])
    tags = msk._tags.pop(made["clusterArn"], None)
    head = made["clusterArn"].rpartition("/")[0]
    suffix = "s1" if "serverless" in wanted else "1"
    arn = f"{head}/{uuid.uuid5(uuid.NAMESPACE_URL, head)}-{suffix}"
    info |= {"ClusterArn": arn, "StorageMode": wanted.get("storageMode", "LOCAL")}
    info |= {"Rebalancing": wanted.get("rebalancing"), "Updates": 0}
    msk._clusters[arn] = info
    if tags:
        msk._tags[arn] = tags
    return {"clusterArn": arn, "clusterName": info["ClusterName"], "state": info["State"]}


async def create_v2(request: Request, stock: Stock) -> Any:
    wanted = request.document
    kinds = [kind for kind in ("provisioned", "serverless") if wanted.get(kind)]
    if len(kinds) != 1:
        raise ApiError("BadRequestException", "give one of provisioned and serverless")
    flat: Info = {key: wanted[key] for key in ("clusterName", "tags") if key in wanted}
    flat |= wanted["provisioned"] if kinds == ["provisioned"] else {"serverless": True}
    first = Request("POST", "/v1/clusters", request.headers, json.dumps(flat).encode(), {})
    made = await create(first, stock)
    if isinstance(made, tuple):
        return made
    if kinds == ["serverless"]:
        info = cluster(made["clusterArn"])
        info["ClusterType"] = "SERVERLESS"
        for name in SERVERLESS:
            info[name] = wanted["serverless"].get(name[0].lower() + name[1:])
    return {**made, "clusterType": kinds[0].upper()}


async def describe(request: Request, stock: Stock, arn: str) -> Any:
    return {"clusterInfo": _described(cluster(arn), 1)}


async def describe_v2(request: Request, stock: Stock, arn: str) -> Any:
    return {"clusterInfo": _described(cluster(arn), 2)}


def lister(version: int) -> Callable[[Request, Stock], Any]:
    async def call(request: Request, stock: Stock) -> Any:
        from ministack.services import msk

        name, kind = request.first("clusterNameFilter"), request.first("clusterTypeFilter")
        found = [
            _described(info, version)
            for info in msk._clusters.values()
            if info["ClusterName"].startswith(name)
            and (not kind or info.get("ClusterType", "PROVISIONED") == kind)
            and (version == 2 or info.get("ClusterType") != "SERVERLESS")
        ]
        return {"clusterInfoList": found}

    return call


async def delete(request: Request, stock: Stock, arn: str) -> Any:
    info = cluster(arn)
    expected = request.first("currentVersion")
    if expected and expected != info["CurrentVersion"]:
        raise ApiError("BadRequestException", f"the current version is {info['CurrentVersion']}")
    try:
        await asyncio.to_thread(topics.wipe)
    except topics.WipeError as problem:
        raise ApiError(
            "BadRequestException",
            f"E_KAFKA_WIPE: the broker's topics cannot be deleted ({problem}); "
            "fix: `make status`, then repeat",
        ) from problem
    return await stock(request)


async def bootstrap(request: Request, stock: Stock, arn: str) -> Any:
    """Only what leads to the broker: IAM, and its private link where the cluster has one."""
    info = cluster(arn)
    address = f"127.0.0.1:{os.environ['ACME_KAFKA_PORT']}"
    strings = {"bootstrapBrokerStringSaslIam": address}
    link = (info["BrokerNodeGroupInfo"].get("connectivityInfo") or {}).get("vpcConnectivity") or {}
    sasl = (link.get("clientAuthentication") or {}).get("sasl") or {}
    if (sasl.get("iam") or {}).get("enabled"):
        strings["bootstrapBrokerStringVpcConnectivitySaslIam"] = address
    return strings
