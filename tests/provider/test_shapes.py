"""Pulumi's names to AWS's and back, held against botocore's own models."""

from __future__ import annotations

import datetime
from typing import Any

import botocore.session
import pytest

from local.provider import shapes
from local.provider.resources.firehose import _flat, _nested
from local.provider.resources.msk import Cluster

ENCRYPTION = {
    "bucket": "data",
    "serverSideEncryptionConfiguration": {
        "rules": [
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": "aws:kms",
                    "kmsMasterKeyId": "key",
                },
                "bucketKeyEnabled": True,
            }
        ]
    },
}
CLUSTER = {
    "clusterName": "every",
    "kafkaVersion": "3.9.x",
    "numberOfBrokerNodes": 3,
    "brokerNodeGroupInfo": {
        "clientSubnets": ["a"],
        "instanceType": "kafka.m7g.large",
        "azDistribution": "DEFAULT",
        "connectivityInfo": {"vpcConnectivity": {"clientAuthentication": {"sasl": {"iam": True}}}},
    },
    "clientAuthentication": {"sasl": {"iam": True}, "unauthenticated": False},
    "encryptionInfo": {
        "encryptionAtRestKmsKeyArn": "key",
        "encryptionInTransit": {"clientBroker": "TLS", "inCluster": True},
    },
}


def shape(service: str, operation: str) -> Any:
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).input_shape


def test_the_same_letters_are_the_same_name() -> None:
    request = shapes.parameters(ENCRYPTION, shape("s3", "PutBucketEncryption"), {})
    rule = request["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert request["Bucket"] == "data"
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": "key",
    }


def test_other_words_are_renamed_and_a_bool_becomes_a_switch() -> None:
    request = shapes.parameters(CLUSTER, shape("kafka", "CreateCluster"), Cluster.renames)
    assert request["EncryptionInfo"] == {
        "EncryptionAtRest": {"DataVolumeKMSKeyId": "key"},
        "EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": True},
    }
    assert request["ClientAuthentication"] == {
        "Sasl": {"Iam": {"Enabled": True}},
        "Unauthenticated": {"Enabled": False},
    }
    group = request["BrokerNodeGroupInfo"]
    assert group["BrokerAZDistribution"] == "DEFAULT"
    assert shapes.dig(group, "ConnectivityInfo.VpcConnectivity.ClientAuthentication.Sasl.Iam") == {
        "Enabled": True
    }


def test_what_was_sent_reads_back_as_it_was_declared() -> None:
    request = shapes.parameters(CLUSTER, shape("kafka", "CreateCluster"), Cluster.renames)
    assert shapes.mirrored(CLUSTER, request, Cluster.renames) == CLUSTER


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"bucket": "b", "madeUp": 1}, "madeUp"),
        ({"bucket": "b", "versioningConfiguration": {"state": "on"}}, "state"),
    ],
)
def test_a_property_that_the_api_lacks_is_refused(properties: Any, name: str) -> None:
    with pytest.raises(shapes.UnknownMemberError, match=name):
        shapes.parameters(properties, shape("s3", "PutBucketVersioning"), {})


def test_types_are_those_of_the_api() -> None:
    given = {"functionName": 7, "timeout": "30", "publish": "true", "layers": "one"}
    request = shapes.parameters(given, shape("lambda", "CreateFunction"), {})
    assert request == {"FunctionName": "7", "Timeout": 30, "Publish": True, "Layers": ["one"]}


def test_names_inside_a_map_are_left_alone() -> None:
    given = {"environment": {"variables": {"DATA_BUCKET": 1}}}
    request = shapes.parameters(given, shape("lambda", "CreateFunction"), {})
    assert request == {"Environment": {"Variables": {"DATA_BUCKET": "1"}}}
    assert shapes.mirrored(given, request, {}) == {
        "environment": {"variables": {"DATA_BUCKET": "1"}}
    }


def test_a_member_that_is_gone_shows_as_none_and_items_beyond_the_template_show() -> None:
    template = {"rules": [{"id": "a", "status": "Enabled"}]}
    body = {"Rules": [{"ID": "a"}, {"ID": "b", "Status": "Enabled"}]}
    assert shapes.mirrored(template, body, {}) == {
        "rules": [{"id": "a", "status": None}, {"iD": "b", "status": "Enabled"}]
    }


def test_times_are_texts() -> None:
    at = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    assert shapes.camel({"ReadFrom": at}) == {"readFrom": "1970-01-01T00:00:00Z"}


def test_firehose_nests_buffer_and_key() -> None:
    flat = {"bufferingSize": 64, "bufferingInterval": 60, "kmsKeyArn": "key", "prefix": "p/"}
    update = {"extendedS3DestinationUpdate": _nested(flat)}
    request = shapes.parameters(update, shape("firehose", "UpdateDestination"), {})
    sent = request["ExtendedS3DestinationUpdate"]
    assert sent["BufferingHints"] == {"SizeInMBs": 64, "IntervalInSeconds": 60}
    assert shapes.mirrored(flat, _flat(sent), {}) == flat
