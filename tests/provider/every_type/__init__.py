"""A small program with every resource type that the laptop's provider knows."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from tests.provider.every_type.compute import compute
from tests.provider.every_type.documents import document, policy, trust
from tests.provider.every_type.lake import catalog, storage
from tests.provider.every_type.network import networks
from tests.provider.every_type.stream import delivery, kafka


def program() -> None:
    """Each key of the configuration changes one thing, some of them in several resources."""
    config = pulumi.Config("every")
    account = aws.get_caller_identity()
    zones = aws.get_availability_zones(state="available")
    key = aws.kms.Key(
        "key",
        description="all",
        deletion_window_in_days=7,
        enable_key_rotation=True,
        policy=document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account.account_id}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ),
        tags={"stage": config.get("stage") or "a"},
    )
    aws.kms.Alias("alias", name="alias/every", target_key_id=key.key_id)
    bucket = storage(config, key)
    network = networks(zones.names, config)
    role = aws.iam.Role(
        "role",
        name="Every-Role",
        description="all",
        path=config.get("path") or "/",
        assume_role_policy=trust("lambda", "firehose", "glue", "scheduler"),
    )
    aws.iam.RolePolicy(
        "role-policy",
        name="all",
        role=role.name,
        policy=bucket.arn.apply(lambda arn: document(policy("s3:GetObject", f"{arn}/*"))),
    )
    group = aws.cloudwatch.LogGroup(
        "group",
        name="/every/group",
        retention_in_days=config.get_int("days") or 7,
        kms_key_id=key.arn,
        tags={"stage": "a"},
    )
    stream = aws.cloudwatch.LogStream("stream", name="delivery", log_group_name=group.name)
    aws.cloudwatch.LogResourcePolicy(
        "log-policy",
        policy_name="every",
        policy_document=document(
            policy("logs:PutLogEvents", Principal={"Service": "delivery.logs.amazonaws.com"})
        ),
    )
    aws.ec2.FlowLog(
        "flow",
        vpc_id=network["vpc"].id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=600,
        tags={"stage": "a"},
    )
    function = compute(config, role, group, key, network)
    cluster, open_to_firehose = kafka(config, key, group, network)
    delivery(config, bucket, cluster, open_to_firehose, role, group, stream, key)
    catalog(config, bucket, role, key)
    aws.cloudtrail.Trail(
        "trail",
        name="every",
        s3_bucket_name=bucket.bucket,
        s3_key_prefix="trail",
        kms_key_id=key.arn,
        is_multi_region_trail=True,
        enable_log_file_validation=True,
        include_global_service_events=True,
        cloud_watch_logs_group_arn=pulumi.Output.concat(group.arn, ":*"),
        cloud_watch_logs_role_arn=role.arn,
        advanced_event_selectors=[
            {
                "name": "objects",
                "field_selectors": [
                    {"field": "eventCategory", "equals": ["Data"]},
                    {"field": "resources.type", "equals": ["AWS::S3::Object"]},
                ],
            }
        ],
        tags={"stage": "a"},
    )
    pulumi.export("account", account.account_id)
    pulumi.export("region", aws.get_region().region)
    pulumi.export("partition", aws.get_partition().partition)
    pulumi.export("bucket", bucket.bucket)
    pulumi.export("key", key.key_id)
    pulumi.export("function", function.arn)
    pulumi.export("cluster", cluster.arn)
    pulumi.export("brokers", cluster.bootstrap_brokers_sasl_iam)
