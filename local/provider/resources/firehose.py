"""Firehose: a delivery stream from Kafka to S3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from local.provider import shapes
from local.provider.cloud import Cloud, wait
from local.provider.resource import ApiResource, Calls, table
from local.provider.tags import Tagging
from local.provider.values import Properties

_BUCKET = "extendedS3Configuration"
_SENT = "ExtendedS3DestinationConfiguration"


class DeliveryStream(ApiResource):
    token = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
    calls = Calls(
        "firehose",
        "create_delivery_stream",
        "describe_delivery_stream",
        "update_destination",
        "delete_delivery_stream",
    )
    inputs = ("name", "destination", "mskSourceConfiguration", _BUCKET)
    replace = ("name", "mskSourceConfiguration", "destination")
    steering = ("destination",)
    name = "name"
    id_form = "{name}"
    key = table(DeliveryStreamName="name")
    body = "DeliveryStreamDescription"
    renames = table(
        {
            "name": "DeliveryStreamName",
            _BUCKET: _SENT,
            "mskSourceConfiguration": "MSKSourceConfiguration",
        }
    )
    outputs = table(
        arn="DeliveryStreamARN",
        versionId="VersionId",
        destinationId="Destinations.0.DestinationId",
    )
    tagging = Tagging(
        "firehose",
        put="tag_delivery_stream",
        remove="untag_delivery_stream",
        read="list_tags_for_delivery_stream",
        by="name",
        target="DeliveryStreamName",
    )

    def show(self, cloud: Cloud, id: str) -> Any:
        found = super().show(cloud, id)
        if found["DeliveryStreamStatus"] == "DELETING":
            return None
        destination = shapes.dig(found, "Destinations.0.ExtendedS3DestinationDescription")
        source = shapes.dig(found, "Source.MSKSourceDescription")
        return {**found, _SENT: _flat(destination), "MSKSourceConfiguration": source}

    def await_ready(self, cloud: Cloud, id: str) -> None:
        def active() -> bool:
            status = super(DeliveryStream, self).show(cloud, id)["DeliveryStreamStatus"]
            if str(status).endswith("FAILED"):
                raise ValueError(f"delivery stream {id} is {status}")
            return bool(status == "ACTIVE")

        wait(active, f"delivery stream {id}")

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        description = super().show(cloud, id)
        update = {"extendedS3DestinationUpdate": _nested(new[_BUCKET])}
        shape = cloud.shape("firehose", "update_destination")
        request = shapes.parameters(update, shape, {})
        cloud.call(
            "firehose",
            "update_destination",
            DeliveryStreamName=id,
            CurrentDeliveryStreamVersionId=description["VersionId"],
            DestinationId=description["Destinations"][0]["DestinationId"],
            **request,
        )

    def _request(self, cloud: Cloud, operation: str, inputs: Properties) -> dict[str, Any]:
        if inputs.get("destination") != "extended_s3":
            raise ValueError("destination should be extended_s3 on the laptop")
        nested = {**inputs, _BUCKET: _nested(inputs[_BUCKET])}
        request = super()._request(cloud, operation, nested)
        kind = "MSKAsSource" if "mskSourceConfiguration" in inputs else "DirectPut"
        return {**request, "DeliveryStreamType": kind}


def _nested(bucket: Mapping[str, Any]) -> Properties:
    """The buffer and the key as Firehose nests them."""
    sent = dict(bucket)
    size, interval = sent.pop("bufferingSize", None), sent.pop("bufferingInterval", None)
    if size is not None or interval is not None:
        sent["bufferingHints"] = {"sizeInMBs": size, "intervalInSeconds": interval}
    key = sent.pop("kmsKeyArn", None)
    if key is not None:
        sent["encryptionConfiguration"] = {"kmsEncryptionConfig": {"awsKmsKeyArn": key}}
    return sent


def _flat(destination: Mapping[str, Any] | None) -> Properties:
    """The same as the program writes them."""
    found = dict(destination or {})
    found["bufferingSize"] = shapes.dig(found, "BufferingHints.SizeInMBs")
    found["bufferingInterval"] = shapes.dig(found, "BufferingHints.IntervalInSeconds")
    key = "EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN"
    found["kmsKeyArn"] = shapes.dig(found, key)
    return found
