"""What the functions' roles may do, as pure functions: names and ARNs in, statements out.

One statement is one sentence of intent, its actions and ARNs spelt out; a `*` says why. The roles
of AWS's services are service_permissions.py's; what the resources themselves allow (bucket, key,
queue, cluster) is resource_policies.py's.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.names import FUNCTIONS, Names, topic_arn
from components.policy import Document, Statement, allow, deny, document
from handlers.contract import quarantine

_ENI_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
_READ_TABLES = (
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:BatchGetPartition",
)


def any_function(names: Names, function: str, key_arn: str) -> list[Statement]:
    """What every function does besides its work: logs, traces, dead letters, its environment."""
    return [
        allow(
            "WriteOwnLogs",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            # why *: it stands for the streams of this one group
            [names.log_group_arn(names.function_log_group(function)) + ":*"],
        ),
        allow(
            "SendTraces",
            ("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
            ["*"],  # why: X-Ray knows no resource for these actions
        ),
        allow(
            "KeepFailedEvents",
            ("sqs:SendMessage",),
            [names.queue_arn(names.dead_letters(FUNCTIONS[function]))],
        ),
        use_key(names, key_arn, "lambda", "sqs"),
    ]


def use_key(names: Names, key_arn: str, *services: str) -> Statement:
    """Use of the project's key, through the named services only."""
    return allow(
        "UseKeyThrough" + "And".join(service.capitalize() for service in services),
        ("kms:Decrypt", "kms:GenerateDataKey"),
        [key_arn],
        {"StringEquals": {"kms:ViaService": [names.regional(service) for service in services]}},
    )


def in_a_network(names: Names, function: str) -> list[Statement]:
    """What Lambda needs to place a function in a VPC, and the function's own code must not use."""
    return [
        allow(
            "PlaceInNetwork",
            _ENI_ACTIONS,
            ["*"],  # why: the interface has no ARN before it exists, Describe has none at all
        ),
        deny(
            "NotByTheCodeItself",
            _ENI_ACTIONS,
            ["*"],  # why: a denial of everything
            {"ArnEquals": {"lambda:SourceFunctionArn": names.function_arn(function)}},
        ),
    ]


def generator(names: Names, key_arn: str) -> list[Statement]:
    """The generator reads the reference cache, calls two functions, keeps ledger and quarantine."""
    bucket = names.bucket_arn(names.data_bucket)
    return [
        allow(
            "CallProducerAndDataLoader",
            ("lambda:InvokeFunction",),
            [names.function_arn("producer"), names.function_arn("data_loader")],
        ),
        allow(
            "ReadReferenceCacheAndLedger",
            ("s3:GetObject",),
            [
                f"{bucket}/cache/reference-data.json",
                f"{bucket}/cache/reference/*",  # why *: one object a version
                f"{bucket}/ledger/*",  # why *: one object an attempt
            ],
        ),
        allow("KeepTheLedger", ("s3:PutObject",), [f"{bucket}/ledger/*"]),  # why *: as above
        allow(
            "KeepTheRefused",
            ("s3:PutObject",),
            [f"{bucket}/{quarantine.PREFIX}*"],  # why *: one object a batch with refused events
        ),
        allow(
            "FindEarlierAttempts",
            ("s3:ListBucket",),
            [bucket],
            {"StringLike": {"s3:prefix": ["ledger/*", "cache/*"]}},
        ),
        use_key(names, key_arn, "s3"),
    ]


def producer(names: Names, cluster_arn: str) -> list[Statement]:
    """The producer creates the one topic when it is missing, and writes to it."""
    return [
        connect_as_writer(cluster_arn),
        allow(
            "CreateAndWriteTheTopic",
            (
                "kafka-cluster:CreateTopic",
                "kafka-cluster:DescribeTopic",
                "kafka-cluster:WriteData",
            ),
            [topic_arn(cluster_arn, names.topic)],
        ),
    ]


def connect_as_writer(cluster_arn: str) -> Statement:
    """A connection to the cluster with an idempotent producer."""
    return allow(
        "ConnectAsWriter",
        ("kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"),
        [cluster_arn],
    )


def another_writer(names: Names, cluster_arn: str) -> Document:
    """What a writer of another project needs: it may write to the topic, not create it."""
    return document(
        connect_as_writer(cluster_arn),
        allow(
            "WriteTheTopic",
            ("kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"),
            [topic_arn(cluster_arn, names.topic)],
        ),
    )


def data_loader(
    names: Names,
    key_arn: str,
    reference_database: str,
    reference_locations: Sequence[str],
    reference_key_arn: str,
) -> list[Statement]:
    """The data loader asks Athena about titles, customers and their activity, and caches that.

    `reference_locations` are `s3://bucket/prefix/`; `reference_key_arn` is "" where their data has
    the project's key or none.
    """
    bucket = names.bucket_arn(names.data_bucket)
    statements = [
        allow(
            "RunQueries",
            (
                "athena:StartQueryExecution",
                "athena:GetQueryExecution",
                "athena:StopQueryExecution",
            ),
            [names.workgroup_arn()],
        ),
        allow(
            "ReadTheTables",
            _READ_TABLES,
            [
                # why *: GetTables asks for every table of the database
                *names.catalog_arns(reference_database, "*"),
                *names.catalog_arns(names.telemetry_database, "*")[1:],
            ],
        ),
        # https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
        allow("SeeTheDefaultDatabase", ("glue:GetDatabase",), names.catalog_arns("default")),
        allow(
            "ReadTelemetry",
            ("s3:GetObject",),
            [f"{bucket}/telemetry/*"],  # why *: every object of the table
        ),
        allow(
            "ListOwnPrefixes",
            ("s3:ListBucket",),
            [bucket],
            {"StringLike": {"s3:prefix": ["telemetry/*", "cache/*", "athena-results/*"]}},
        ),
        allow("FindTheBucket", ("s3:GetBucketLocation",), [bucket]),
        allow(
            "WriteQueryResults",
            (
                "s3:GetObject",
                "s3:PutObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ),
            [f"{bucket}/athena-results/*"],  # why *: Athena names its results
        ),
        allow(
            "KeepTheCache",
            ("s3:GetObject", "s3:PutObject"),
            [
                f"{bucket}/cache/reference-data.json",
                f"{bucket}/cache/reference/*",  # why *: one object a version
            ],
        ),
        use_key(names, key_arn, "s3"),
    ]
    statements += read_reference(names, reference_locations)
    if reference_key_arn:
        statements.append(
            allow(
                "DecryptReferenceData",
                ("kms:Decrypt",),
                [reference_key_arn],
                {"StringEquals": {"kms:ViaService": names.regional("s3")}},
            )
        )
    return statements


def read_reference(names: Names, locations: Sequence[str]) -> list[Statement]:
    """Reading the data behind titles and customers, wherever it lies."""
    paths = sorted({location.removeprefix("s3://").rstrip("/") for location in locations})
    folders: dict[str, list[str]] = {}
    for path in paths:
        bucket, _, prefix = path.partition("/")
        folders.setdefault(bucket, []).append(f"{prefix}/*" if prefix else "*")
    return [
        allow(
            "ReadReferenceData",
            ("s3:GetObject",),
            [names.bucket_arn(f"{path}/*") for path in paths],  # why *: every object of the tables
        ),
        *(
            allow(
                f"ListReferenceData{number}",
                ("s3:ListBucket",),
                [names.bucket_arn(bucket)],
                {"StringLike": {"s3:prefix": prefixes}},
            )
            for number, (bucket, prefixes) in enumerate(folders.items(), start=1)
        ),
        allow(
            "FindReferenceBuckets",
            ("s3:GetBucketLocation",),
            [names.bucket_arn(bucket) for bucket in folders],
        ),
    ]
