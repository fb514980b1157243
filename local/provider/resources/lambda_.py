"""Lambda: functions, how failures of asynchronous calls end, permissions and a deploy-time call."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from local.provider import shapes
from local.provider.cloud import Cloud, wait
from local.provider.resource import ApiResource, Calls, Made, Resource, table
from local.provider.tags import Tagging
from local.provider.values import Properties, archive_bytes


class Function(ApiResource):
    token = "aws:lambda/function:Function"
    calls = Calls(
        "lambda",
        "create_function",
        "get_function",
        "update_function_configuration",
        "delete_function",
    )
    steering = ("code", "sourceCodeHash", "reservedConcurrentExecutions")
    inputs = (
        "name",
        "architectures",
        "deadLetterConfig",
        "description",
        "environment",
        "ephemeralStorage",
        "handler",
        "kmsKeyArn",
        "layers",
        "loggingConfig",
        "memorySize",
        "packageType",
        "publish",
        "role",
        "runtime",
        "timeout",
        "tracingConfig",
        "vpcConfig",
        *steering,
    )
    replace = ("name", "packageType")
    defaults = table(timeout=3, memorySize=128, packageType="Zip", publish=False)
    unread = ("publish",)
    name = "name"
    id_form = "{name}"
    key = table(FunctionName="name")
    body = "Configuration"
    renames = table(name="FunctionName")
    outputs = table(
        arn="FunctionArn",
        codeSha256="CodeSha256",
        lastModified="LastModified",
        sourceCodeSize="CodeSize",
        version="Version",
    )
    tagging = Tagging("lambda", read="list_tags", target="Resource", pair=None)

    def complete(self, cloud: Cloud, id: str, new: Properties) -> None:
        if "reservedConcurrentExecutions" in new:
            self._reserve(cloud, id, new)

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        state = super().read(cloud, id, known)
        if state is None:
            return None
        if known.get("codeSha256", state["codeSha256"]) != state["codeSha256"]:
            state["code"] = None
        if "reservedConcurrentExecutions" in known:
            reply = cloud.call("lambda", "get_function_concurrency", FunctionName=id)
            state["reservedConcurrentExecutions"] = reply.get("ReservedConcurrentExecutions")
        path = f"lambda:path/2015-03-31/functions/{state['arn']}/invocations"
        return {
            **state,
            "qualifiedArn": f"{state['arn']}:{state['version']}",
            "invokeArn": f"arn:aws:apigateway:{cloud.region}:{path}",
        }

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        names = set(changed)
        code = {"code", "sourceCodeHash", "architectures"}
        if names & code:
            cloud.call(
                "lambda",
                "update_function_code",
                FunctionName=id,
                ZipFile=archive_bytes(new["code"]),
                Publish=new["publish"],
                **({"Architectures": new["architectures"]} if "architectures" in new else {}),
            )
            self.await_ready(cloud, id)
        if "reservedConcurrentExecutions" in names:
            self._reserve(cloud, id, new)
        rest = names - code - {"reservedConcurrentExecutions", "publish"}
        emptied = {name: _EMPTY[name] for name in rest if name not in new and name in _EMPTY}
        super().update(cloud, id, old, {**new, **emptied}, rest)
        self.await_ready(cloud, id)

    def await_ready(self, cloud: Cloud, id: str) -> None:
        def active() -> bool:
            found = cloud.call("lambda", "get_function_configuration", FunctionName=id)
            settled = found.get("LastUpdateStatus", "Successful") != "InProgress"
            return found.get("State", "Active") in ("Active", "Inactive") and settled

        wait(active, f"function {id}")

    def _request(self, cloud: Cloud, operation: str, inputs: Properties) -> dict[str, Any]:
        request = super()._request(cloud, operation, inputs)
        if operation == "create_function":
            request["Code"] = {"ZipFile": archive_bytes(inputs["code"])}
        return request

    def _reserve(self, cloud: Cloud, id: str, new: Properties) -> None:
        reserved = new.get("reservedConcurrentExecutions", -1)
        if reserved < 0:
            cloud.call("lambda", "delete_function_concurrency", FunctionName=id)
        else:
            cloud.call(
                "lambda",
                "put_function_concurrency",
                FunctionName=id,
                ReservedConcurrentExecutions=reserved,
            )


# What to send for an input that the program no longer gives: absent means unchanged to Lambda.
_EMPTY = table(
    description="",
    environment={"variables": {}},
    kmsKeyArn="",
    layers=[],
    deadLetterConfig={"targetArn": ""},
    vpcConfig={"subnetIds": [], "securityGroupIds": []},
    tracingConfig={"mode": "PassThrough"},
)


class FunctionEventInvokeConfig(ApiResource):
    token = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    calls = Calls(
        "lambda",
        "put_function_event_invoke_config",
        "get_function_event_invoke_config",
        "put_function_event_invoke_config",
        "delete_function_event_invoke_config",
    )
    inputs = (
        "functionName",
        "destinationConfig",
        "maximumEventAgeInSeconds",
        "maximumRetryAttempts",
    )
    replace = ("functionName",)
    id_form = "{functionName}"
    key = table(FunctionName="functionName")


class Permission(Resource):
    token = "aws:lambda/permission:Permission"
    inputs = (
        "statementId",
        "function",
        "action",
        "principal",
        "sourceArn",
        "sourceAccount",
        "qualifier",
    )
    replace = inputs
    name = "statementId"

    def create(self, cloud: Cloud, new: Properties) -> str:
        request = shapes.parameters(new, cloud.shape("lambda", "add_permission"), _PERMISSION)
        cloud.call("lambda", "add_permission", **request)
        return str(new["statementId"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        where = _qualified(known)
        policy = json.loads(cloud.call("lambda", "get_policy", **where)["Policy"])
        statement = next((item for item in policy["Statement"] if item["Sid"] == id), None)
        if statement is None:
            return None
        principal = statement["Principal"]
        condition = statement.get("Condition") or {}
        return {
            "statementId": id,
            "function": known["function"],
            "action": statement["Action"],
            "principal": principal
            if isinstance(principal, str)
            else next(iter(principal.values())),
            "sourceArn": shapes.find(condition.get("ArnLike"), "AWS:SourceArn"),
            "sourceAccount": shapes.find(condition.get("StringEquals"), "AWS:SourceAccount"),
        }

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        """Every input replaces the permission."""

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        cloud.call("lambda", "remove_permission", StatementId=id, **_qualified(known))


_PERMISSION = table(function="FunctionName")


def _qualified(known: Properties) -> dict[str, Any]:
    where = {"FunctionName": known["function"]}
    return {**where, "Qualifier": known["qualifier"]} if known.get("qualifier") else where


class Invocation(Resource):
    """A call at deploy time. Its result is kept; nothing in the cloud is left to read or remove."""

    token = "aws:lambda/invocation:Invocation"
    inputs = ("functionName", "input", "qualifier", "triggers", "lifecycleScope")
    replace = ("functionName", "input", "qualifier", "triggers")
    defaults = table(lifecycleScope="CREATE_ONLY")

    def create(self, cloud: Cloud, new: Properties) -> Made:
        if new["lifecycleScope"] != "CREATE_ONLY":
            raise ValueError("lifecycleScope should be CREATE_ONLY on the laptop")
        result = self._result(cloud, new)
        digest = hashlib.md5(str(new["input"]).encode(), usedforsecurity=False).hexdigest()
        id = f"{new['functionName']}_{new.get('qualifier', '$LATEST')}_{digest}"
        return Made(id, {"result": result})

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        return {"result": known["result"]} if "result" in known else {}

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        """Every input that matters replaces the invocation."""

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        """Nothing to remove."""

    def _result(self, cloud: Cloud, new: Properties) -> str:
        reply = cloud.call(
            "lambda",
            "invoke",
            FunctionName=new["functionName"],
            Payload=str(new["input"]).encode(),
            **({"Qualifier": new["qualifier"]} if "qualifier" in new else {}),
        )
        result = reply["Payload"].read().decode()
        if reply.get("FunctionError"):
            raise ValueError(f"aws lambda invoke: {reply['FunctionError']} {_reason(result)}")
        return str(result)


def _reason(result: str) -> str:
    """What a failed function says of itself, without its stack trace."""
    try:
        said = json.loads(result)
    except ValueError:
        said = result
    message = said.get("errorMessage", result) if isinstance(said, dict) else result
    return str(message)[:500]
