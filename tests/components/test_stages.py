"""The smaller stages: encryption, reference, producer, generator, query, audit, and the program."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import pulumi
import pulumi_aws as aws
import pytest

from components import generator, packaging, program, query, settings
from components.wheels import PackagingError
from handlers.contract import reference
from tests.components.recording import ACCOUNT_ID, REPO, Recording, build, pipeline, stack_file
from tests.components.test_pipeline import EXISTING

BUCKET = f"acme-telemetry-{ACCOUNT_ID}-eu-central-1"


def test_the_key_rotates_and_outlives_a_mistake(dev: Recording) -> None:
    key = dev.one("kms/key").inputs
    assert key["enableKeyRotation"] is True and key["deletionWindowInDays"] == 30
    assert dev.request("encryption-key", "key").protect
    assert dev.one("kms/alias").inputs["name"] == "alias/acme-telemetry"


def test_every_log_group_has_a_retention_and_the_key(dev: Recording) -> None:
    groups = dev.of("cloudwatch/logGroup")
    assert len(groups) == 7
    for group in groups:
        assert group.inputs["retentionInDays"] == 30
        assert group.inputs["kmsKeyId"].endswith("encryption-key")


def test_the_sample_is_deployed_where_there_is_no_reference_data(local: Recording) -> None:
    tables = {made.inputs["name"]: made.inputs for made in local.of("glue/catalogTable")}
    for kind, columns in (("titles", reference.TITLES), ("customers", reference.CUSTOMERS)):
        storage = tables[kind]["storageDescriptor"]
        assert storage["location"] == f"s3://{BUCKET}/reference/{kind}/"
        declared = [(column["name"], column["type"]) for column in storage["columns"]]
        assert declared == [(column.name, column.type) for column in columns]
        assert tables[kind]["databaseName"] == "acme_streaming_data"
    keys = {made.inputs["key"] for made in local.of("s3/bucketObjectv2")}
    assert keys == {"reference/titles/titles.parquet", "reference/customers/customers.parquet"}


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"referenceMode": "sample"}, f"arn:aws:s3:::{BUCKET}/reference/titles/*"),
        ({}, "arn:aws:s3:::streaming/titles/*"),
        ({"referenceDataLocations": ["s3://films/all/"]}, "arn:aws:s3:::films/all/*"),
    ],
    ids=["sample", "as the catalogue says", "as set"],
)
def test_the_data_loader_may_read_where_the_data_is(
    changes: dict[str, object], location: str
) -> None:
    recording = pipeline("dev", **changes).recording
    policy = json.loads(recording.one("iam/rolePolicy", "data-loader-permissions").inputs["policy"])
    (statement,) = (s for s in policy["Statement"] if s["Sid"] == "ReadReferenceData")
    assert location in statement["Resource"]


def test_the_topic_is_made_by_the_producer_once_it_can(dev: Recording) -> None:
    topic = dev.one("lambda/invocation").inputs
    assert topic["functionName"] == "AcmeTelemetry-Producer"
    assert json.loads(topic["input"]) == {"ensure_topic": True}
    assert set(topic["triggers"]) == {"cluster", "partitions"}
    assert {
        "stream-cluster",
        "producer-permissions",
        "producer-function",
        "network-client-to-broker-in",
        "network-client-to-broker-out",
    } <= dev.waits_for("producer-topic", "invocation")


def test_a_tick_is_scheduled_as_agreed(dev: Recording) -> None:
    schedule = dev.one("scheduler/schedule").inputs
    assert schedule["scheduleExpression"] == "rate(5 minutes)"
    assert schedule["flexibleTimeWindow"] == {"mode": "OFF"}
    assert schedule["state"] == "ENABLED"
    assert schedule["groupName"] == "AcmeTelemetry"
    target = schedule["target"]
    assert json.loads(target["input"]) == {"scheduled_at": "<aws.scheduler.scheduled-time>"}
    assert json.loads(generator._tick("rate(1 hour)"))["window_seconds"] == 3600
    assert json.loads(generator._tick("cron(0/5 8-20 * * ? *)")) == json.loads(target["input"])
    assert target["deadLetterConfig"]["arn"].endswith("AcmeTelemetry-GeneratorSchedule-DLQ")
    role = dev.one("iam/role", "generator-scheduler-role").inputs
    (trust,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trust["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":schedule-group/AcmeTelemetry")


def test_no_tick_comes_before_the_pipeline_stands(dev: Recording) -> None:
    before = dev.waits_for("generator-schedule", "schedule")
    assert {"delivery-stream", "producer-topic", "generator-scheduler-permissions"} <= before


def test_a_stack_can_stand_still() -> None:
    recording = pipeline("dev", generatorEnabled=False).recording
    assert recording.one("scheduler/schedule").inputs["state"] == "DISABLED"


def test_queries_are_bounded_and_their_results_encrypted(dev: Recording) -> None:
    workgroup = dev.one("athena/workgroup").inputs
    assert workgroup["forceDestroy"] is True
    configuration = workgroup["configuration"]
    assert configuration["enforceWorkgroupConfiguration"] is True
    assert configuration["publishCloudwatchMetricsEnabled"] is True
    assert configuration["bytesScannedCutoffPerQuery"] == 10_240 * 1024 * 1024
    assert configuration["resultConfiguration"] == {
        "outputLocation": f"s3://{BUCKET}/athena-results/",
        "expectedBucketOwner": ACCOUNT_ID,
        "encryptionConfiguration": {
            "encryptionOption": "SSE_KMS",
            "kmsKeyArn": f"arn:aws:kms:eu-central-1:{ACCOUNT_ID}:key/encryption-key",
        },
    }


def test_named_queries_are_on_the_stack_s_own_tables() -> None:
    recording = pipeline(
        "dev", prefix="acme-two", referenceDatabase="films_data", referenceMode="existing"
    ).recording
    named = recording.one("athena/namedQuery").inputs
    assert (named["name"], named["description"]) == ("views_by_title", "Which titles?")
    assert "acme_two.video_telemetry_json join films_data.titles" in named["query"]


def test_every_query_of_the_repository_is_named() -> None:
    assert set(query.statements()) == {path.stem for path in (REPO / "queries").glob("*.sql")}


def test_the_trail_is_validated_encrypted_and_sees_the_data() -> None:
    recording = pipeline("dev", auditTrail="create").recording
    trail = recording.one("cloudtrail/trail").inputs
    assert trail["isMultiRegionTrail"] and trail["enableLogFileValidation"]
    assert trail["kmsKeyId"] and trail["cloudWatchLogsGroupArn"].endswith(":*")
    selectors = trail["advancedEventSelectors"]
    assert selectors[1]["fieldSelectors"][-1] == {
        "field": "resources.ARN",
        "startsWiths": [f"arn:aws:s3:::{BUCKET}/"],
    }
    bucket_policy = recording.one("s3/bucketPolicy", "lake-log-policy").inputs["policy"]
    key_policy = recording.one("kms/key").inputs["policy"]
    assert "cloudtrail.amazonaws.com" in bucket_policy and "cloudtrail" in key_policy
    assert "lake-log-policy" in recording.waits_for("audit-trail", "trail")


def test_an_archive_that_cannot_be_made_is_an_error_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def offline(*_: object) -> None:
        raise PackagingError("E_PACKAGE_OFFLINE: no wheels")

    monkeypatch.setattr(packaging, "function_archive", offline)
    chosen = settings.read(stack_file("dev"), stack="dev")
    with pytest.raises(pulumi.RunError, match="E_PACKAGE_OFFLINE"):
        program.archive("msk_producer", chosen)


def test_missing_reference_tables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**_: object) -> None:
        raise Exception("invoke of aws:glue/getCatalogTable failed: EntityNotFoundException")

    monkeypatch.setattr(aws.glue, "get_catalog_table", gone)
    with pytest.raises(pulumi.RunError, match=r"E_ACCOUNT_REFERENCE: .*table titles .*EntityNot"):
        build("dev")


def test_a_region_with_two_zones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Two:
        names = ("us-west-1a", "us-west-1c")

    monkeypatch.setattr(aws, "get_availability_zones", lambda **_: Two)
    with pytest.raises(pulumi.RunError, match="E_ACCOUNT_ZONES: aws:region=eu-central-1"):
        build("local")


def test_zones_that_the_services_lack_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, list[str]] = {}

    class Three:
        names = ("us-east-1a", "us-east-1b", "us-east-1c")

    def zones(**arguments: list[str]) -> type[Three]:
        asked.update(arguments)
        return Three

    monkeypatch.setattr(aws, "get_availability_zones", zones)
    build("local")
    assert "use1-az3" in asked["exclude_zone_ids"]


def test_a_cluster_without_iam_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoIam:
        bootstrap_brokers_sasl_iam = ""

    monkeypatch.setattr(aws.msk, "get_bootstrap_brokers", lambda **_: NoIam)
    with pytest.raises(pulumi.RunError, match="E_ACCOUNT_CLUSTER: streamClusterArn=arn:"):
        build("dev", **EXISTING)


@pytest.mark.parametrize(
    ("networks", "zones", "problem"),
    [
        (("vpc-1", "vpc-2"), ("a", "b"), "2 networks and 2 zones"),
        (("vpc-1", "vpc-1"), ("a", "a"), "1 networks and 1 zones"),
    ],
)
def test_subnets_of_an_existing_cluster_lie_in_one_network_and_two_zones(
    monkeypatch: pytest.MonkeyPatch,
    networks: tuple[str, str],
    zones: tuple[str, str],
    problem: str,
) -> None:
    first, second = EXISTING["streamSubnetIds"]

    def subnet(id: str) -> SimpleNamespace:
        number = [first, second].index(id)
        return SimpleNamespace(vpc_id=networks[number], availability_zone=zones[number])

    monkeypatch.setattr(aws.ec2, "get_subnet", subnet)
    with pytest.raises(pulumi.RunError, match=f"E_ACCOUNT_SUBNETS: .*{problem}"):
        build("dev", **EXISTING)


@pytest.mark.parametrize(
    ("module", "look_up", "code"),
    [
        (aws.ec2, "get_subnet", "E_ACCOUNT_SUBNETS"),
        (aws.msk, "get_bootstrap_brokers", "E_ACCOUNT_CLUSTER"),
    ],
)
def test_what_an_existing_cluster_lacks_is_one_line(
    monkeypatch: pytest.MonkeyPatch, module: object, look_up: str, code: str
) -> None:
    def gone(**_: object) -> None:
        raise Exception("invoke failed: NotFoundException")

    monkeypatch.setattr(module, look_up, gone)
    with pytest.raises(pulumi.RunError, match=f"{code}: .*NotFoundException.*; fix: "):
        build("dev", **EXISTING)


def test_main_is_a_table_of_contents() -> None:
    assert len((REPO / "__main__.py").read_text().splitlines()) <= 20


@pytest.mark.parametrize("module", ["components.program", "components.pipeline"])
def test_components_do_not_read_configuration(module: str) -> None:
    """Only settings.py imports the engine's configuration."""
    readers = [
        path.name
        for path in (REPO / "components").rglob("*.py")
        if "pulumi.Config" in path.read_text() or "engine_config" in path.read_text()
    ]
    assert set(readers) <= {"settings.py", "settings_pages.py"}
    code = f"import {module}, sys; sys.exit('local' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPO, check=False).returncode == 0
