"""Nothing gets in from the internet or out to it; the brokers admit the writers' group alone."""

from __future__ import annotations

import ipaddress
import json

from tests.components.recording import ACCOUNT_ID, Recording, pipeline


def test_subnets_lie_in_three_zones_and_do_not_overlap(dev: Recording) -> None:
    subnets = dev.of("ec2/subnet")
    assert sorted(made.inputs["availabilityZone"][-1] for made in subnets) == ["a", "b", "c"]
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


def test_no_endpoint_costs_money_unless_it_is_asked_for(dev: Recording) -> None:
    (bucket,) = dev.of("ec2/vpcEndpoint")
    assert bucket.inputs["vpcEndpointType"] == "Gateway"
    assert bucket.inputs["serviceName"] == "com.amazonaws.eu-central-1.s3"
    names = {made.name for made in dev.of("ec2/securityGroup")}
    assert names == {"network-client-group", "network-broker-group"}


def test_endpoints_that_are_asked_for_admit_clients_of_this_account() -> None:
    recording = pipeline("dev", networkEndpoints=["sts", "kms"]).recording
    endpoints = {made.name: made.inputs for made in recording.of("ec2/vpcEndpoint")}
    assert set(endpoints) == {
        "network-endpoint-s3",
        "network-endpoint-sts",
        "network-endpoint-kms",
    }
    for inputs in endpoints.values():
        (statement,) = json.loads(inputs["policy"])["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": ACCOUNT_ID}}
    assert endpoints["network-endpoint-sts"]["privateDnsEnabled"]
    assert len(endpoints["network-endpoint-sts"]["subnetIds"]) == 3
    rule = recording.one("vpc/securityGroupIngressRule", "network-client-to-endpoint-in").inputs
    assert (rule["fromPort"], rule["toPort"]) == (443, 443)
    assert rule["referencedSecurityGroupId"] == "network-client-group-id"


def test_traffic_is_logged(dev: Recording) -> None:
    flow = dev.one("ec2/flowLog").inputs
    assert (flow["trafficType"], flow["logDestinationType"]) == ("ALL", "cloud-watch-logs")
    group = dev.one("cloudwatch/logGroup", "network-flow-log-group").inputs
    assert group["kmsKeyId"] and group["retentionInDays"] == 30
    policy = json.loads(dev.one("iam/rolePolicy", "network-flow-log-permissions").inputs["policy"])
    rights = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert rights == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
    }
