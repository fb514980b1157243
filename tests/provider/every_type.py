"""A small program with every resource type that the laptop's provider knows."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

SOURCE = "def handle(event, context):\n    return {'got': event}\n"


def policy(action: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def trust(*services: str) -> str:
    names = [f"{service}.amazonaws.com" for service in services]
    return document(
        {"Effect": "Allow", "Principal": {"Service": names}, "Action": "sts:AssumeRole"}
    )


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
    cluster = kafka(config, key, group, network)
    delivery(config, bucket, cluster, role, group, stream, key)
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


def storage(config: pulumi.Config, key: aws.kms.Key) -> aws.s3.Bucket:
    logs = aws.s3.Bucket("logs", bucket="every-logs", force_destroy=True)
    bucket = aws.s3.Bucket(
        "bucket",
        bucket=config.get("bucket") or "every-data",
        force_destroy=True,
        tags={"stage": config.get("stage") or "a"},
    )
    name = bucket.bucket
    aws.s3.BucketOwnershipControls(
        "ownership", bucket=name, rule={"object_ownership": "BucketOwnerEnforced"}
    )
    aws.s3.BucketPublicAccessBlock(
        "access",
        bucket=name,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    versioning = aws.s3.BucketVersioning(
        "versioning", bucket=name, versioning_configuration={"status": "Enabled"}
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        "encryption",
        bucket=name,
        rules=[
            {
                "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "aws:kms",
                    "kms_master_key_id": key.arn,
                },
                "bucket_key_enabled": True,
            }
        ],
    )
    aws.s3.BucketLifecycleConfiguration(
        "lifecycle",
        bucket=name,
        rules=[
            {
                "id": "raw",
                "status": "Enabled",
                "filter": {"prefix": "telemetry/"},
                "expiration": {"days": config.get_int("days") or 7},
                "noncurrent_version_expiration": {"noncurrent_days": 3},
            },
            {
                "id": "uploads",
                "status": "Enabled",
                "filter": {},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            },
        ],
    )
    aws.s3.BucketLogging("logging", bucket=name, target_bucket=logs.bucket, target_prefix="access/")
    aws.s3.BucketPolicy(
        "policy",
        bucket=name,
        policy=bucket.arn.apply(
            lambda arn: document(
                {
                    "Sid": "Tls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            )
        ),
    )
    aws.s3.BucketObjectv2(
        "object",
        bucket=name,
        key="reference/notes.txt",
        content=f"stage {config.get('stage') or 'a'}",
        content_type="text/plain",
        opts=pulumi.ResourceOptions(depends_on=[versioning]),
    )
    return bucket


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


def compute(
    config: pulumi.Config,
    role: aws.iam.Role,
    group: aws.cloudwatch.LogGroup,
    key: aws.kms.Key,
    network: dict[str, Any],
) -> aws.lambda_.Function:
    queue = aws.sqs.Queue(
        "queue",
        name="every-failures",
        message_retention_seconds=1209600,
        kms_master_key_id=key.id,
        kms_data_key_reuse_period_seconds=300,
        tags={"stage": "a"},
    )
    aws.sqs.QueuePolicy(
        "queue-policy",
        queue_url=queue.url,
        policy=queue.arn.apply(
            lambda arn: document(policy("sqs:SendMessage", arn, Principal={"AWS": "*"}))
        ),
    )
    function = aws.lambda_.Function(
        "function",
        name="Every-Function",
        description="all",
        role=role.arn,
        runtime="python3.11",
        architectures=["x86_64"],
        handler="index.handle",
        code=pulumi.AssetArchive({"index.py": pulumi.StringAsset(SOURCE)}),
        memory_size=256,
        timeout=30,
        environment={"variables": {"STAGE": config.get("stage") or "a"}},
        kms_key_arn=key.arn,
        tracing_config={"mode": "Active"},
        logging_config={"log_format": "JSON", "log_group": group.name},
        vpc_config={
            "subnet_ids": network["subnets"],
            "security_group_ids": [network["groups"][1].id],
        },
        tags={"stage": "a"},
    )
    aws.lambda_.FunctionEventInvokeConfig(
        "invoke-config",
        function_name=function.name,
        maximum_event_age_in_seconds=600,
        maximum_retry_attempts=1,
        destination_config={"on_failure": {"destination": queue.arn}},
    )
    aws.lambda_.Permission(
        "permission",
        statement_id="scheduler",
        function=function.name,
        action="lambda:InvokeFunction",
        principal="scheduler.amazonaws.com",
        source_account=aws.get_caller_identity().account_id,
    )
    call = aws.lambda_.Invocation(
        "call", function_name=function.name, input=json.dumps({"ensure": True})
    )
    pulumi.export("result", call.result)
    schedules = aws.scheduler.ScheduleGroup("schedules", name="every", tags={"stage": "a"})
    aws.scheduler.Schedule(
        "schedule",
        name="every-hour",
        group_name=schedules.name,
        description="all",
        schedule_expression="rate(1 hour)",
        schedule_expression_timezone="UTC",
        state=config.get("schedule") or "DISABLED",
        flexible_time_window={"mode": "OFF"},
        target={
            "arn": function.arn,
            "role_arn": role.arn,
            "input": json.dumps({"scheduled_at": "<aws.scheduler.scheduled-time>"}),
            "dead_letter_config": {"arn": queue.arn},
            "retry_policy": {"maximum_event_age_in_seconds": 300, "maximum_retry_attempts": 2},
        },
    )
    return function


def kafka(
    config: pulumi.Config,
    key: aws.kms.Key,
    group: aws.cloudwatch.LogGroup,
    network: dict[str, Any],
) -> aws.msk.Cluster:
    configuration = aws.msk.Configuration(
        "configuration",
        name="every",
        description="all",
        kafka_versions=["3.9.x"],
        server_properties=f"min.insync.replicas={config.get_int('replicas') or 2}\n",
    )
    cluster = aws.msk.Cluster(
        "cluster",
        cluster_name="every",
        kafka_version="3.9.x",
        number_of_broker_nodes=config.get_int("brokers") or 2,
        enhanced_monitoring="PER_TOPIC_PER_BROKER",
        broker_node_group_info={
            "instance_type": "kafka.m7g.large",
            "client_subnets": network["subnets"],
            "security_groups": [network["groups"][0].id],
            "connectivity_info": {
                "public_access": {"type": "DISABLED"},
                "vpc_connectivity": {"client_authentication": {"sasl": {"iam": True}}},
            },
            "storage_info": {"ebs_storage_info": {"volume_size": 100}},
        },
        client_authentication={"sasl": {"iam": True}, "unauthenticated": False},
        encryption_info={
            "encryption_at_rest_kms_key_arn": key.arn,
            "encryption_in_transit": {"client_broker": "TLS", "in_cluster": True},
        },
        configuration_info={
            "arn": configuration.arn,
            "revision": configuration.latest_revision,
        },
        logging_info={
            "broker_logs": {"cloudwatch_logs": {"enabled": True, "log_group": group.name}}
        },
        tags={"stage": "a"},
    )
    aws.msk.ClusterPolicy(
        "cluster-policy",
        cluster_arn=cluster.arn,
        policy=cluster.arn.apply(
            lambda arn: document(
                policy(
                    "kafka:CreateVpcConnection",
                    arn,
                    Principal={"Service": "firehose.amazonaws.com"},
                )
            )
        ),
    )
    return cluster


def delivery(  # noqa: PLR0917
    config: pulumi.Config,
    bucket: aws.s3.Bucket,
    cluster: aws.msk.Cluster,
    role: aws.iam.Role,
    group: aws.cloudwatch.LogGroup,
    stream: aws.cloudwatch.LogStream,
    key: aws.kms.Key,
) -> None:
    aws.kinesis.FirehoseDeliveryStream(
        "delivery",
        name="Every-Delivery",
        destination="extended_s3",
        msk_source_configuration={
            "msk_cluster_arn": cluster.arn,
            "topic_name": "every",
            "read_from_timestamp": "1970-01-01T00:00:00Z",
            "authentication_configuration": {"connectivity": "PRIVATE", "role_arn": role.arn},
        },
        extended_s3_configuration={
            "role_arn": role.arn,
            "bucket_arn": bucket.arn,
            "prefix": "telemetry/year=!{timestamp:yyyy}/",
            "error_output_prefix": "errors/!{firehose:error-output-type}/",
            "buffering_size": 64,
            "buffering_interval": config.get_int("buffer") or 60,
            "compression_format": "GZIP",
            "custom_time_zone": "UTC",
            "file_extension": ".json.gz",
            "kms_key_arn": key.arn,
            "cloudwatch_logging_options": {
                "enabled": True,
                "log_group_name": group.name,
                "log_stream_name": stream.name,
            },
            "processing_configuration": {
                "enabled": True,
                "processors": [
                    {
                        "type": "AppendDelimiterToRecord",
                        "parameters": [{"parameter_name": "Delimiter", "parameter_value": "\\n"}],
                    }
                ],
            },
        },
        tags={"stage": "a"},
    )


def catalog(
    config: pulumi.Config, bucket: aws.s3.Bucket, role: aws.iam.Role, key: aws.kms.Key
) -> None:
    database = aws.glue.CatalogDatabase("database", name="every", description="all")
    table = aws.glue.CatalogTable(
        "table",
        name="events",
        database_name=database.name,
        description=config.get("stage") or "a",
        table_type="EXTERNAL_TABLE",
        parameters={"classification": "json", "EXTERNAL": "TRUE"},
        partition_keys=[{"name": "year", "type": "int", "comment": "of arrival"}],
        storage_descriptor={
            "location": bucket.bucket.apply(lambda name: f"s3://{name}/telemetry/"),
            "input_format": "org.apache.hadoop.mapred.TextInputFormat",
            "output_format": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "columns": [
                {"name": "event_id", "type": "string", "comment": "id"},
                {"name": "value", "type": "int"},
            ],
            "ser_de_info": {
                "name": "json",
                "serialization_library": "org.openx.data.jsonserde.JsonSerDe",
                "parameters": {"ignore.malformed.json": "true"},
            },
        },
    )
    security = aws.glue.SecurityConfiguration(
        "security",
        name="every",
        encryption_configuration={
            "cloudwatch_encryption": {
                "cloudwatch_encryption_mode": "SSE-KMS",
                "kms_key_arn": key.arn,
            },
            "job_bookmarks_encryption": {"job_bookmarks_encryption_mode": "DISABLED"},
            "s3_encryption": {"s3_encryption_mode": "SSE-KMS", "kms_key_arn": key.arn},
        },
    )
    aws.glue.Crawler(
        "crawler",
        name="Every-Crawler",
        description="all",
        role=role.arn,
        database_name=database.name,
        catalog_targets=[{"database_name": database.name, "tables": [table.name]}],
        schedule="cron(0 * * * ? *)",
        schema_change_policy={"update_behavior": "LOG", "delete_behavior": "LOG"},
        recrawl_policy={"recrawl_behavior": "CRAWL_EVERYTHING"},
        configuration=json.dumps({"Version": 1.0}),
        security_configuration=security.name,
        tags={"stage": "a"},
    )
    workgroup = aws.athena.Workgroup(
        "workgroup",
        name="every",
        description="all",
        force_destroy=True,
        configuration={
            "enforce_workgroup_configuration": True,
            "publish_cloudwatch_metrics_enabled": True,
            "bytes_scanned_cutoff_per_query": 10485760 * (config.get_int("cutoff") or 1),
            "engine_version": {"selected_engine_version": "Athena engine version 3"},
            "result_configuration": {
                "output_location": bucket.bucket.apply(lambda name: f"s3://{name}/results/"),
                "expected_bucket_owner": aws.get_caller_identity().account_id,
                "encryption_configuration": {
                    "encryption_option": "SSE_KMS",
                    "kms_key_arn": key.arn,
                },
            },
        },
        tags={"stage": "a"},
    )
    aws.athena.NamedQuery(
        "query",
        name="count",
        database=database.name,
        description="all",
        query="SELECT count(*) FROM events",
        workgroup=workgroup.name,
    )
