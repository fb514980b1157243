"""EC2: security groups, and their rules, one resource each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from local.provider import shapes
from local.provider.cloud import Cloud
from local.provider.resource import Calls, Resource, table
from local.provider.resources.ec2 import TAGGING, NetworkResource, default_group
from local.provider.values import Properties


class SecurityGroup(NetworkResource):
    """A group without rules: AWS's own "all may leave" is taken away, as the real plugin does."""

    token = "aws:ec2/securityGroup:SecurityGroup"
    calls = Calls(
        "ec2", "create_security_group", "describe_security_groups", None, "delete_security_group"
    )
    inputs = ("name", "description", "vpcId")
    replace = inputs
    name = "name"
    defaults = table(description="Managed by Pulumi")
    made = table(id="GroupId")
    key = table(GroupId="id")
    listed = "SecurityGroups"
    kind = "security-group"
    renames = table(name="GroupName")

    def complete(self, cloud: Cloud, id: str, new: Properties) -> None:
        clear(cloud, self.show(cloud, id), ("egress",))


class DefaultSecurityGroup(Resource):
    """The group that every VPC has: adopted and emptied, and left empty at the end."""

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    inputs = ("vpcId",)
    replace = ("vpcId",)
    tagging = TAGGING
    watched = ("tags", "ingress", "egress")

    def create(self, cloud: Cloud, new: Properties) -> str:
        id = default_group(cloud, new["vpcId"])
        if id is None:
            raise ValueError(f"{new['vpcId']} has no default security group")
        clear(cloud, self._show(cloud, id), ("ingress", "egress"))
        return str(id)

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        group = self._show(cloud, id)
        return {
            "vpcId": group["VpcId"],
            "arn": cloud.arn("ec2", f"security-group/{id}"),
            "ownerId": cloud.account,
            "name": group["GroupName"],
            "description": group["Description"],
            "ingress": shapes.camel(group.get("IpPermissions") or []),
            "egress": shapes.camel(group.get("IpPermissionsEgress") or []),
        }

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        clear(cloud, self._show(cloud, id), ("ingress", "egress"))

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        """It goes with its VPC."""

    def _show(self, cloud: Cloud, id: str) -> dict[str, Any]:
        reply = cloud.call("ec2", "describe_security_groups", GroupIds=[id])
        found: dict[str, Any] = reply["SecurityGroups"][0]
        return found


def clear(cloud: Cloud, group: Mapping[str, Any], directions: Iterable[str]) -> None:
    """Take all rules of a security group away."""
    members = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}
    for direction in directions:
        rules = group.get(members[direction])
        if rules:
            cloud.call(
                "ec2",
                f"revoke_security_group_{direction}",
                GroupId=group["GroupId"],
                IpPermissions=rules,
            )


class SecurityGroupRule(Resource):
    """One rule with one peer; `direction` is ingress or egress."""

    inputs = (
        "securityGroupId",
        "ipProtocol",
        "fromPort",
        "toPort",
        "cidrIpv4",
        "cidrIpv6",
        "prefixListId",
        "referencedSecurityGroupId",
        "description",
    )
    replace = inputs
    delete_first = True
    tagging = TAGGING
    direction: ClassVar[str]

    def create(self, cloud: Cloud, new: Properties) -> str:
        reply = cloud.call(
            "ec2",
            f"authorize_security_group_{self.direction}",
            GroupId=new["securityGroupId"],
            IpPermissions=[_permission(new)],
        )
        return str(reply["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        reply = cloud.call("ec2", "describe_security_group_rules", SecurityGroupRuleIds=[id])
        if not reply["SecurityGroupRules"]:
            return None
        rule = reply["SecurityGroupRules"][0]
        peer = (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
        return {
            "securityGroupId": rule["GroupId"],
            "securityGroupRuleId": id,
            "arn": cloud.arn("ec2", f"security-group-rule/{id}"),
            "ipProtocol": rule["IpProtocol"],
            "fromPort": _port(rule.get("FromPort")),
            "toPort": _port(rule.get("ToPort")),
            "cidrIpv4": rule.get("CidrIpv4"),
            "cidrIpv6": rule.get("CidrIpv6"),
            "prefixListId": rule.get("PrefixListId"),
            "referencedSecurityGroupId": peer,
            "description": rule.get("Description"),
        }

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        """Every input replaces the rule."""

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        cloud.call(
            "ec2",
            f"revoke_security_group_{self.direction}",
            GroupId=known["securityGroupId"],
            SecurityGroupRuleIds=[id],
        )


class SecurityGroupIngressRule(SecurityGroupRule):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    direction = "ingress"


class SecurityGroupEgressRule(SecurityGroupRule):
    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    direction = "egress"


def _permission(new: Properties) -> dict[str, Any]:
    about = {"Description": new["description"]} if "description" in new else {}
    permission: dict[str, Any] = {"IpProtocol": str(new["ipProtocol"])}
    for here, there in (("fromPort", "FromPort"), ("toPort", "ToPort")):
        if here in new:
            permission[there] = new[here]
    for here, there, member in (
        ("cidrIpv4", "IpRanges", "CidrIp"),
        ("cidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("prefixListId", "PrefixListIds", "PrefixListId"),
        ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    ):
        if here in new:
            permission[there] = [{member: new[here], **about}]
    return permission


def _port(port: Any) -> Any:
    return None if port == -1 else port
