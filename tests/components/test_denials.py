"""What no role may do: each line is a mistake or a theft that the role's policy must not allow.

The evaluator below knows what these policies use: Allow and Deny, `*` in resources, and conditions
by StringEquals, StringLike and ArnEquals. A context key that is not given satisfies no condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.components.test_permissions import BUCKET, CLUSTER, KEY, ROLES, TOPIC

GROUP = CLUSTER.replace(":cluster/", ":group/") + "/another"
OTHER_TOPIC = TOPIC.removesuffix("acme-telemetry") + "orders"
OTHER_CLUSTER = CLUSTER.replace("uuid-1", "uuid-2")
OTHER_KEY = KEY.replace("1234", "5678")
A = "arn:aws:{}:eu-central-1:111122223333:{}"
FUNCTION = "function:AcmeTelemetry-"
RAW_TABLE = A.format("glue", "table/acme_telemetry/video_telemetry_json")
TITLES = A.format("glue", "table/acme_streaming_data/titles")
WORKGROUP = A.format("athena", "workgroup/acme-telemetry")
OWN_LOGS = "log-group:/aws/lambda/AcmeTelemetry-{}:log-stream:a"
THROUGH_S3 = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}


def may(role: str, action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether the role's own policy allows it."""
    told = [s["Effect"] for s in ROLES[role]["Statement"] if _fits(s, action, resource, context)]
    return "Allow" in told and "Deny" not in told


def _fits(
    statement: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str] | None
) -> bool:
    conditions = [
        (key, [values] if isinstance(values, str) else values)
        for pairs in statement.get("Condition", {}).values()
        for key, values in pairs.items()
    ]
    return (
        action in statement["Action"]
        and any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
        and all(
            any(fnmatchcase((context or {}).get(key, ""), value) for value in values)
            for key, values in conditions
        )
    )


ALLOWED: list[tuple[str, str, str, dict[str, str]]] = [
    ("producer", "kafka-cluster:Connect", CLUSTER, {}),
    ("producer", "kafka-cluster:WriteData", TOPIC, {}),
    ("producer", "ec2:CreateNetworkInterface", "*", {}),
    ("producer", "logs:PutLogEvents", A.format("logs", OWN_LOGS.format("Producer")), {}),
    ("generator", "lambda:InvokeFunction", A.format("lambda", FUNCTION + "Producer"), {}),
    ("generator", "s3:PutObject", f"{BUCKET}/ledger/year=2026/a-opened.json", {}),
    ("generator", "s3:ListBucket", BUCKET, {"s3:prefix": "ledger/year=2026/"}),
    ("generator", "kms:GenerateDataKey", KEY, THROUGH_S3),
    ("data_loader", "athena:StartQueryExecution", WORKGROUP, {}),
    ("data_loader", "glue:GetTable", TITLES, {}),
    ("data_loader", "glue:GetDatabase", A.format("glue", "database/default"), {}),
    ("data_loader", "s3:GetObject", "arn:aws:s3:::films/titles/titles.parquet", {}),
    ("data_loader", "s3:PutObject", f"{BUCKET}/cache/reference/1.json.gz", {}),
    ("firehose", "kafka-cluster:ReadData", TOPIC, {}),
    ("firehose", "kafka:GetBootstrapBrokers", CLUSTER, {}),
    ("firehose", "s3:PutObject", f"{BUCKET}/errors/processing-failed/a.gz", {}),
    ("glue_crawler", "glue:BatchCreatePartition", RAW_TABLE, {}),
    ("glue_crawler", "glue:GetSecurityConfiguration", "*", {}),
    ("scheduler", "lambda:InvokeFunction", A.format("lambda", FUNCTION + "Generator"), {}),
    ("flow_logs", "logs:DescribeLogGroups", A.format("logs", "log-group:/aws/vpc/x"), {}),
    ("trail", "logs:CreateLogStream", A.format("logs", "log-group:/aws/cloudtrail/x:a"), {}),
]
DENIED: list[tuple[str, str, str, dict[str, str]]] = [
    # The producer writes one topic of one cluster; its code has no other reach.
    ("producer", "kafka-cluster:ReadData", TOPIC, {}),
    ("producer", "kafka-cluster:WriteData", OTHER_TOPIC, {}),
    ("producer", "kafka-cluster:CreateTopic", OTHER_TOPIC, {}),
    ("producer", "kafka-cluster:DeleteTopic", TOPIC, {}),
    ("producer", "kafka-cluster:AlterTopicDynamicConfiguration", TOPIC, {}),
    ("producer", "kafka-cluster:AlterGroup", GROUP, {}),
    ("producer", "kafka-cluster:Connect", OTHER_CLUSTER, {}),
    ("producer", "s3:PutObject", f"{BUCKET}/telemetry/a", {}),
    ("producer", "athena:StartQueryExecution", WORKGROUP, {}),
    ("producer", "lambda:InvokeFunction", A.format("lambda", FUNCTION + "Generator"), {}),
    (
        "producer",
        "sts:AssumeRole",
        "arn:aws:iam::111122223333:role/AcmeTelemetry-Firehose-Role",
        {},
    ),
    ("producer", "kms:Decrypt", OTHER_KEY, {"kms:ViaService": "lambda.eu-central-1.amazonaws.com"}),
    ("producer", "kms:Decrypt", KEY, THROUGH_S3),
    (
        "producer",
        "ec2:CreateNetworkInterface",
        "*",
        {"lambda:SourceFunctionArn": A.format("lambda", FUNCTION + "Producer")},
    ),
    ("producer", "logs:PutLogEvents", A.format("logs", OWN_LOGS.format("Generator")), {}),
    ("producer", "logs:CreateLogGroup", A.format("logs", "log-group:/aws/lambda/x"), {}),
    # The generator keeps the ledger and calls two functions.
    ("generator", "s3:PutObject", f"{BUCKET}/telemetry/a", {}),
    ("generator", "s3:PutObject", f"{BUCKET}/cache/reference-data.json", {}),
    ("generator", "s3:DeleteObject", f"{BUCKET}/ledger/a", {}),
    ("generator", "s3:GetObject", f"{BUCKET}/telemetry/a", {}),
    ("generator", "s3:ListBucket", BUCKET, {}),
    ("generator", "s3:ListBucket", BUCKET, {"s3:prefix": "telemetry/"}),
    ("generator", "lambda:InvokeFunction", A.format("lambda", FUNCTION + "Generator"), {}),
    ("generator", "kafka-cluster:WriteData", TOPIC, {}),
    ("generator", "kms:Decrypt", KEY, {}),
    # The data loader reads tables and writes its cache and results.
    ("data_loader", "glue:UpdateTable", TITLES, {}),
    ("data_loader", "glue:GetTable", A.format("glue", "table/payroll/salaries"), {}),
    ("data_loader", "glue:GetTable", A.format("glue", "table/default/salaries"), {}),
    ("data_loader", "athena:StartQueryExecution", A.format("athena", "workgroup/primary"), {}),
    ("data_loader", "s3:PutObject", f"{BUCKET}/telemetry/a", {}),
    ("data_loader", "s3:PutObject", "arn:aws:s3:::films/titles/a", {}),
    ("data_loader", "s3:GetObject", "arn:aws:s3:::films/salaries/a", {}),
    ("data_loader", "s3:GetObject", f"{BUCKET}/ledger/a", {}),
    ("data_loader", "lambda:InvokeFunction", A.format("lambda", FUNCTION + "Producer"), {}),
    # Firehose reads one topic and never writes Kafka, the ledger or the cache.
    ("firehose", "kafka-cluster:ReadData", OTHER_TOPIC, {}),
    ("firehose", "kafka-cluster:WriteData", TOPIC, {}),
    ("firehose", "kafka-cluster:AlterGroup", GROUP, {}),
    ("firehose", "s3:PutObject", f"{BUCKET}/ledger/a", {}),
    ("firehose", "s3:DeleteObject", f"{BUCKET}/telemetry/a", {}),
    ("firehose", "kms:Decrypt", OTHER_KEY, THROUGH_S3),
    # The crawler adds partitions: it makes, drops and reads nothing else.
    ("glue_crawler", "glue:CreateTable", RAW_TABLE, {}),
    ("glue_crawler", "glue:DeleteTable", RAW_TABLE, {}),
    ("glue_crawler", "glue:BatchCreatePartition", TITLES, {}),
    ("glue_crawler", "s3:PutObject", f"{BUCKET}/telemetry/a", {}),
    ("glue_crawler", "s3:GetObject", f"{BUCKET}/ledger/a", {}),
    (
        "glue_crawler",
        "logs:PutLogEvents",
        A.format("logs", "log-group:/aws/lambda/AcmeTelemetry-Producer:log-stream:a"),
        {},
    ),
    (
        "glue_crawler",
        "logs:PutLogEvents",
        A.format("logs", "log-group:/aws-glue/crawlers-role/Another-Role-x:log-stream:a"),
        {},
    ),
    # The scheduler calls the generator alone; writers of logs write one group.
    ("scheduler", "lambda:InvokeFunction", A.format("lambda", FUNCTION + "Producer"), {}),
    ("scheduler", "sqs:SendMessage", A.format("sqs", "AcmeTelemetry-Producer-DLQ"), {}),
    ("flow_logs", "logs:PutLogEvents", A.format("logs", "log-group:/aws/vpc/y:log-stream:a"), {}),
    ("trail", "logs:PutLogEvents", A.format("logs", "log-group:/aws/vpc/x:log-stream:a"), {}),
]


@pytest.mark.parametrize(("role", "action", "resource", "context"), ALLOWED)
def test_its_work_is_allowed(
    role: str, action: str, resource: str, context: dict[str, str]
) -> None:
    assert may(role, action, resource, context)


@pytest.mark.parametrize(("role", "action", "resource", "context"), DENIED)
def test_all_else_is_not(role: str, action: str, resource: str, context: dict[str, str]) -> None:
    assert not may(role, action, resource, context)


def test_every_role_has_both_kinds_of_cases() -> None:
    assert {case[0] for case in DENIED} == {case[0] for case in ALLOWED} == set(ROLES)
