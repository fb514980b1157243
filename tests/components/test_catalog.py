"""The raw table is the contract's event, and nothing but partitions is ever added to it."""

from __future__ import annotations

import json

from handlers.contract import event, quarantine
from tests.components.recording import ACCOUNT_ID, Recording, pipeline

LOCATION = f"s3://acme-telemetry-{ACCOUNT_ID}-eu-central-1/telemetry/"


def test_columns_and_keys_are_the_contract_s(dev: Recording) -> None:
    table = dev.one("glue/catalogTable", "catalog-raw-table").inputs
    columns = [(c["name"], c["type"]) for c in table["storageDescriptor"]["columns"]]
    assert columns == [(column.name, column.type) for column in event.COLUMNS]
    assert len(columns) == 24
    keys = [(key["name"], key["type"]) for key in table["partitionKeys"]]
    assert keys == [("year", "int"), ("month", "int"), ("day", "int"), ("hour", "int")]


def test_the_quarantine_s_columns_are_the_contract_s_and_its_days_are_projected(
    dev: Recording,
) -> None:
    table = dev.one("glue/catalogTable", "catalog-quarantine-table").inputs
    columns = [(c["name"], c["type"]) for c in table["storageDescriptor"]["columns"]]
    assert columns == [(column.name, column.type) for column in quarantine.COLUMNS]
    assert [(key["name"], key["type"]) for key in table["partitionKeys"]] == [("day", "string")]
    assert (
        table["storageDescriptor"]["location"]
        == LOCATION.removesuffix("telemetry/") + "quarantine/"
    )
    assert table["parameters"] == {
        "EXTERNAL": "TRUE",
        "classification": "json",
        "projection.enabled": "true",
        "projection.day.type": "date",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.range": "2024-01-01,NOW",
    }


def test_a_bad_line_does_not_fail_a_query(dev: Recording) -> None:
    storage = dev.one("glue/catalogTable", "catalog-raw-table").inputs["storageDescriptor"]
    assert storage["location"] == LOCATION
    assert storage["serDeInfo"] == {
        "serializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
        "parameters": {"ignore.malformed.json": "true"},
    }


def test_the_crawler_only_adds_partitions(dev: Recording) -> None:
    crawler = dev.one("glue/crawler").inputs
    assert crawler["catalogTargets"] == [
        {"databaseName": "acme_telemetry", "tables": ["video_telemetry_json"]}
    ]
    assert "s3Targets" not in crawler and "recrawlPolicy" not in crawler
    assert crawler["schemaChangePolicy"] == {"updateBehavior": "LOG", "deleteBehavior": "LOG"}
    configuration = json.loads(crawler["configuration"])
    partitions = configuration["CrawlerOutput"]["Partitions"]
    assert partitions == {"AddOrUpdateBehavior": "InheritFromTable"}
    assert "Tables" not in configuration["CrawlerOutput"]
    assert crawler["securityConfiguration"] == "AcmeTelemetry-S3-Crawler"
    assert "catalog-crawler-permissions" in dev.waits_for("catalog-crawler", "crawler")


def test_the_crawler_s_logs_are_encrypted_and_expire(dev: Recording) -> None:
    group = dev.one("cloudwatch/logGroup", "catalog-crawler-log-group").inputs
    assert group["name"] == (
        "/aws-glue/crawlers-role/AcmeTelemetry-GlueCrawler-Role-AcmeTelemetry-S3-Crawler"
    )
    assert group["retentionInDays"] == 30 and group["kmsKeyId"].endswith("encryption-key")
    assert "catalog-crawler-log-group" in dev.waits_for("catalog-crawler", "crawler")
    encryption = dev.one("glue/securityConfiguration").inputs["encryptionConfiguration"]
    assert encryption["cloudwatchEncryption"]["cloudwatchEncryptionMode"] == "SSE-KMS"
    assert encryption["cloudwatchEncryption"]["kmsKeyArn"].endswith("encryption-key")


def test_projection_works_out_the_folders_that_the_delivery_writes() -> None:
    recording = pipeline("dev", catalogPartitions="projection").recording
    parameters = recording.one("glue/catalogTable", "catalog-raw-table").inputs["parameters"]
    assert parameters["projection.enabled"] == "true"
    assert parameters["storage.location.template"] == (
        LOCATION + "year=${year}/month=${month}/day=${day}/hour=${hour}/"
    )
    for key in ("year", "month", "day", "hour"):
        assert parameters[f"projection.{key}.type"] == "integer"
        assert parameters[f"projection.{key}.range"].count(",") == 1
    assert parameters["projection.month.digits"] == "2"
    assert "projection.year.digits" not in parameters


def test_without_projection_the_partitions_are_looked_up(dev: Recording) -> None:
    parameters = dev.one("glue/catalogTable", "catalog-raw-table").inputs["parameters"]
    assert parameters == {"EXTERNAL": "TRUE", "classification": "json"}
