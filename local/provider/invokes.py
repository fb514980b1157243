"""The look-ups (`aws.get_…`) that the laptop's provider answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from local.provider import shapes
from local.provider.cloud import Cloud
from local.provider.resources.msk import ADDRESSES
from local.provider.values import Properties


def caller_identity(cloud: Cloud, arguments: Properties) -> Properties:
    """Who the keys are."""
    who = cloud.call("sts", "get_caller_identity")
    return {
        "accountId": who["Account"],
        "arn": who["Arn"],
        "userId": who["UserId"],
        "id": who["Account"],
    }


def region(cloud: Cloud, arguments: Properties) -> Properties:
    """The provider's region."""
    name = arguments.get("region") or cloud.region
    endpoint = f"ec2.{name}.amazonaws.com"
    return {"id": name, "name": name, "region": name, "description": name, "endpoint": endpoint}


def partition(cloud: Cloud, arguments: Properties) -> Properties:
    """The partition that every ARN of the laptop is in."""
    return {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    }


def availability_zones(cloud: Cloud, arguments: Properties) -> Properties:
    """The zones of the region, in order of their names."""
    filters = [
        {"Name": item["name"], "Values": item["values"]} for item in arguments.get("filters") or []
    ]
    found = cloud.call("ec2", "describe_availability_zones", Filters=filters)["AvailabilityZones"]
    state, excluded = arguments.get("state"), set(arguments.get("excludeZoneIds") or ())
    zones = sorted(
        (
            zone
            for zone in found
            if state in (None, zone["State"]) and zone["ZoneId"] not in excluded
        ),
        key=lambda zone: zone["ZoneName"],
    )
    return {
        **arguments,
        "id": cloud.region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": sorted({zone.get("GroupName", cloud.region) for zone in zones}),
    }


def bootstrap_brokers(cloud: Cloud, arguments: Properties) -> Properties:
    """The addresses of a cluster's brokers."""
    arn = arguments["clusterArn"]
    reply = cloud.call("kafka", "get_bootstrap_brokers", ClusterArn=arn)
    addresses = {name: reply.get(member, "") for name, member in ADDRESSES.items()}
    return {**addresses, "clusterArn": arn, "id": arn}


def cluster(cloud: Cloud, arguments: Properties) -> Properties:
    """A cluster by its name."""
    name = arguments["clusterName"]
    found = cloud.call("kafka", "list_clusters", ClusterNameFilter=name)["ClusterInfoList"]
    named = [item for item in found if item["ClusterName"] == name]
    if not named:
        raise ValueError(f"clusterName={name[:80]} is no cluster of this account and region")
    arn = named[0]["ClusterArn"]
    return {
        **bootstrap_brokers(cloud, {"clusterArn": arn}),
        "arn": arn,
        "id": arn,
        "clusterName": name,
        "clusterUuid": arn.rpartition("/")[2],
        "kafkaVersion": shapes.dig(named[0], "CurrentBrokerSoftwareInfo.KafkaVersion"),
        "numberOfBrokerNodes": named[0]["NumberOfBrokerNodes"],
    }


def subnet(cloud: Cloud, arguments: Properties) -> Properties:
    """A subnet by its id."""
    id = arguments["id"]
    found = cloud.call("ec2", "describe_subnets", SubnetIds=[id])["Subnets"][0]
    return {
        "id": id,
        "vpcId": found["VpcId"],
        "cidrBlock": found["CidrBlock"],
        "availabilityZone": found["AvailabilityZone"],
        "arn": cloud.arn("ec2", f"subnet/{id}"),
    }


def catalog_table(cloud: Cloud, arguments: Properties) -> Properties:
    """A table of the catalogue: where and in which form its data lies."""
    database, name = arguments["databaseName"], arguments["name"]
    found = cloud.call("glue", "get_table", DatabaseName=database, Name=name)["Table"]
    storage = shapes.camel(found.get("StorageDescriptor") or {})
    return {
        "id": f"{cloud.account}:{database}:{name}",
        "arn": cloud.arn("glue", f"table/{database}/{name}"),
        "catalogId": cloud.account,
        "databaseName": database,
        "name": name,
        "description": found.get("Description", ""),
        "tableType": found.get("TableType", ""),
        "parameters": found.get("Parameters") or {},
        "partitionKeys": shapes.camel(found.get("PartitionKeys") or []),
        "storageDescriptors": [storage],
    }


INVOKES: Mapping[str, Callable[[Cloud, Properties], Properties]] = MappingProxyType(
    {
        "aws:index/getCallerIdentity:getCallerIdentity": caller_identity,
        "aws:index/getRegion:getRegion": region,
        "aws:index/getPartition:getPartition": partition,
        "aws:index/getAvailabilityZones:getAvailabilityZones": availability_zones,
        "aws:msk/getBootstrapBrokers:getBootstrapBrokers": bootstrap_brokers,
        "aws:msk/getCluster:getCluster": cluster,
        "aws:ec2/getSubnet:getSubnet": subnet,
        "aws:glue/getCatalogTable:getCatalogTable": catalog_table,
    }
)
