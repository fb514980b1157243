"""Firehose reads everything from the beginning and writes lines under the hour of arrival."""

from __future__ import annotations

from tests.components.recording import ACCOUNT_ID, Recording, pipeline


def test_the_source_is_the_topic_from_its_beginning(dev: Recording) -> None:
    source = dev.one("kinesis/firehoseDeliveryStream").inputs["mskSourceConfiguration"]
    assert source["authenticationConfiguration"] == {
        "connectivity": "PRIVATE",
        "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/AcmeTelemetry-Firehose-Role",
    }
    assert source["topicName"] == "acme-telemetry"
    assert source["readFromTimestamp"] == "1970-01-01T00:00:00Z"


def test_objects_are_gzip_lines_by_utc_hour(dev: Recording) -> None:
    target = dev.one("kinesis/firehoseDeliveryStream").inputs["extendedS3Configuration"]
    assert target["prefix"] == (
        "telemetry/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
        "hour=!{timestamp:HH}/"
    )
    assert target["errorOutputPrefix"] == (
        "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/"
        "day=!{timestamp:dd}/"
    )
    assert (target["compressionFormat"], target["fileExtension"]) == ("GZIP", ".json.gz")
    assert target["customTimeZone"] == "UTC"
    assert target["kmsKeyArn"].endswith("encryption-key")


def test_the_newline_is_added_once(dev: Recording) -> None:
    target = dev.one("kinesis/firehoseDeliveryStream").inputs["extendedS3Configuration"]
    assert target["processingConfiguration"] == {
        "enabled": True,
        "processors": [
            {
                "type": "AppendDelimiterToRecord",
                "parameters": [{"parameterName": "Delimiter", "parameterValue": "\\n"}],
            }
        ],
    }


def test_buffers_are_settings() -> None:
    recording = pipeline("dev", deliveryBufferMb=64, deliveryBufferSeconds=120).recording
    target = recording.one("kinesis/firehoseDeliveryStream").inputs["extendedS3Configuration"]
    assert (target["bufferingSize"], target["bufferingInterval"]) == (64, 120)


def test_what_could_not_be_delivered_is_logged(dev: Recording) -> None:
    target = dev.one("kinesis/firehoseDeliveryStream").inputs["extendedS3Configuration"]
    group = dev.one("cloudwatch/logGroup", "delivery-log-group").inputs
    assert target["cloudwatchLoggingOptions"] == {
        "enabled": True,
        "logGroupName": group["name"],
        "logStreamName": "DestinationDelivery",
    }
    assert group["retentionInDays"] == 30 and group["kmsKeyId"]


def test_it_starts_when_topic_policy_and_rights_stand(dev: Recording) -> None:
    before = dev.waits_for("delivery-stream", "firehoseDeliveryStream")
    assert {
        "producer-topic",
        "stream-cluster-policy",
        "delivery-permissions",
        "lake-data-policy",
        "lake-data-encryption",
        "network-client-to-broker-in",
        "network-client-to-broker-out",
    } <= before


def test_a_replacement_is_refused_where_data_is_retained(dev: Recording, local: Recording) -> None:
    assert dev.request("delivery-stream", "firehoseDeliveryStream").protect
    assert not local.request("delivery-stream", "firehoseDeliveryStream").protect


def test_the_stream_itself_keeps_nothing_to_encrypt(dev: Recording) -> None:
    """DataFirehose.1 asks for it; Firehose keeps no data of an MSK source, and takes no key."""
    stream = dev.one("kinesis/firehoseDeliveryStream").inputs
    assert "mskSourceConfiguration" in stream and "serverSideEncryption" not in stream
    assert stream["extendedS3Configuration"]["kmsKeyArn"].endswith("encryption-key")
