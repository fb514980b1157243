"""SQS: queues and their policies. All of a queue's settings are texts in one map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from local.provider.cloud import Cloud
from local.provider.resource import Resource, table
from local.provider.tags import Tagging
from local.provider.values import Properties


class Queue(Resource):
    token = "aws:sqs/queue:Queue"
    ATTRIBUTES: Mapping[str, str] = table(
        delaySeconds="DelaySeconds",
        kmsDataKeyReusePeriodSeconds="KmsDataKeyReusePeriodSeconds",
        kmsMasterKeyId="KmsMasterKeyId",
        maxMessageSize="MaximumMessageSize",
        messageRetentionSeconds="MessageRetentionPeriod",
        receiveWaitTimeSeconds="ReceiveMessageWaitTimeSeconds",
        redrivePolicy="RedrivePolicy",
        sqsManagedSseEnabled="SqsManagedSseEnabled",
        visibilityTimeoutSeconds="VisibilityTimeout",
    )
    inputs = ("name", *ATTRIBUTES)
    replace = ("name",)
    name = "name"
    tagging = Tagging(
        "sqs",
        put="tag_queue",
        remove="untag_queue",
        read="list_queue_tags",
        by="url",
        target="QueueUrl",
        pair=None,
    )

    def create(self, cloud: Cloud, new: Properties) -> str:
        attributes = {
            there: _text(new[here]) for here, there in self.ATTRIBUTES.items() if here in new
        }
        reply = cloud.call("sqs", "create_queue", QueueName=new["name"], Attributes=attributes)
        return str(reply["QueueUrl"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        found = _attributes(cloud, id)
        state: Properties = {
            here: found.get(there) for here, there in self.ATTRIBUTES.items() if here in known
        }
        return {
            **{name: _number(value) for name, value in state.items()},
            "name": found["QueueArn"].rpartition(":")[2],
            "arn": found["QueueArn"],
            "url": id,
        }

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        attributes = {self.ATTRIBUTES[name]: _text(new.get(name, "")) for name in changed}
        cloud.call("sqs", "set_queue_attributes", QueueUrl=id, Attributes=attributes)

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        cloud.call("sqs", "delete_queue", QueueUrl=id)


class QueuePolicy(Resource):
    token = "aws:sqs/queuePolicy:QueuePolicy"
    inputs = ("queueUrl", "policy")
    replace = ("queueUrl",)

    def create(self, cloud: Cloud, new: Properties) -> str:
        self._put(cloud, new["queueUrl"], new["policy"])
        return str(new["queueUrl"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        policy = _attributes(cloud, id).get("Policy")
        return {"queueUrl": id, "policy": policy} if policy else None

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        self._put(cloud, id, new["policy"])

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        self._put(cloud, id, "")

    def _put(self, cloud: Cloud, url: str, policy: str) -> None:
        attributes = {"Policy": policy}
        cloud.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=attributes)


def _attributes(cloud: Cloud, url: str) -> dict[str, Any]:
    reply = cloud.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    found: dict[str, Any] = reply["Attributes"]
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value
