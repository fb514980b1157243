"""What roles may do, told as documents: one intent a statement, actions and ARNs spelt out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from components import permissions, resource_policies, service_permissions
from components.names import Names
from components.policy import allow, deny, document, to, trust

NAMES = Names(prefix="acme-telemetry", account_id="111122223333", region="eu-central-1")
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234"
CLUSTER = "arn:aws:kafka:eu-central-1:111122223333:cluster/acme-telemetry/uuid-1"
TOPIC = "arn:aws:kafka:eu-central-1:111122223333:topic/acme-telemetry/uuid-1/acme-telemetry"
BUCKET = "arn:aws:s3:::acme-telemetry-111122223333-eu-central-1"
LOADER = ("acme_streaming_data", ["s3://films/titles/", "s3://films/customers/"], "")

ROLES = {
    "generator": document(
        *permissions.any_function(NAMES, "generator", KEY), *permissions.generator(NAMES, KEY)
    ),
    "producer": document(
        *permissions.any_function(NAMES, "producer", KEY),
        *permissions.in_a_network(NAMES, "producer"),
        *permissions.producer(NAMES, CLUSTER),
    ),
    "data_loader": document(
        *permissions.any_function(NAMES, "data_loader", KEY),
        *permissions.data_loader(NAMES, KEY, *LOADER),
    ),
    "firehose": service_permissions.firehose(NAMES, KEY, CLUSTER, "/aws/kinesisfirehose/x"),
    "glue_crawler": service_permissions.crawler(NAMES, KEY),
    "scheduler": service_permissions.scheduler(NAMES, KEY),
    "flow_logs": service_permissions.flow_logs(NAMES, "/aws/vpc/x"),
    "trail": service_permissions.trail(NAMES, "/aws/cloudtrail/x"),
}
# Resources that AWS knows no ARN for: each with its reason in permissions.py.
STAR_ACTIONS = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    *permissions._ENI_ACTIONS,
    "glue:GetSecurityConfiguration",
}


def granted(role: str) -> dict[str, set[str]]:
    """Action to resources, over all Allow statements."""
    rights: dict[str, set[str]] = {}
    for statement in ROLES[role]["Statement"]:
        if statement["Effect"] == "Allow":
            for action in statement["Action"]:
                rights.setdefault(action, set()).update(statement["Resource"])
    return rights


@pytest.mark.parametrize("role", ROLES)
def test_no_action_and_hardly_a_resource_is_a_wildcard(role: str) -> None:
    for action, resources in granted(role).items():
        assert "*" not in action, action
        if "*" in resources:
            assert action in STAR_ACTIONS


@pytest.mark.parametrize("role", ROLES)
def test_statements_have_names_of_their_own(role: str) -> None:
    sids = [statement["Sid"] for statement in ROLES[role]["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)


@pytest.mark.parametrize("role", ROLES)
def test_a_key_is_used_by_its_arn_and_through_a_service(role: str) -> None:
    for statement in ROLES[role]["Statement"]:
        if any(action.startswith("kms:") for action in statement["Action"]):
            assert statement["Resource"] == [KEY]
            assert statement["Condition"]["StringEquals"]["kms:ViaService"]


@pytest.mark.parametrize("role", ROLES)
def test_a_policy_fits_the_quota_of_a_role(role: str) -> None:
    from components.stage import as_json

    assert len(as_json(ROLES[role])) < 10_240


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_services_are_named_as_their_partition_names_them(partition: str) -> None:
    names = Names(
        prefix="acme-telemetry", account_id="111122223333", region="cn-north-1", partition=partition
    )
    domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    (via,) = permissions.use_key(names, KEY, "s3")["Condition"]["StringEquals"].values()
    assert via == [f"s3.cn-north-1.{domain}"]
    logs = resource_policies.key(names, trail=None)["Statement"][1]
    assert logs["Principal"] == {"Service": f"logs.cn-north-1.{domain}"}
    assert set(re.findall(r"arn:([a-z-]+):", str(resource_policies.key(names, trail="T")))) == {
        partition
    }


def test_the_producer_writes_one_topic_and_nothing_else() -> None:
    rights = granted("producer")
    kafka = {action: rights[action] for action in rights if action.startswith("kafka")}
    assert kafka == {
        "kafka-cluster:Connect": {CLUSTER},
        "kafka-cluster:WriteDataIdempotently": {CLUSTER},
        "kafka-cluster:CreateTopic": {TOPIC},
        "kafka-cluster:DescribeTopic": {TOPIC},
        "kafka-cluster:WriteData": {TOPIC},
    }
    assert not any(action.startswith(("s3:", "lambda:", "athena:", "sts:")) for action in rights)


def test_the_producer_s_code_may_not_use_the_network_rights() -> None:
    (denial,) = (s for s in ROLES["producer"]["Statement"] if s["Effect"] == "Deny")
    assert set(denial["Action"]) == set(permissions._ENI_ACTIONS)
    assert denial["Condition"] == {
        "ArnEquals": {
            "lambda:SourceFunctionArn": "arn:aws:lambda:eu-central-1:111122223333:function:"
            "AcmeTelemetry-Producer"
        }
    }


def test_another_writer_writes_but_creates_no_topic() -> None:
    assert permissions.another_writer(NAMES, CLUSTER)["Statement"] == [
        allow(
            "ConnectAsWriter",
            ["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"],
            [CLUSTER],
        ),
        allow("WriteTheTopic", ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"], [TOPIC]),
    ]


def test_the_generator_calls_two_functions_and_writes_ledger_and_quarantine_alone() -> None:
    rights = granted("generator")
    assert rights["lambda:InvokeFunction"] == {
        "arn:aws:lambda:eu-central-1:111122223333:function:AcmeTelemetry-Producer",
        "arn:aws:lambda:eu-central-1:111122223333:function:AcmeTelemetry-DataLoader",
    }
    assert rights["s3:PutObject"] == {f"{BUCKET}/ledger/*", f"{BUCKET}/quarantine/*"}
    assert not any(action.startswith(("kafka", "athena:", "glue:")) for action in rights)


def test_the_data_loader_reads_reference_data_and_writes_results_and_cache() -> None:
    rights = granted("data_loader")
    assert rights["s3:PutObject"] == {
        f"{BUCKET}/athena-results/*",
        f"{BUCKET}/cache/reference-data.json",
        f"{BUCKET}/cache/reference/*",
    }
    assert {"arn:aws:s3:::films/titles/*", "arn:aws:s3:::films/customers/*"} <= rights[
        "s3:GetObject"
    ]
    lists = [s for s in ROLES["data_loader"]["Statement"] if "s3:ListBucket" in s["Action"]]
    assert all("s3:prefix" in s["Condition"]["StringLike"] for s in lists)
    assert rights["athena:StartQueryExecution"] == {
        "arn:aws:athena:eu-central-1:111122223333:workgroup/acme-telemetry"
    }
    assert not any(action.startswith("glue:") and "Get" not in action for action in rights)


def test_the_key_of_the_reference_data_is_for_reading_only() -> None:
    other = "arn:aws:kms:eu-central-1:111122223333:key/other"
    statements = permissions.data_loader(NAMES, KEY, LOADER[0], LOADER[1], other)
    (statement,) = (s for s in statements if s["Resource"] == [other])
    assert statement["Action"] == ["kms:Decrypt"]


def test_firehose_reads_the_topic_and_writes_two_prefixes() -> None:
    rights = granted("firehose")
    assert rights["kafka-cluster:ReadData"] == {TOPIC}
    assert rights["s3:PutObject"] == {f"{BUCKET}/telemetry/*", f"{BUCKET}/errors/*"}
    assert "kafka-cluster:WriteData" not in rights
    assert "kafka-cluster:AlterGroup" not in rights


def test_the_crawler_changes_the_raw_table_only() -> None:
    rights = granted("glue_crawler")
    assert "glue:CreateTable" not in rights
    assert {r for r in rights["glue:BatchCreatePartition"] if ":table/" in r} == {
        "arn:aws:glue:eu-central-1:111122223333:table/acme_telemetry/video_telemetry_json"
    }
    assert rights["s3:GetObject"] == {f"{BUCKET}/telemetry/*"}


def test_a_role_is_taken_by_one_service_for_this_account() -> None:
    (statement,) = trust("firehose.amazonaws.com", "111122223333")["Statement"]
    assert statement["Principal"] == {"Service": "firehose.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_two_conditions_of_one_operator_are_both_kept() -> None:
    statement = deny("X", ["s3:*"], ["*"], {"StringEquals": {"a": "1", "b": ["2", "3"]}})
    assert statement["Condition"] == {"StringEquals": {"a": "1", "b": ["2", "3"]}}


RESOURCE_POLICIES = {
    "data bucket": resource_policies.data_bucket(NAMES, KEY),
    "log bucket": resource_policies.log_bucket(NAMES, trail="T"),
    "key": resource_policies.key(NAMES, trail="T"),
    "queue": resource_policies.queue("arn:aws:sqs:eu-central-1:111122223333:q"),
    "cluster": resource_policies.cluster(CLUSTER),
    "endpoint": resource_policies.endpoint(NAMES),
}


@pytest.mark.parametrize("resource", RESOURCE_POLICIES)
def test_everybody_is_only_ever_denied_or_bound_to_the_account(resource: str) -> None:
    for statement in RESOURCE_POLICIES[resource]["Statement"]:
        if statement["Principal"] == "*" and statement["Effect"] == "Allow":
            assert statement["Condition"] == {
                "StringEquals": {"aws:PrincipalAccount": "111122223333"}
            }


@pytest.mark.parametrize("resource", ["data bucket", "log bucket", "queue"])
def test_plain_http_is_denied(resource: str) -> None:
    (statement,) = (s for s in RESOURCE_POLICIES[resource]["Statement"] if s["Sid"] == "TlsOnly")
    assert statement["Effect"] == "Deny" and statement["Principal"] == "*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    if "bucket" in resource:
        bucket, objects = statement["Resource"]
        assert objects == f"{bucket}/*"


def test_no_object_under_another_key() -> None:
    (statement,) = (
        s for s in RESOURCE_POLICIES["data bucket"]["Statement"] if s["Sid"] == "NoOtherKey"
    )
    header = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {
        "Null": {header: "false"},
        "StringNotEquals": {header: KEY},
    }


def test_only_firehose_may_open_a_connection_to_the_cluster() -> None:
    assert RESOURCE_POLICIES["cluster"] == document(
        to(
            {"Service": "firehose.amazonaws.com"},
            allow("FirehoseConnects", ["kafka:CreateVpcConnection"], [CLUSTER]),
        )
    )


def test_no_policy_names_a_foreign_account() -> None:
    documents: list[Any] = [*RESOURCE_POLICIES.values(), *ROLES.values()]
    accounts = set(re.findall(r"(?<=:)\d{12}(?=[:\"'])", str(documents)))
    assert accounts == {"111122223333"}
