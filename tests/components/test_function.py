"""Every function has the one shape: own role, logs, dead letters, encryption, tracing, retries."""

from __future__ import annotations

import json
import re

import pytest

from tests.components.recording import ACCOUNT_ID, Recording

FUNCTIONS = {
    "generator": ("Generator", "telemetry_generator"),
    "producer": ("Producer", "msk_producer"),
    "data-loader": ("DataLoader", "data_loader"),
}
VARIABLES = {
    "generator": {
        "MSK_PRODUCER_FUNCTION_NAME",
        "DATA_LOADER_FUNCTION_NAME",
        "DATA_BUCKET",
        "GENERATOR_SEED",
        "GENERATOR_PROFILE",
        "PRODUCER_TIMEOUT_SECONDS",
        "DATA_LOADER_TIMEOUT_SECONDS",
        "METRIC_NAMESPACE",
    },
    "producer": {"BOOTSTRAP_BROKERS", "TOPIC", "TOPIC_PARTITIONS", "METRIC_NAMESPACE"},
    "data-loader": {
        "DATA_BUCKET",
        "WORKGROUP",
        "REFERENCE_DATABASE",
        "TELEMETRY_DATABASE",
        "CACHE_TTL_MINUTES",
        "METRIC_NAMESPACE",
    },
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_code_and_runtime(dev: Recording, function: str) -> None:
    short, package = FUNCTIONS[function]
    inputs = dev.one("lambda/function", f"{function}-function").inputs
    assert inputs["name"] == f"AcmeTelemetry-{short}"
    assert inputs["handler"] == f"handlers.{package}.handler.handle"
    assert (inputs["runtime"], inputs["architectures"]) == ("python3.13", ["arm64"])
    assert list(inputs["code"].assets) == [package]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_role_is_the_function_s_own(dev: Recording, function: str) -> None:
    short, _ = FUNCTIONS[function]
    inputs = dev.one("lambda/function", f"{function}-function").inputs
    assert inputs["role"] == f"arn:aws:iam::{ACCOUNT_ID}:role/AcmeTelemetry-{short}-Role"
    role = dev.one("iam/role", f"{function}-role").inputs
    (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_logs_traces_and_environment_are_kept_and_encrypted(dev: Recording, function: str) -> None:
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT_ID}:key/encryption-key"
    inputs = dev.one("lambda/function", f"{function}-function").inputs
    group = dev.one("cloudwatch/logGroup", f"{function}-log-group").inputs
    assert group["name"] == inputs["loggingConfig"]["logGroup"] == f"/aws/lambda/{inputs['name']}"
    assert (group["retentionInDays"], group["kmsKeyId"]) == (30, key)
    assert inputs["tracingConfig"] == {"mode": "Active"}
    assert inputs["kmsKeyArn"] == key


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_environment_is_what_the_function_reads(dev: Recording, function: str) -> None:
    variables = dev.one("lambda/function", f"{function}-function").inputs["environment"][
        "variables"
    ]
    assert set(variables) == VARIABLES[function]
    assert all(isinstance(value, str) and value for value in variables.values())
    secret = re.compile(r"password|secret|token|AKIA", re.IGNORECASE)
    assert not any(secret.search(f"{key}={value}") for key, value in variables.items())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_failed_event_is_tried_again_and_then_kept(dev: Recording, function: str) -> None:
    short, _ = FUNCTIONS[function]
    queue = dev.one("sqs/queue", f"{function}-dead-letters").inputs
    assert queue["name"] == f"AcmeTelemetry-{short}-DLQ"
    assert queue["kmsMasterKeyId"] and queue["messageRetentionSeconds"] == 14 * 24 * 3600
    policy = json.loads(
        dev.one("sqs/queuePolicy", f"{function}-dead-letters-policy").inputs["policy"]
    )
    assert policy["Statement"][0]["Effect"] == "Deny"
    retries = dev.one("lambda/functionEventInvokeConfig", f"{function}-retries").inputs
    assert retries["destinationConfig"]["onFailure"]["destination"].endswith(queue["name"])
    timeout = dev.one("lambda/function", f"{function}-function").inputs["timeout"]
    assert timeout < retries["maximumEventAgeInSeconds"] <= 900
    assert retries["maximumRetryAttempts"] == 2


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_waits_for_its_rights(dev: Recording, function: str) -> None:
    assert f"{function}-permissions" in dev.waits_for(f"{function}-function", "function")


def test_only_the_producer_is_in_the_network(dev: Recording) -> None:
    placed = [made for made in dev.of("lambda/function") if "vpcConfig" in made.inputs]
    assert [made.name for made in placed] == ["producer-function"]
    zones = {made.inputs["availabilityZone"] for made in dev.of("ec2/subnet")}
    assert len(placed[0].inputs["vpcConfig"]["subnetIds"]) == len(zones) == 3


def test_the_generator_outlasts_those_it_waits_for(dev: Recording) -> None:
    timeouts = {
        function: int(dev.one("lambda/function", f"{function}-function").inputs["timeout"])
        for function in FUNCTIONS
    }
    assert timeouts["generator"] > timeouts["producer"] + timeouts["data-loader"]
    variables = dev.one("lambda/function", "generator-function").inputs["environment"]["variables"]
    assert variables["PRODUCER_TIMEOUT_SECONDS"] == str(timeouts["producer"])
    assert variables["DATA_LOADER_TIMEOUT_SECONDS"] == str(timeouts["data-loader"])


def test_no_function_admits_the_public(dev: Recording) -> None:
    assert dev.of("lambda/permission") == dev.of("lambda/functionUrl") == []
