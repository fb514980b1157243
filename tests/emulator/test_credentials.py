"""Keys of service roles: given by the trust policy, good for what the role may do."""

from __future__ import annotations

import json
import urllib.error
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, allow

SERVICE = "firehose.amazonaws.com"
ARN = "arn:aws:firehose:eu-central-1:000000000000:deliverystream/one"


def _ask(aws: Emulator, role: str, **more: str) -> dict[str, Any]:
    return aws.hook("role-credentials", {"role_arn": role, "service": SERVICE, **more})


def test_the_keys_are_the_roles(aws: Emulator) -> None:
    aws.client("s3").create_bucket(
        Bucket="keys", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    role = aws.role("keys-role", SERVICE, allow("s3:PutObject", "arn:aws:s3:::keys/in/*"))
    keys = _ask(aws, role)
    who = aws.client("sts", keys).get_caller_identity()
    assert who["Arn"] == "arn:aws:sts::000000000000:assumed-role/keys-role/firehose"
    s3 = aws.client("s3", keys)
    s3.put_object(Bucket="keys", Key="in/a", Body=b"1")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket="keys", Key="out/a", Body=b"1")


def test_a_bucket_for_tls_only_takes_them(aws: Emulator) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(
        Bucket="tls-only", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",'
        '"Resource":"arn:aws:s3:::tls-only/*",'
        '"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}'
    )
    s3.put_bucket_policy(Bucket="tls-only", Policy=policy)
    role = aws.role("tls-role", SERVICE, allow("s3:PutObject", "arn:aws:s3:::tls-only/*"))
    aws.client("s3", _ask(aws, role)).put_object(Bucket="tls-only", Key="a", Body=b"1")
    assert s3.head_object(Bucket="tls-only", Key="a")["ContentLength"] == 1


@pytest.mark.parametrize(
    ("name", "service", "condition"),
    [
        ("other-service", "glue.amazonaws.com", None),
        ("other-account", SERVICE, {"StringEquals": {"aws:SourceAccount": "111111111111"}}),
        ("other-source", SERVICE, {"ArnLike": {"aws:SourceArn": ARN.replace("one", "two")}}),
    ],
)
def test_a_role_that_does_not_trust_gives_none(
    aws: Emulator, name: str, service: str, condition: Any
) -> None:
    role = aws.role(name, service, condition=condition)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        _ask(aws, role, source_arn=ARN)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"Service": "*"}])
def test_a_role_for_everybody_names_no_service(aws: Emulator, principal: Any) -> None:
    name = f"everybody-{len(json.dumps(principal))}"
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        _ask(aws, made["Role"]["Arn"], source_arn=ARN)


def test_the_source_counts(aws: Emulator) -> None:
    role = aws.role("own-source", SERVICE, condition={"ArnLike": {"aws:SourceArn": ARN}})
    assert _ask(aws, role, source_arn=ARN)["AccessKeyId"].startswith("ASIA")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        _ask(aws, role)


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({}, 400),
        ({"role_arn": "arn:aws:iam::000000000000:role/none", "service": SERVICE}, 403),
        ({"role_arn": 7, "service": SERVICE}, 400),
    ],
)
def test_wrong_questions(aws: Emulator, document: dict[str, Any], status: int) -> None:
    with pytest.raises(urllib.error.HTTPError, match=str(status)):
        aws.hook("role-credentials", document)
