"""What resources allow to others: buckets, the key, queues, the cluster, endpoints. Pure functions.

Own roles get their rights from permissions.py; here are services, and what nobody may do.
"""

from __future__ import annotations

from components.names import Names
from components.policy import Document, Statement, allow, deny, document, to


def data_bucket(names: Names, key_arn: str) -> Document:
    """No plain HTTP, and no object under a key that is not the project's."""
    bucket = names.bucket_arn(names.data_bucket)
    return document(
        tls_only_bucket(bucket),
        to(
            "*",
            {
                **deny("NoOtherKey", ("s3:PutObject",), [f"{bucket}/*"]),
                # A put that names no key gets the default encryption and is welcome.
                "Condition": {
                    "Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
                    "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key_arn},
                },
            },
        ),
    )


def log_bucket(names: Names, *, trail: str | None) -> Document:
    """No plain HTTP; S3 delivers the data bucket's access logs; a trail, where there is one."""
    bucket = names.bucket_arn(names.log_bucket)
    statements = [
        tls_only_bucket(bucket),
        to(
            {"Service": "logging.s3.amazonaws.com"},
            {
                **allow("AccessLogs", ("s3:PutObject",), [f"{bucket}/{names.data_bucket}/*"]),
                "Condition": {
                    "ArnLike": {"aws:SourceArn": names.bucket_arn(names.data_bucket)},
                    "StringEquals": {"aws:SourceAccount": names.account_id},
                },
            },
        ),
    ]
    if trail:
        statements += _trail(names, bucket, trail)
    return document(*statements)


def _trail(names: Names, bucket: str, trail: str) -> list[Statement]:
    source = {"aws:SourceArn": names.arn("cloudtrail", f"trail/{trail}")}
    return [
        to(
            {"Service": "cloudtrail.amazonaws.com"},
            allow("TrailChecks", ("s3:GetBucketAcl",), [bucket], {"StringEquals": source}),
        ),
        to(
            {"Service": "cloudtrail.amazonaws.com"},
            allow(
                "TrailWrites",
                ("s3:PutObject",),
                [f"{bucket}/cloudtrail/AWSLogs/{names.account_id}/*"],
                {"StringEquals": source},
            ),
        ),
    ]


def tls_only_bucket(bucket_arn: str) -> Statement:
    """A denial of every call over plain HTTP."""
    return to(
        "*",
        deny(
            "TlsOnly",
            ("s3:*",),  # why: a denial of everything
            [bucket_arn, f"{bucket_arn}/*"],
            {"Bool": {"aws:SecureTransport": "false"}},
        ),
    )


def key(names: Names, *, trail: str | None) -> Document:
    """The account's IAM decides; CloudWatch Logs may encrypt this account's log groups."""
    statements = [
        to(
            {"AWS": f"arn:{names.partition}:iam::{names.account_id}:root"},
            # why *: in a key's policy the resource is the key itself
            allow("IamDecides", ("kms:*",), ["*"]),
        ),
        to(
            {"Service": names.regional("logs")},
            allow(
                "EncryptLogGroups",
                (
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                    "kms:GenerateDataKey",
                    "kms:DescribeKey",
                ),
                ["*"],  # why: as above
                {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": names.log_group_arn("*")}},
            ),
        ),
    ]
    if trail:
        trail_arn = names.arn("cloudtrail", f"trail/{trail}")
        statements.append(
            to(
                {"Service": "cloudtrail.amazonaws.com"},
                allow(
                    "EncryptTrail",
                    ("kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"),
                    ["*"],  # why: as above
                    {"StringEquals": {"aws:SourceArn": trail_arn}},
                ),
            )
        )
    return document(*statements)


def queue(queue_arn: str) -> Document:
    """No plain HTTP. Who may send is said by the senders' roles."""
    return document(
        to(
            "*",
            deny(
                "TlsOnly",
                ("sqs:*",),  # why: a denial of everything
                [queue_arn],
                {"Bool": {"aws:SecureTransport": "false"}},
            ),
        )
    )


def cluster(cluster_arn: str) -> Document:
    """Firehose may open its private connection. AWS's own sample has no condition here either."""
    return document(
        to(
            {"Service": "firehose.amazonaws.com"},
            allow("FirehoseConnects", ("kafka:CreateVpcConnection",), [cluster_arn]),
        )
    )


def endpoint(names: Names) -> Document:
    """Only principals of this account pass."""
    return document(
        to(
            "*",
            allow(
                "OwnAccountOnly",
                ("*",),  # why: the principals' own policies decide; this bounds whose they are
                ["*"],  # why: as above
                {"StringEquals": {"aws:PrincipalAccount": names.account_id}},
            ),
        )
    )
