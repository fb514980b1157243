"""Nothing gets in from the internet or out to it; the brokers admit the writers' group alone."""

from __future__ import annotations

import ipaddress
import json

from tests.components.recording import ACCOUNT_ID, Recording


def test_subnets_lie_in_three_zones_and_do_not_overlap(dev: Recording) -> None:
    subnets = dev.of("ec2/subnet")
    assert [made.inputs["availabilityZone"][-1] for made in subnets] == ["a", "b", "c"]
    assert not any(made.inputs["mapPublicIpOnLaunch"] for made in subnets)
    blocks = [ipaddress.ip_network(made.inputs["cidrBlock"]) for made in subnets]
    whole = ipaddress.ip_network(dev.one("ec2/vpc").inputs["cidrBlock"])
    assert all(block.subnet_of(whole) for block in blocks)  # type: ignore[arg-type]
    assert not any(a.overlaps(b) for a in blocks for b in blocks if a is not b)


def test_no_way_to_the_internet(dev: Recording) -> None:
    for type_ in ("ec2/internetGateway", "ec2/natGateway", "ec2/eip", "ec2/route"):
        assert dev.of(type_) == []
    assert "routes" not in dev.one("ec2/routeTable").inputs


def test_the_default_group_lets_nothing_through(dev: Recording) -> None:
    inputs = dev.one("ec2/defaultSecurityGroup").inputs
    assert "ingress" not in inputs and "egress" not in inputs


def test_rules_name_groups_and_no_addresses(dev: Recording) -> None:
    rules = [*dev.of("vpc/securityGroupIngressRule"), *dev.of("vpc/securityGroupEgressRule")]
    assert not any("cidrIpv4" in rule.inputs or "cidrIpv6" in rule.inputs for rule in rules)
    into_brokers = [
        rule.inputs
        for rule in dev.of("vpc/securityGroupIngressRule")
        if rule.inputs["securityGroupId"] == "network-broker-group-id"
    ]
    (only,) = into_brokers
    assert only["referencedSecurityGroupId"] == "network-client-group-id"
    assert (only["fromPort"], only["toPort"], only["ipProtocol"]) == (9098, 9098, "tcp")


def test_endpoints_are_for_this_account(dev: Recording) -> None:
    services = {
        made.inputs["serviceName"].split(".")[-1]: made for made in dev.of("ec2/vpcEndpoint")
    }
    assert set(services) == {"s3", "logs", "sts", "kms"}
    for made in services.values():
        (statement,) = json.loads(made.inputs["policy"])["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": ACCOUNT_ID}}


def test_traffic_is_logged(dev: Recording) -> None:
    flow = dev.one("ec2/flowLog").inputs
    assert (flow["trafficType"], flow["logDestinationType"]) == ("ALL", "cloud-watch-logs")
    group = dev.one("cloudwatch/logGroup", "network-flow-log-group").inputs
    assert group["kmsKeyId"] and group["retentionInDays"] == 30
