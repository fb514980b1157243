"""What the roles of AWS's services may do here: Firehose, the crawler, the scheduler, log writers.

Pure functions like those of permissions.py.
"""

from __future__ import annotations

from components.names import RAW_TABLE, Names, group_arn, topic_arn
from components.permissions import use_key
from components.policy import Document, allow, document


def firehose(names: Names, key_arn: str, cluster_arn: str, log_group: str) -> Document:
    """Firehose reads the topic, writes objects and errors, and logs what fails."""
    bucket = names.bucket_arn(names.data_bucket)
    return document(
        allow(
            "ConnectToTheCluster",
            (
                "kafka:GetBootstrapBrokers",
                "kafka:DescribeCluster",
                "kafka:DescribeClusterV2",
                "kafka-cluster:Connect",
            ),
            [cluster_arn],
        ),
        allow(
            "ReadTheTopic",
            (
                "kafka-cluster:DescribeTopic",
                "kafka-cluster:DescribeTopicDynamicConfiguration",
                "kafka-cluster:ReadData",
            ),
            [topic_arn(cluster_arn, names.topic)],
        ),
        allow(
            "SeeItsGroup",
            ("kafka-cluster:DescribeGroup",),
            [group_arn(cluster_arn, "*")],  # why *: Firehose names its consumer group itself
        ),
        allow(
            "FindTheBucket",
            ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
            [bucket],
        ),
        allow(
            "WriteObjectsAndErrors",
            ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"),
            [f"{bucket}/telemetry/*", f"{bucket}/errors/*"],  # why *: Firehose names its objects
        ),
        allow(
            "LogFailures",
            ("logs:PutLogEvents",),
            [names.log_group_arn(log_group) + ":*"],  # why *: the streams of this one group
        ),
        use_key(names, key_arn, "s3"),
    )


def crawler(names: Names, key_arn: str) -> Document:
    """The crawler looks for new folders and adds partitions to the one raw table."""
    bucket = names.bucket_arn(names.data_bucket)
    catalog = names.catalog_arns(names.telemetry_database, RAW_TABLE)
    return document(
        allow("ReadTelemetry", ("s3:GetObject",), [f"{bucket}/telemetry/*"]),  # why *: the table
        allow(
            "ListTelemetry",
            ("s3:ListBucket",),
            [bucket],
            {"StringLike": {"s3:prefix": ["telemetry", "telemetry/*"]}},
        ),
        allow("FindTheBucket", ("s3:GetBucketLocation",), [bucket]),
        allow(
            "ReadTheTable",
            ("glue:GetDatabase", "glue:GetTable", "glue:GetTables"),
            # why *: GetTables asks for every table of the database
            names.catalog_arns(names.telemetry_database, "*"),
        ),
        allow(
            "AddPartitions",
            (
                "glue:UpdateTable",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:BatchGetPartition",
                "glue:CreatePartition",
                "glue:BatchCreatePartition",
                "glue:UpdatePartition",
            ),
            catalog,
        ),
        allow(
            "ReadItsSecurityConfiguration",
            ("glue:GetSecurityConfiguration",),
            ["*"],  # why: Glue knows no resource for this action
        ),
        allow(
            "WriteOwnLogs",
            (
                "logs:CreateLogGroup",  # asked for even where the group is there
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:AssociateKmsKey",
            ),
            # why *: Glue names the group after role and security configuration, both of this stack
            [names.log_group_arn(f"/aws-glue/crawlers-role/{names.pascal}-*")],
        ),
        use_key(names, key_arn, "s3"),
    )


def scheduler(names: Names, key_arn: str) -> Document:
    """The scheduler calls the generator and keeps the calls that failed."""
    return document(
        allow("CallTheGenerator", ("lambda:InvokeFunction",), [names.function_arn("generator")]),
        allow(
            "KeepFailedCalls",
            ("sqs:SendMessage",),
            [names.queue_arn(names.dead_letters("GeneratorSchedule"))],
        ),
        use_key(names, key_arn, "sqs"),
    )


def flow_logs(names: Names, log_group: str) -> Document:
    """Flow logs look for their log group and write to it."""
    return document(
        allow(
            "FindTheLogGroup",
            ("logs:DescribeLogGroups",),
            [names.log_group_arn("*")],  # why *: it lists the groups of the account
        ),
        allow(
            "WriteOneLogGroup",
            ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"),
            [names.log_group_arn(log_group) + ":*"],  # why *: the streams of this one group
        ),
    )


def trail(names: Names, log_group: str) -> Document:
    """The trail writes to its log group."""
    return document(
        allow(
            "WriteOneLogGroup",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            [names.log_group_arn(log_group) + ":*"],  # why *: the streams of this one group
        )
    )
