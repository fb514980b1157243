"""The private network of the brokers and the producer: no way in from, nor out to, the internet.

The producer needs nothing but the brokers: it signs its tokens itself, and Lambda carries logs and
traces outside the VPC. Interface endpoints, which cost by the hour, are made only where a stack
names them, for writers of other projects that are placed here. There is no network where the stack
uses an existing cluster: its own is there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import resource_policies, service_permissions
from components.policy import trust
from components.service import log_group, service_role
from components.stage import Identity, Stage, as_json

KAFKA_IAM_PORT = 9098
HTTPS_PORT = 443
_ADDRESSES = ipaddress.ip_network("10.42.0.0/20")
_SUBNET_BITS = 24


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """`availability_zones`: one subnet in each; at least two. `endpoints`: services like `sts`."""

    identity: Identity
    availability_zones: Sequence[str]
    endpoints: Sequence[str]
    log_days: int
    key_arn: pulumi.Input[str]


class Network(Stage):
    """A VPC of isolated subnets, its endpoints, flow logs and the security groups of the stream."""

    vpc_id: pulumi.Output[str]
    subnet_ids: list[pulumi.Output[str]]
    client_security_group_id: pulumi.Output[str]
    broker_security_group_id: pulumi.Output[str]
    paths: list[pulumi.Resource]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        identity, names = args.identity, args.identity.names
        vpc = aws.ec2.Vpc(
            self.called("vpc"),
            cidr_block=str(_ADDRESSES),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=identity.tags(names.prefix),
            opts=self.child(),
        )
        # Adopted so that it holds no rule: nothing is let through by accident.
        aws.ec2.DefaultSecurityGroup(
            self.called("default-group"), vpc_id=vpc.id, tags=identity.tags(), opts=self.child()
        )
        routes = aws.ec2.RouteTable(
            self.called("routes"),
            vpc_id=vpc.id,
            tags=identity.tags(f"{names.prefix}-private"),
            opts=self.child(),
        )
        self.vpc_id = vpc.id
        self.subnet_ids = self._subnets(identity, vpc, routes, args.availability_zones)
        clients = self._group("client", "writers of the topic", identity, vpc)
        brokers = self._group("broker", "the brokers", identity, vpc)
        self.paths = self._path("client-to-broker", clients, brokers, KAFKA_IAM_PORT)
        self._bucket_endpoint(identity, vpc, routes)
        if args.endpoints:
            self._interface_endpoints(identity, vpc, clients, args.endpoints)
        self._flow_logs(args, vpc)
        self.client_security_group_id = clients.id
        self.broker_security_group_id = brokers.id
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "subnet_ids": self.subnet_ids,
                "client_security_group_id": self.client_security_group_id,
                "broker_security_group_id": self.broker_security_group_id,
            }
        )

    def _subnets(
        self,
        identity: Identity,
        vpc: aws.ec2.Vpc,
        routes: aws.ec2.RouteTable,
        zones: Sequence[str],
    ) -> list[pulumi.Output[str]]:
        ids = []
        for zone, block in zip(zones, _ADDRESSES.subnets(new_prefix=_SUBNET_BITS), strict=False):
            letter = zone[-1]
            subnet = aws.ec2.Subnet(
                self.called(f"private-{letter}"),
                vpc_id=vpc.id,
                availability_zone=zone,
                cidr_block=str(block),
                map_public_ip_on_launch=False,
                tags=identity.tags(f"{identity.names.prefix}-private-{letter}"),
                opts=self.child(),
            )
            aws.ec2.RouteTableAssociation(
                self.called(f"private-{letter}-routes"),
                route_table_id=routes.id,
                subnet_id=subnet.id,
                opts=self.child(),
            )
            ids.append(subnet.id)
        return ids

    def _group(
        self, role: str, whose: str, identity: Identity, vpc: aws.ec2.Vpc
    ) -> aws.ec2.SecurityGroup:
        group_name = f"{identity.names.prefix}-{role}"
        return aws.ec2.SecurityGroup(
            self.called(f"{role}-group"),
            name=group_name,
            description=f"{identity.names.prefix}: {whose}",
            vpc_id=vpc.id,
            tags=identity.tags(group_name),
            opts=self.child(),
        )

    def _path(
        self, role: str, source: aws.ec2.SecurityGroup, target: aws.ec2.SecurityGroup, port: int
    ) -> list[pulumi.Resource]:
        """One port from one group to another: out of the source and into the target."""
        return [
            aws.vpc.SecurityGroupEgressRule(
                self.called(f"{role}-out"),
                security_group_id=source.id,
                referenced_security_group_id=target.id,
                description=role,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self.child(),
            ),
            aws.vpc.SecurityGroupIngressRule(
                self.called(f"{role}-in"),
                security_group_id=target.id,
                referenced_security_group_id=source.id,
                description=role,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self.child(),
            ),
        ]

    def _bucket_endpoint(
        self, identity: Identity, vpc: aws.ec2.Vpc, routes: aws.ec2.RouteTable
    ) -> None:
        names = identity.names
        aws.ec2.VpcEndpoint(
            self.called("endpoint-s3"),
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{names.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[routes.id],
            policy=as_json(resource_policies.endpoint(names)),
            tags=identity.tags(f"{names.prefix}-s3"),
            opts=self.child(),
        )

    def _interface_endpoints(
        self,
        identity: Identity,
        vpc: aws.ec2.Vpc,
        clients: aws.ec2.SecurityGroup,
        services: Sequence[str],
    ) -> None:
        names = identity.names
        group = self._group("endpoint", "the endpoints of AWS services", identity, vpc)
        self._path("client-to-endpoint", clients, group, HTTPS_PORT)
        for short in services:
            aws.ec2.VpcEndpoint(
                self.called(f"endpoint-{short}"),
                vpc_id=vpc.id,
                service_name=f"com.amazonaws.{names.region}.{short}",
                vpc_endpoint_type="Interface",
                subnet_ids=self.subnet_ids,
                security_group_ids=[group.id],
                private_dns_enabled=True,
                policy=as_json(resource_policies.endpoint(names)),
                tags=identity.tags(f"{names.prefix}-{short}"),
                opts=self.child(),
            )

    def _flow_logs(self, args: NetworkArgs, vpc: aws.ec2.Vpc) -> None:
        identity, names = args.identity, args.identity.names
        log_group_name = f"/aws/vpc/{names.prefix}"
        logs = log_group(
            self,
            log_group_name,
            identity=identity,
            days=args.log_days,
            key_arn=args.key_arn,
            prefix="flow-",
        )
        role = service_role(
            self,
            "FlowLogs",
            identity=identity,
            description="VPC flow logs into their log group",
            trusts=trust("vpc-flow-logs.amazonaws.com", names.account_id),
            permissions=as_json(service_permissions.flow_logs(names, log_group_name)),
            prefix="flow-log-",
        )
        aws.ec2.FlowLog(
            self.called("flow-log"),
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=logs.arn,
            iam_role_arn=role.arn,
            tags=identity.tags(names.prefix),
            opts=self.child(after=[role.policy]),
        )
