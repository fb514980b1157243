"""What the provider cannot honour is refused in words, before anything is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest
import yaml

from local.engine import Engine, EngineError
from tests.provider.world import CONFIG, World

pytestmark = pytest.mark.stack


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
    aws.cloudwatch.LogGroup("bad", name="/taken/group")


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
    world: World, tmp_path: Path, program: Callable[[], None], text: str
) -> None:
    if program is refused_call:
        world.client("logs").create_log_group(logGroupName="/taken/group")
    other = Path(tmp_path)
    (other / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "bad", "runtime": "python"}))
    (other / "Pulumi.local.yaml").write_text(yaml.safe_dump({"config": CONFIG}))
    with pytest.raises(EngineError, match=text) as refused:
        Engine(world.laptop, program, other).up()
    assert "Traceback" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"aws:allowedAccountIds": ["111122223333"]}, "E_PROVIDER_ACCOUNT: account=000000000000"),
        ({"aws:forbiddenAccountIds": ["000000000000"]}, "E_PROVIDER_ACCOUNT: account=000000000000"),
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
