"""The network of the program."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from tests.provider.every_type.documents import document, policy


def networks(zones: Any, config: pulumi.Config) -> dict[str, Any]:
    tags = {"stage": "a"}
    vpc = aws.ec2.Vpc(
        "vpc",
        cidr_block="10.0.0.0/24",
        enable_dns_hostnames=True,
        enable_dns_support=True,
        tags=tags,
    )
    table = aws.ec2.RouteTable("routes", vpc_id=vpc.id, tags=tags)
    subnets = []
    for number, zone in enumerate(zones[:2]):
        subnet = aws.ec2.Subnet(
            f"subnet-{number}",
            vpc_id=vpc.id,
            cidr_block=f"10.0.0.{64 * number}/26",
            availability_zone=zone,
            map_public_ip_on_launch=False,
            tags=tags,
        )
        subnets.append(subnet.id)
        aws.ec2.RouteTableAssociation(
            f"association-{number}", route_table_id=table.id, subnet_id=subnet.id
        )
    aws.ec2.DefaultSecurityGroup("default", vpc_id=vpc.id, tags=tags)
    groups = [
        aws.ec2.SecurityGroup(
            name, name=f"every-{name}", description=name, vpc_id=vpc.id, tags=tags
        )
        for name in ("brokers", "clients")
    ]
    rule = {"description": "kafka", "ip_protocol": "tcp", "from_port": 9098, "to_port": 9098}
    aws.vpc.SecurityGroupIngressRule(
        "in",
        security_group_id=groups[0].id,
        referenced_security_group_id=groups[1].id,
        **rule,
    )
    aws.vpc.SecurityGroupEgressRule(
        "out",
        security_group_id=groups[1].id,
        referenced_security_group_id=groups[0].id,
        **rule,
    )
    aws.ec2.VpcEndpoint(
        "gateway",
        vpc_id=vpc.id,
        service_name="com.amazonaws.eu-central-1.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id],
        policy=document(policy("s3:GetObject", Principal="*")),
        tags=tags,
    )
    aws.ec2.VpcEndpoint(
        "interface",
        vpc_id=vpc.id,
        service_name="com.amazonaws.eu-central-1.logs",
        vpc_endpoint_type="Interface",
        subnet_ids=subnets[: config.get_int("endpoint_zones") or 1],
        security_group_ids=[groups[1].id],
        private_dns_enabled=True,
        tags=tags,
    )
    return {"vpc": vpc, "subnets": subnets, "groups": groups}
