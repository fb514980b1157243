"""The real engine on every resource type: made, left alone, changed, drifted, replaced, removed."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest
import yaml

from local.engine import Engine
from local.provider.resources import RESOURCES
from local.settings import ACCOUNT_ID, REGION
from tests.provider.every_type import documents
from tests.provider.world import CONFIG, World

pytestmark = pytest.mark.stack

NOT_ON_THE_LAPTOP = {"aws:msk/serverlessCluster:ServerlessCluster"}


@pytest.fixture(scope="module")
def deployed(world: World) -> World:
    """The program, up once."""
    assert set(world.up()) == {"create"}
    return world


def test_every_type_is_made_and_a_second_up_and_a_refresh_change_nothing(deployed: World) -> None:
    done = deployed.engine().up()
    assert set(done.changes) == {"same"}
    assert set(deployed.engine().refresh().changes) == {"same"}
    assert done.outputs["account"] == ACCOUNT_ID
    assert done.outputs["region"] == REGION
    assert json.loads(done.outputs["result"]) == {"got": {"ensure": True}}
    assert done.outputs["brokers"] == deployed.laptop.bootstrap_brokers
    assert types_in(deployed) >= set(RESOURCES) - NOT_ON_THE_LAPTOP


def types_in(world: World) -> set[str]:
    backend = world.laptop.state / "pulumi" / "backend" / ".pulumi" / "stacks" / "every"
    state = json.loads((backend / "local.json").read_text())
    return {found["type"] for found in state["checkpoint"]["latest"]["resources"]}


def test_default_tags_are_merged_with_the_resource_s_own(deployed: World) -> None:
    pairs = deployed.client("s3").get_bucket_tagging(Bucket="every-data")["TagSet"]
    assert {pair["Key"]: pair["Value"] for pair in pairs} == {"project": "every", "stage": "a"}


def drift(world: World) -> int:
    """Change by hand what the program declares; returns how many resources."""
    logs, s3 = world.client("logs"), world.client("s3")
    logs.put_retention_policy(logGroupName="/every/group", retentionInDays=3)
    s3.put_bucket_versioning(Bucket="every-data", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket="every-data", Key="reference/notes.txt", Body=b"by hand")
    world.client("iam").put_role_policy(
        RoleName="Every-Role",
        PolicyName="all",
        PolicyDocument=documents.document(documents.policy("s3:GetObject")),
    )
    functions = world.client("lambda")
    functions.update_function_code(FunctionName="Every-Function", ZipFile=other_code())
    world.client("athena").update_work_group(
        WorkGroup="every", ConfigurationUpdates={"BytesScannedCutoffPerQuery": 99999999}
    )
    keys = world.client("kms")
    keys.tag_resource(KeyId="alias/every", Tags=[{"TagKey": "by", "TagValue": "hand"}])
    network = world.client("ec2")
    vpc = network.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.0.0.0/24"]}])["Vpcs"][0]
    only = [
        {"Name": "vpc-id", "Values": [vpc["VpcId"]]},
        {"Name": "group-name", "Values": ["default"]},
    ]
    group = network.describe_security_groups(Filters=only)["SecurityGroups"][0]
    network.authorize_security_group_ingress(
        GroupId=group["GroupId"], IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    return 8


def other_code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr("index.py", "def handle(event, context):\n    return 'by hand'\n")
    return buffer.getvalue()


def test_refresh_sees_drift_and_up_repairs_it(deployed: World) -> None:
    changed = drift(deployed)
    assert deployed.engine().refresh().changes["update"] == changed
    assert deployed.up()["update"] == changed
    assert set(deployed.engine().refresh().changes) == {"same"}
    reply = deployed.client("lambda").invoke(FunctionName="Every-Function", Payload=b"1")
    assert json.load(reply["Payload"]) == {"got": 1}
    group = deployed.client("logs").describe_log_groups(logGroupNamePrefix="/every")
    assert group["logGroups"][0]["retentionInDays"] == 7


def test_what_vanished_is_made_again(deployed: World) -> None:
    deployed.client("logs").delete_log_stream(logGroupName="/every/group", logStreamName="delivery")
    deployed.client("scheduler").delete_schedule(GroupName="every", Name="every-hour")
    deployed.client("lambda").remove_permission(
        FunctionName="Every-Function", StatementId="scheduler"
    )
    deployed.client("s3").delete_bucket_policy(Bucket="every-data")
    assert deployed.engine().refresh().changes["delete"] == 4
    assert deployed.up()["create"] == 4
    assert set(deployed.up()) == {"same"}


def test_settings_change_in_place(deployed: World) -> None:
    deployed.configure(
        stage="b",
        days=14,
        buffer=120,
        schedule="ENABLED",
        cutoff=2,
        endpoint_zones=2,
        brokers=4,
        replicas=1,
    )
    changes = deployed.up()
    assert "replace" not in changes
    assert changes["update"] == 13
    cluster = deployed.client("kafka").list_clusters()["ClusterInfoList"][0]
    assert cluster["NumberOfBrokerNodes"] == 4
    assert cluster["CurrentBrokerSoftwareInfo"]["ConfigurationRevision"] == 2
    function = deployed.client("lambda").get_function(FunctionName="Every-Function")
    assert function["Configuration"]["Environment"]["Variables"] == {"STAGE": "b"}
    stream = deployed.client("firehose").describe_delivery_stream(
        DeliveryStreamName="Every-Delivery"
    )["DeliveryStreamDescription"]
    target = stream["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert target["BufferingHints"]["IntervalInSeconds"] == 120
    schedule = deployed.client("scheduler").get_schedule(GroupName="every", Name="every-hour")
    assert schedule["State"] == "ENABLED"
    body = deployed.client("s3").get_object(Bucket="every-data", Key="reference/notes.txt")["Body"]
    assert body.read() == b"stage b"
    assert set(deployed.up()) == {"same"}


def test_a_fixed_name_is_freed_before_it_is_taken_again(deployed: World) -> None:
    deployed.configure(path="/svc/")
    assert deployed.up()["replace"] >= 1
    role = deployed.client("iam").get_role(RoleName="Every-Role")["Role"]
    assert role["Path"] == "/svc/"
    assert set(deployed.up()) == {"same"}


def test_secrets_stay_secret_and_imports_adopt(world: World, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "more", "runtime": "python"}))
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump({"config": CONFIG}))
    world.client("logs").create_log_group(logGroupName="/found", tags={"project": "every"})

    def program() -> None:
        aws.cloudwatch.LogGroup(
            "found", name="/found", opts=pulumi.ResourceOptions(import_="/found")
        )
        holder = aws.s3.Bucket("holder", bucket="holder", force_destroy=True)
        hush = pulumi.Output.secret("hush-hush")
        aws.s3.BucketObjectv2("held", bucket=holder.bucket, key="held", content=hush)

    engine = Engine(world.laptop, program, tmp_path)
    try:
        assert engine.up().changes.get("import") == 1
        state = world.laptop.state / "pulumi" / "backend" / ".pulumi" / "stacks" / "more"
        assert "hush-hush" not in (state / "local.json").read_text()
    finally:
        engine.destroy()


def test_destroy_leaves_nothing(deployed: World) -> None:
    assert set(deployed.engine().destroy().changes) == {"delete"}
    left = {
        "buckets": deployed.client("s3").list_buckets()["Buckets"],
        "roles": deployed.client("iam").list_roles()["Roles"],
        "functions": deployed.client("lambda").list_functions()["Functions"],
        "groups": deployed.client("logs").describe_log_groups()["logGroups"],
        "clusters": deployed.client("kafka").list_clusters()["ClusterInfoList"],
        "configurations": deployed.client("kafka").list_configurations()["Configurations"],
        "databases": deployed.client("glue").get_databases()["DatabaseList"],
        "crawlers": deployed.client("glue").get_crawlers()["Crawlers"],
        "queues": deployed.client("sqs").list_queues().get("QueueUrls", []),
        "streams": deployed.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
        "schedules": deployed.client("scheduler").list_schedules()["Schedules"],
        "endpoints": deployed.client("ec2").describe_vpc_endpoints()["VpcEndpoints"],
        "trails": deployed.client("cloudtrail").list_trails()["Trails"],
    }
    assert {name: found for name, found in left.items() if found} == {}
