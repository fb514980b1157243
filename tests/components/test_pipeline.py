"""The pipeline as a whole: names, outputs, modes, and that two stacks fit into one account."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from components.names import Names
from tests.components.recording import (
    ACCOUNT_ID,
    BROKERS,
    CLUSTER_UUID,
    Deployment,
    Made,
    Recording,
    pipeline,
)

BUCKET = f"acme-telemetry-{ACCOUNT_ID}-eu-central-1"
CLUSTER = f"arn:aws:kafka:eu-central-1:{ACCOUNT_ID}:cluster/acme-telemetry/{CLUSTER_UUID}"
EXISTING: dict[str, Any] = {
    "streamMode": "existing",
    "streamClusterArn": CLUSTER,
    "streamSubnetIds": ["subnet-11111111", "subnet-22222222"],
    "streamSecurityGroupIds": ["sg-11111111"],
}
PHYSICAL_NAMES = ("name", "bucket", "clusterName")
# Named within something that is named by the prefix already.
SCOPED = {
    "aws:athena/namedQuery:NamedQuery",
    "aws:cloudwatch/logStream:LogStream",
    "aws:glue/catalogTable:CatalogTable",
    "aws:iam/rolePolicy:RolePolicy",
}
REFERS_TO_A_BUCKET = re.compile(r"aws:s3/bucket.+")


def physical_names(recording: Recording) -> dict[str, str]:
    """Type and logical name to the physical name, of what an account can hold only once."""
    return {
        f"{made.type} {made.name}": made.inputs[key]
        for made in recording.made
        for key in PHYSICAL_NAMES
        if key in made.inputs
        and made.type not in SCOPED
        and not (key == "bucket" and made.type != "aws:s3/bucket:Bucket")
    }


def test_the_default_stack_has_the_names_its_users_know(dev: Recording) -> None:
    assert sorted(made.inputs["name"] for made in dev.of("lambda/function")) == [
        "AcmeTelemetry-DataLoader",
        "AcmeTelemetry-Generator",
        "AcmeTelemetry-Producer",
    ]
    assert {made.inputs["name"] for made in dev.of("iam/role")} >= {
        f"AcmeTelemetry-{bearer}-Role"
        for bearer in ("Generator", "Producer", "DataLoader", "Firehose", "GlueCrawler")
    }
    assert dev.one("kinesis/firehoseDeliveryStream").inputs["name"] == "AcmeTelemetry-MSK-to-S3"
    assert dev.one("glue/crawler").inputs["name"] == "AcmeTelemetry-S3-Crawler"
    assert dev.one("glue/crawler").inputs["schedule"] == "cron(0 * * * ? *)"
    assert dev.one("scheduler/schedule").inputs["name"] == "AcmeTelemetry-GeneratorSchedule"
    assert {made.inputs["bucket"] for made in dev.of("s3/bucket")} == {
        BUCKET,
        f"acme-telemetry-logs-{ACCOUNT_ID}-eu-central-1",
    }
    assert dev.one("glue/catalogDatabase").inputs["name"] == "acme_telemetry"
    assert {made.inputs["name"] for made in dev.of("glue/catalogTable")} == {
        "video_telemetry_json",
        "quarantine",
    }


def test_the_outputs_are_the_public_interface(dev_deployment: Deployment) -> None:
    outputs = dict(dev_deployment.outputs)
    policy = json.loads(outputs.pop("producer_policy_json"))
    assert [s["Sid"] for s in policy["Statement"]] == ["ConnectAsWriter", "WriteTheTopic"]
    function = f"arn:aws:lambda:eu-central-1:{ACCOUNT_ID}:function:AcmeTelemetry-"
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/AcmeTelemetry-"
    assert outputs == {
        "region": "eu-central-1",
        "account_id": ACCOUNT_ID,
        "data_bucket": BUCKET,
        "results_location": f"s3://{BUCKET}/athena-results/",
        "ledger_location": f"s3://{BUCKET}/ledger/",
        "kms_key_arn": f"arn:aws:kms:eu-central-1:{ACCOUNT_ID}:key/encryption-key",
        "cluster_arn": CLUSTER,
        "bootstrap_brokers": BROKERS,
        "topic": "acme-telemetry",
        "topic_arn": CLUSTER.replace(":cluster/", ":topic/") + "/acme-telemetry",
        "vpc_id": "network-vpc-id",
        "private_subnet_ids": [f"network-private-{letter}-id" for letter in "abc"],
        "client_security_group_id": "network-client-group-id",
        "delivery_stream": "AcmeTelemetry-MSK-to-S3",
        "databases": {"telemetry": "acme_telemetry", "reference": "acme_streaming_data"},
        "tables": {
            "events": "acme_telemetry.video_telemetry_json",
            "titles": "acme_streaming_data.titles",
            "customers": "acme_streaming_data.customers",
            "quarantine": "acme_telemetry.quarantine",
        },
        "workgroup": "acme-telemetry",
        "crawler": "AcmeTelemetry-S3-Crawler",
        "function_names": {
            "generator": "AcmeTelemetry-Generator",
            "producer": "AcmeTelemetry-Producer",
            "data_loader": "AcmeTelemetry-DataLoader",
        },
        "function_arns": {
            "generator": f"{function}Generator",
            "producer": f"{function}Producer",
            "data_loader": f"{function}DataLoader",
        },
        "role_arns": {
            "generator": f"{role}Generator-Role",
            "producer": f"{role}Producer-Role",
            "data_loader": f"{role}DataLoader-Role",
            "firehose": f"{role}Firehose-Role",
            "glue_crawler": f"{role}GlueCrawler-Role",
            "scheduler": f"{role}Scheduler-Role",
        },
        "dashboard_url": None,
        "alarm_topic_arn": None,
        "schema_version": 1,
    }


def test_both_targets_have_the_same_outputs(
    dev_deployment: Deployment, local_deployment: Deployment
) -> None:
    assert shape(dev_deployment.outputs) == shape(local_deployment.outputs)


def shape(value: object) -> object:
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return type(value).__name__


def test_docs_name_exactly_the_outputs(dev_deployment: Deployment) -> None:
    from tests.components.recording import REPO

    page = (REPO / "docs" / "outputs.md").read_text()
    documented = re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)
    assert documented == list(dev_deployment.outputs)


@pytest.mark.parametrize("mode", ["sample", "existing"])
def test_two_prefixes_share_no_physical_name(dev: Recording, local: Recording, mode: str) -> None:
    first = physical_names(local)
    second = physical_names(
        pipeline(
            "local",
            prefix="acme-two",
            referenceMode=mode,
            **({"referenceDatabase": "acme_two_streaming_data"} if mode == "sample" else {}),
        ).recording
    )
    assert len(first) > 30
    assert not set(first.values()) & set(second.values())
    assert all(re.search("acme-two|AcmeTwo|acme_two", physical) for physical in second.values())


# The least of what AWS takes, by type; 64 where nothing is said.
LONGEST = {
    "aws:s3/bucket:Bucket": 63,
    "aws:cloudwatch/logGroup:LogGroup": 512,
    "aws:ec2/securityGroup:SecurityGroup": 255,
    "aws:sqs/queue:Queue": 80,
    "aws:glue/securityConfiguration:SecurityConfiguration": 255,
}


def test_the_longest_prefix_fits_every_service() -> None:
    recording = pipeline("dev", prefix="acme-telemetry-of-the-far-east", auditTrail="create")
    named = physical_names(recording.recording)
    assert max(len(name) for name in named.values()) > 63
    for thing, physical in named.items():
        assert len(physical) <= LONGEST.get(thing.split()[0], 64), thing


def test_fixed_names_come_from_names_alone(dev: Recording) -> None:
    names = Names(prefix="acme-telemetry", account_id=ACCOUNT_ID, region="eu-central-1")
    spellings = (names.prefix, names.pascal, names.snake)
    for thing, physical in physical_names(dev).items():
        assert any(spelling in physical for spelling in spellings), thing


@pytest.mark.parametrize(
    ("changes", "present", "absent"),
    [
        ({}, {"msk/cluster", "msk/configuration", "ec2/vpc"}, {"msk/serverlessCluster"}),
        (
            {"streamMode": "serverless"},
            {"msk/serverlessCluster", "msk/clusterPolicy", "ec2/vpc"},
            {"msk/cluster", "msk/configuration"},
        ),
        (
            EXISTING,
            {"kinesis/firehoseDeliveryStream"},
            {"msk/cluster", "msk/serverlessCluster", "msk/clusterPolicy", "ec2/vpc"},
        ),
        ({"catalogPartitions": "projection"}, {"glue/catalogTable"}, {"glue/crawler"}),
        ({"referenceMode": "sample"}, {"s3/bucketObjectv2"}, set()),
        ({}, set(), {"s3/bucketObjectv2", "cloudtrail/trail"}),
        ({"auditTrail": "create"}, {"cloudtrail/trail"}, set()),
    ],
    ids=["provisioned", "serverless", "existing", "projection", "sample", "neither", "audit"],
)
def test_every_mode_builds_what_it_should(
    changes: dict[str, Any], present: set[str], absent: set[str]
) -> None:
    recording = pipeline("dev", **changes).recording
    assert {type_ for type_ in present if not recording.of(type_)} == set()
    assert {type_ for type_ in absent if recording.of(type_)} == set()


def test_an_existing_cluster_is_used_as_it_is() -> None:
    deployment = pipeline("dev", **EXISTING)
    outputs, recording = deployment.outputs, deployment.recording
    assert (outputs["cluster_arn"], outputs["bootstrap_brokers"]) == (CLUSTER, BROKERS)
    assert outputs["vpc_id"] == "vpc-existing"
    assert outputs["private_subnet_ids"] == EXISTING["streamSubnetIds"]
    producer = recording.one("lambda/function", "producer-function")
    assert producer.inputs["vpcConfig"] == {
        "subnetIds": EXISTING["streamSubnetIds"],
        "securityGroupIds": EXISTING["streamSecurityGroupIds"],
    }


def test_projection_has_no_crawler_to_name() -> None:
    outputs = pipeline("dev", catalogPartitions="projection").outputs
    assert outputs["crawler"] is None and outputs["role_arns"]["glue_crawler"] is None


def test_what_costs_money_is_tagged(local: Recording) -> None:
    costly = [made for made in local.made if made.type in COSTLY]
    assert costly
    for made in costly:
        assert made.inputs["tags"]["application"] == "acme-telemetry", made
        assert made.inputs["tags"]["environment"] == "local", made


COSTLY = {
    "aws:kms/key:Key",
    "aws:s3/bucket:Bucket",
    "aws:msk/cluster:Cluster",
    "aws:lambda/function:Function",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:glue/crawler:Crawler",
    "aws:athena/workgroup:Workgroup",
}


def test_the_recorder_notices_one_name_for_two_resources() -> None:
    import pulumi_aws as aws

    from tests.components.recording import record

    def body() -> dict[str, Any]:
        aws.sqs.Queue("one")
        aws.sqs.Queue("one")
        return {}

    with pytest.raises(AssertionError, match="one name for two resources"):
        record(body)


def test_a_resource_is_recorded_as_the_engine_sees_it(dev: Recording) -> None:
    made = dev.one("scheduler/schedule")
    assert isinstance(made, Made)
    assert made.inputs["flexibleTimeWindow"] == {"mode": "OFF"}
