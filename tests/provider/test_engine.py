"""The real engine on every resource type: made, left alone, changed, drifted, replaced, removed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
import pytest
import yaml

import local.provider
import local.pulumi
from local import emulator, settings
from local.engine import Engine, EngineError
from local.provider.resources import RESOURCES
from local.settings import ACCOUNT_ID, REGION, ROOT_KEY, Laptop
from local.supervisor import Supervisor
from tests.conftest import free_ports
from tests.provider import every_type

pytestmark = pytest.mark.stack

CONFIG = {
    "aws:region": REGION,
    "aws:accessKey": ROOT_KEY,
    "aws:secretKey": ROOT_KEY,
    "aws:allowedAccountIds": [ACCOUNT_ID],
    "aws:skipMetadataApiCheck": True,
    "aws:defaultTags": {"tags": {"project": "every"}},
}
NOT_ON_THE_LAPTOP = {"aws:msk/serverlessCluster:ServerlessCluster"}


class World:
    """An emulator and a provider of this module's own, and the engine on a project beside them."""

    def __init__(self, laptop: Laptop, folder: Path) -> None:
        self.laptop = laptop
        self.folder = folder
        project = {"name": "every", "runtime": "python"}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.configure()

    def configure(self, **changes: Any) -> None:
        """Set keys of the program (`stage=…`), or of the provider (`**{"aws:…": …}`)."""
        file = self.folder / "Pulumi.local.yaml"
        held = yaml.safe_load(file.read_text()) if file.exists() else {"config": dict(CONFIG)}
        for name, value in changes.items():
            held["config"][name if ":" in name else f"every:{name}"] = value
        file.write_text(yaml.safe_dump(held))

    def engine(self, program: Callable[[], None] = every_type.program) -> Engine:
        return Engine(self.laptop, program, self.folder)

    def up(self) -> dict[str, int]:
        return self.engine().up().changes

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.laptop.endpoint,
            region_name=REGION,
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_KEY,
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    laptop = Laptop(
        state=tmp_path_factory.mktemp("provider"),
        cache=settings.load().cache,
        ports=free_ports(),
    )
    supervisor = Supervisor(laptop)
    emulator.fetch(laptop, print)
    local.pulumi.fetch(laptop, print)
    parts = [emulator.part(laptop), local.provider.part(laptop)]
    try:
        for part in parts:
            supervisor.spawn(part)
        for part in parts:
            supervisor.wait(part)
        yield World(laptop, tmp_path_factory.mktemp("project"))
    finally:
        for part in reversed(parts):
            supervisor.stop(part)


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
        PolicyDocument=every_type.document(every_type.policy("s3:GetObject")),
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


def bad_input() -> None:
    aws.s3.Bucket("bad", bucket="bad", acl="private")


def bad_member() -> None:
    aws.kinesis.FirehoseDeliveryStream(
        "bad", name="bad", destination="extended_s3", extended_s3_configuration={"made_up": 1}
    )


def bad_type() -> None:
    aws.dynamodb.Table("bad", name="bad")


def bad_invoke() -> None:
    aws.ec2.get_ami()


def serverless() -> None:
    network = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
    aws.msk.ServerlessCluster(
        "bad",
        cluster_name="bad",
        vpc_configs=[network],
        client_authentication={"sasl": {"iam": {"enabled": True}}},
    )


def refused_call() -> None:
    aws.cloudwatch.LogGroup("bad", name="/every/group")


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (bad_input, "acl"),
        (bad_member, "madeUp is not known|made_up is not known"),
        (bad_type, "E_PROVIDER_TYPE: type=aws:dynamodb/table:Table"),
        (bad_invoke, "E_PROVIDER_INVOKE: function=aws:ec2/getAmi:getAmi"),
        (serverless, "E_PROVIDER_SERVERLESS: streamMode=serverless"),
        (refused_call, "aws logs create_log_group: ResourceAlreadyExistsException"),
    ],
)
def test_what_cannot_be_honoured_is_refused_in_words(
    deployed: World, tmp_path: Path, program: Callable[[], None], text: str
) -> None:
    other = Path(tmp_path)
    (other / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "bad", "runtime": "python"}))
    (other / "Pulumi.local.yaml").write_text(yaml.safe_dump({"config": CONFIG}))
    with pytest.raises(EngineError, match=text) as refused:
        Engine(deployed.laptop, program, other).up()
    assert "Traceback" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"aws:allowedAccountIds": ["111122223333"]}, "E_PROVIDER_ACCOUNT: account=000000000000"),
        ({"aws:assumeRoles": [{"roleArn": "arn:x"}]}, "E_PROVIDER_SETTING: aws:assumeRoles"),
        ({"aws:endpoints": [{"s3": "https://s3.amazonaws.com"}]}, "E_PROVIDER_ENDPOINT"),
    ],
)
def test_another_account_or_endpoint_is_refused(
    world: World, tmp_path: Path, change: dict[str, Any], text: str
) -> None:
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "bad", "runtime": "python"}))
    held = {"config": {**CONFIG, **change}}
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump(held))

    def program() -> None:
        aws.s3.Bucket("never", bucket="never")

    with pytest.raises(EngineError, match=text):
        Engine(world.laptop, program, tmp_path).up()
    assert not [
        bucket
        for bucket in world.client("s3").list_buckets()["Buckets"]
        if bucket["Name"] == "never"
    ]


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
