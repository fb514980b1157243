"""Buckets, tables and queries of the program."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from tests.provider.every_type.documents import document


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
