"""EC2: the network. Nothing on the laptop routes by it; the emulator keeps what AWS would keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from local.provider import shapes
from local.provider.cloud import Cloud
from local.provider.resource import ApiResource, Calls, table
from local.provider.tags import Tagging, Tags
from local.provider.values import Properties


class NetworkTagging(Tagging):
    """EC2 finds tags by a filter."""

    def live(self, cloud: Cloud, state: Mapping[str, Any]) -> Tags:
        only = [{"Name": "resource-id", "Values": [state["id"]]}]
        found = cloud.pages("ec2", "describe_tags", "Tags", Filters=only)
        return {tag["Key"]: tag["Value"] for tag in found if not tag["Key"].startswith("aws:")}


TAGGING = NetworkTagging(
    "ec2",
    put="create_tags",
    remove="delete_tags",
    by="id",
    target="Resources",
    keys="Tags",
    many_targets=True,
    keys_as_pairs=True,
)


class NetworkResource(ApiResource):
    """A thing with an id of EC2's own, described by a list of ids.

    `listed` is the reply's member and `kind` the word in its ARN; `switches` are inputs set by one
    `modify` call each.
    """

    id_form = "{id}"
    listed: ClassVar[str]
    kind: ClassVar[str]
    switches: ClassVar[Mapping[str, str]] = {}
    modify: ClassVar[str] = ""
    tagging = TAGGING

    def complete(self, cloud: Cloud, id: str, new: Properties) -> None:
        self._switch(cloud, id, new, [name for name in self.switches if name in new])

    def show(self, cloud: Cloud, id: str) -> Any:
        parameter = next(iter(self.key)) + "s"
        found = cloud.call("ec2", self.calls.read, **{parameter: [id]}).get(self.listed) or []
        return found[0] if found else None

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        state = super().read(cloud, id, known)
        if state is None:
            return None
        state["arn"] = cloud.arn("ec2", f"{self.kind}/{id}")
        state["ownerId"] = cloud.account
        return state

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        names = set(changed)
        self._switch(cloud, id, new, sorted(names & set(self.switches)))
        super().update(cloud, id, old, new, names - set(self.switches))

    def _switch(self, cloud: Cloud, id: str, new: Properties, names: Iterable[str]) -> None:
        for name in names:
            setting = {self.switches[name]: {"Value": bool(new.get(name))}}
            cloud.call("ec2", self.modify, **self.named(id), **setting)


class Vpc(NetworkResource):
    token = "aws:ec2/vpc:Vpc"
    calls = Calls("ec2", "create_vpc", "describe_vpcs", None, "delete_vpc")
    inputs = ("cidrBlock", "instanceTenancy", "enableDnsSupport", "enableDnsHostnames")
    replace = ("cidrBlock", "instanceTenancy")
    made = table(id="Vpc.VpcId")
    key = table(VpcId="id")
    listed = "Vpcs"
    kind = "vpc"
    switches = table(enableDnsSupport="EnableDnsSupport", enableDnsHostnames="EnableDnsHostnames")
    steering = tuple(switches)
    modify = "modify_vpc_attribute"
    outputs = table(dhcpOptionsId="DhcpOptionsId")

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        state = super().read(cloud, id, known)
        if state is None:
            return None
        for name, attribute in self.switches.items():
            reply = cloud.call("ec2", "describe_vpc_attribute", VpcId=id, Attribute=name)
            state[name] = reply[attribute]["Value"]
        here = [{"Name": "vpc-id", "Values": [id]}]
        main = [*here, {"Name": "association.main", "Values": ["true"]}]
        tables = cloud.call("ec2", "describe_route_tables", Filters=main)["RouteTables"]
        state["mainRouteTableId"] = shapes.dig(tables, "RouteTableId")
        state["defaultRouteTableId"] = state["mainRouteTableId"]
        state["defaultSecurityGroupId"] = default_group(cloud, id)
        acls = cloud.call("ec2", "describe_network_acls", Filters=here)["NetworkAcls"]
        state["defaultNetworkAclId"] = shapes.dig(acls, "NetworkAclId")
        return state


class Subnet(NetworkResource):
    token = "aws:ec2/subnet:Subnet"
    calls = Calls("ec2", "create_subnet", "describe_subnets", None, "delete_subnet")
    inputs = ("vpcId", "cidrBlock", "availabilityZone", "mapPublicIpOnLaunch")
    replace = ("vpcId", "cidrBlock", "availabilityZone")
    made = table(id="Subnet.SubnetId")
    key = table(SubnetId="id")
    listed = "Subnets"
    kind = "subnet"
    switches = table(mapPublicIpOnLaunch="MapPublicIpOnLaunch")
    steering = tuple(switches)
    modify = "modify_subnet_attribute"
    outputs = table(
        availabilityZoneId="AvailabilityZoneId", mapPublicIpOnLaunch="MapPublicIpOnLaunch"
    )


class RouteTable(NetworkResource):
    token = "aws:ec2/routeTable:RouteTable"
    calls = Calls("ec2", "create_route_table", "describe_route_tables", None, "delete_route_table")
    inputs = ("vpcId",)
    replace = ("vpcId",)
    made = table(id="RouteTable.RouteTableId")
    key = table(RouteTableId="id")
    listed = "RouteTables"
    kind = "route-table"


class RouteTableAssociation(ApiResource):
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    calls = Calls(
        "ec2",
        "associate_route_table",
        "describe_route_tables",
        None,
        "disassociate_route_table",
    )
    inputs = ("routeTableId", "subnetId")
    replace = ("routeTableId", "subnetId")
    delete_first = True
    id_form = "{id}"
    made = table(id="AssociationId")
    key = table(AssociationId="id")

    def show(self, cloud: Cloud, id: str) -> Any:
        name = "association.route-table-association-id"
        only = [{"Name": name, "Values": [id]}]
        for found in cloud.pages("ec2", "describe_route_tables", "RouteTables", Filters=only):
            for association in found.get("Associations") or []:
                if association["RouteTableAssociationId"] == id:
                    return association
        return None


class VpcEndpoint(NetworkResource):
    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    calls = Calls("ec2", "create_vpc_endpoint", "describe_vpc_endpoints")
    inputs = (
        "vpcId",
        "serviceName",
        "vpcEndpointType",
        "policy",
        "privateDnsEnabled",
        "routeTableIds",
        "securityGroupIds",
        "subnetIds",
    )
    replace = ("vpcId", "serviceName", "vpcEndpointType")
    unread = ("policy", "privateDnsEnabled", "securityGroupIds")
    defaults = table(vpcEndpointType="Gateway")
    made = table(id="VpcEndpoint.VpcEndpointId")
    key = table(VpcEndpointId="id")
    listed = "VpcEndpoints"
    kind = "vpc-endpoint"
    renames = table(policy="PolicyDocument")
    outputs = table(
        state="State",
        networkInterfaceIds="NetworkInterfaceIds",
        dnsEntries="DnsEntries",
        requesterManaged="RequesterManaged",
    )
    LISTS = table(
        routeTableIds="RouteTableIds", securityGroupIds="SecurityGroupIds", subnetIds="SubnetIds"
    )

    def show(self, cloud: Cloud, id: str) -> Any:
        found = super().show(cloud, id)
        if found is None or str(found.get("State")).lower() in ("deleted", "deleting"):
            return None
        return found

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        request: dict[str, Any] = {}
        for name in changed:
            if name in self.LISTS:
                before, after = set(old.get(name) or []), set(new.get(name) or [])
                request[f"Add{self.LISTS[name][:-1]}s"] = sorted(after - before)
                request[f"Remove{self.LISTS[name][:-1]}s"] = sorted(before - after)
            elif name == "policy":
                request.update(
                    {"PolicyDocument": new["policy"]} if "policy" in new else {"ResetPolicy": True}
                )
            elif name == "privateDnsEnabled":
                request["PrivateDnsEnabled"] = bool(new.get(name))
        sent = {name: value for name, value in request.items() if value != []}
        cloud.call("ec2", "modify_vpc_endpoint", VpcEndpointId=id, **sent)

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        reply = cloud.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[id])
        for failure in reply.get("Unsuccessful") or []:
            error = failure.get("Error") or {}
            if "NotFound" not in str(error.get("Code")):
                raise ValueError(f"aws ec2 delete_vpc_endpoints: {error.get('Message')}")


class FlowLog(NetworkResource):
    token = "aws:ec2/flowLog:FlowLog"
    calls = Calls("ec2", "create_flow_logs", "describe_flow_logs")
    inputs = (
        "vpcId",
        "trafficType",
        "logDestinationType",
        "logDestination",
        "iamRoleArn",
        "maxAggregationInterval",
        "logFormat",
    )
    replace = inputs
    unread = ("iamRoleArn", "maxAggregationInterval", "logFormat")
    made = table(id="FlowLogIds.0")
    key = table(FlowLogId="id")
    listed = "FlowLogs"
    kind = "vpc-flow-log"
    renames = table(vpcId="ResourceIds", iamRoleArn="DeliverLogsPermissionArn")

    def _request(self, cloud: Cloud, operation: str, inputs: Properties) -> dict[str, Any]:
        return {**super()._request(cloud, operation, inputs), "ResourceType": "VPC"}

    def show(self, cloud: Cloud, id: str) -> Any:
        found = super().show(cloud, id)
        return None if found is None else {**found, "ResourceIds": found["ResourceId"]}

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        cloud.call("ec2", "delete_flow_logs", FlowLogIds=[id])


def default_group(cloud: Cloud, vpc: str) -> str | None:
    """The id of a VPC's default security group, or None."""
    only = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    groups = cloud.call("ec2", "describe_security_groups", Filters=only)["SecurityGroups"]
    return next((group["GroupId"] for group in groups if group["GroupName"] == "default"), None)
