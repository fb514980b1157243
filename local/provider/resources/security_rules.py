"""EC2: the rules of a security group, one resource each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from local.provider.cloud import Cloud
from local.provider.resource import Resource
from local.provider.resources.ec2 import TAGGING
from local.provider.values import Properties


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
