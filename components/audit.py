"""The audit trail: who called what, and who touched the data. Made only where a stack asks for it.

An account that has an organisation's trail needs no second one (`auditTrail: existing`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import service_permissions
from components.lake import DataLake
from components.policy import trust
from components.service import log_group, service_role
from components.stage import Identity, Stage, as_json


@dataclass(frozen=True, kw_only=True)
class AuditTrailArgs:
    """`trail` is the trail's name, which the key's and the log bucket's policies admit."""

    identity: Identity
    trail: str
    log_days: int
    key_arn: pulumi.Input[str]
    lake: DataLake


class AuditTrail(Stage):
    """A multi-region trail with validated, encrypted files and the data bucket's data events."""

    def __init__(
        self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        identity, names = args.identity, args.identity.names
        log_group_name = f"/aws/cloudtrail/{args.trail}"
        logs = log_group(
            self, log_group_name, identity=identity, days=args.log_days, key_arn=args.key_arn
        )
        role = service_role(
            self,
            "CloudTrail",
            identity=identity,
            description="The trail into its log group",
            trusts=trust(
                "cloudtrail.amazonaws.com",
                names.account_id,
                names.arn("cloudtrail", f"trail/{args.trail}"),
            ),
            permissions=as_json(service_permissions.trail(names, log_group_name)),
        )
        aws.cloudtrail.Trail(
            self.called("trail"),
            name=args.trail,
            s3_bucket_name=args.lake.log_bucket,
            s3_key_prefix="cloudtrail",
            kms_key_id=args.key_arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            cloud_watch_logs_group_arn=logs.arn.apply(lambda arn: f"{arn}:*"),
            cloud_watch_logs_role_arn=role.arn,
            advanced_event_selectors=[
                _selector("Management events", eventCategory=["Management"]),
                _selector(
                    "Objects of the data bucket",
                    eventCategory=["Data"],
                    **{"resources.type": ["AWS::S3::Object"]},
                    starts={"resources.ARN": [args.lake.data_bucket_arn.apply("{}/".format)]},
                ),
            ],
            tags=identity.tags(),
            opts=self.child(after=[role.policy, *args.lake.settled]),
        )
        self.register_outputs({})


def _selector(
    selector: str,
    starts: dict[str, list[pulumi.Input[str]]] | None = None,
    **equals: list[str],
) -> aws.cloudtrail.TrailAdvancedEventSelectorArgs:
    field = aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs
    return aws.cloudtrail.TrailAdvancedEventSelectorArgs(
        name=selector,
        field_selectors=[
            *(field(field=name, equals=values) for name, values in equals.items()),
            *(field(field=name, starts_withs=values) for name, values in (starts or {}).items()),
        ],
    )
