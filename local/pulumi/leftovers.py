"""What a deployment that was killed had made and not yet written down: found by name and removed.

The engine notes each creation before it begins; after a kill nobody knows whether it happened. On
AWS one would look and import; on the laptop the thing is deleted, and the next `up` makes it anew.
Things without a name of their own (a key, a subnet) collide with nothing and are left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local.provider.cloud import AwsError, Cloud
from local.provider.cloud import settings as provider_settings
from local.provider.resource import ApiResource, Resource
from local.provider.resources import RESOURCES
from local.pulumi.workspace import STACK, backend
from local.settings import ACCOUNT_ID, REGION, ROOT_KEY, Laptop

LAPTOP = {
    "region": REGION,
    "accessKey": ROOT_KEY,
    "secretKey": ROOT_KEY,
    "allowedAccountIds": [ACCOUNT_ID],
}
Named = Mapping[str, Any]


def pending_creations(laptop: Laptop, project: str) -> list[dict[str, Any]]:
    """The resources whose creation was begun and never recorded."""
    file = backend(laptop) / ".pulumi" / "stacks" / project / f"{STACK}.json"
    latest = json.loads(file.read_text(encoding="utf-8"))["checkpoint"]["latest"]
    return [
        operation["resource"]
        for operation in latest.get("pending_operations", [])
        if operation["type"] == "creating" and operation["resource"].get("custom")
    ]


def remove(laptop: Laptop, project: str) -> list[str]:
    """Delete the leftovers, the newest first; returns their types and names."""
    begun = pending_creations(laptop, project)
    known = [(RESOURCES[one["type"]], one) for one in reversed(begun) if one["type"] in RESOURCES]
    if not known:
        return []
    cloud = Cloud(provider_settings(LAPTOP), laptop.endpoint)
    removed = []
    for resource, one in known:
        inputs: dict[str, Any] = one.get("inputs", {})
        for identity in _identities(resource, cloud, inputs):
            if _delete(resource, cloud, identity, inputs):
                removed.append(f"{one['type']} {one['urn'].split('::')[-1]}")
    return removed


def _delete(resource: Resource, cloud: Cloud, identity: str, inputs: dict[str, Any]) -> bool:
    try:
        live = resource.read(cloud, identity, inputs)
        if live is None:
            return False
        resource.delete(cloud, identity, {**inputs, **live})
    except AwsError as refused:
        if refused.gone:
            return False
        raise
    return True


def _identities(resource: Resource, cloud: Cloud, inputs: Named) -> Iterator[str]:
    """The ids that the resource has if it exists; none for what has no name of its own."""
    if resource.token in _FINDERS:
        yield from _FINDERS[resource.token](cloud, inputs)
    elif isinstance(resource, ApiResource):
        if not resource.made:
            yield resource.id_form.format_map(inputs)
    elif resource.name:
        yield str(inputs[resource.name])


def _clusters(cloud: Cloud, inputs: Named) -> Iterator[str]:
    for cluster in cloud.pages("kafka", "list_clusters_v2", "ClusterInfoList"):
        if cluster["ClusterName"] == inputs["clusterName"]:
            yield cluster["ClusterArn"]


def _configurations(cloud: Cloud, inputs: Named) -> Iterator[str]:
    for configuration in cloud.pages("kafka", "list_configurations", "Configurations"):
        if configuration["Name"] == inputs["name"]:
            yield configuration["Arn"]


def _security_groups(cloud: Cloud, inputs: Named) -> Iterator[str]:
    named = [{"Name": "group-name", "Values": [inputs["name"]]}]
    for group in cloud.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=named):
        if group.get("VpcId") == inputs.get("vpcId"):
            yield group["GroupId"]


def _queues(cloud: Cloud, inputs: Named) -> Iterator[str]:
    name = inputs["name"]
    for url in cloud.pages("sqs", "list_queues", "QueueUrls", QueueNamePrefix=name):
        if url.rpartition("/")[2] == name:
            yield url


# The types whose ids the API makes up although their names collide.
_FINDERS: dict[str, Callable[[Cloud, Named], Iterator[str]]] = {
    "aws:ec2/securityGroup:SecurityGroup": _security_groups,
    "aws:msk/cluster:Cluster": _clusters,
    "aws:msk/configuration:Configuration": _configurations,
    "aws:msk/serverlessCluster:ServerlessCluster": _clusters,
    "aws:sqs/queue:Queue": _queues,
}
