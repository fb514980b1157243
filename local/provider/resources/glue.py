"""Glue: databases, tables, crawlers and what encrypts a crawler's logs."""

from __future__ import annotations

from typing import Any

from local.provider import shapes
from local.provider.cloud import AwsError, Cloud, wait
from local.provider.resource import ApiResource, Calls, table
from local.provider.tags import Tagging
from local.provider.values import Properties

TAGGING = Tagging("glue", read="get_tags", tags="TagsToAdd", keys="TagsToRemove", pair=None)


class CatalogDatabase(ApiResource):
    token = "aws:glue/catalogDatabase:CatalogDatabase"
    calls = Calls("glue", "create_database", "get_database", "update_database", "delete_database")
    inputs = ("name", "description", "locationUri", "parameters")
    replace = ("name",)
    name = "name"
    id_form = "{name}"
    key = table(Name="name")
    inside = "DatabaseInput"
    body = "Database"
    tagging = TAGGING

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        state = super().read(cloud, id, known)
        if state is None:
            return None
        return {**state, "arn": cloud.arn("glue", f"database/{id}"), "catalogId": cloud.account}


class CatalogTable(ApiResource):
    """A table; its partitions are the crawler's and go with it."""

    token = "aws:glue/catalogTable:CatalogTable"
    calls = Calls("glue", "create_table", "get_table", "update_table", "delete_table")
    inputs = (
        "name",
        "databaseName",
        "description",
        "owner",
        "parameters",
        "partitionKeys",
        "retention",
        "storageDescriptor",
        "tableType",
        "viewExpandedText",
        "viewOriginalText",
    )
    replace = ("name", "databaseName")
    name = "name"
    id_form = "{databaseName}:{name}"
    key = table(DatabaseName="databaseName", Name="name")
    inside = "TableInput"
    outside = ("databaseName",)
    body = "Table"

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        state = super().read(cloud, id, known)
        if state is None:
            return None
        arn = cloud.arn("glue", f"table/{id.replace(':', '/')}")
        return {**state, "arn": arn, "catalogId": cloud.account}


class Crawler(ApiResource):
    token = "aws:glue/crawler:Crawler"
    calls = Calls("glue", "create_crawler", "get_crawler", "update_crawler", "delete_crawler")
    inputs = (
        "name",
        "databaseName",
        "role",
        "description",
        "catalogTargets",
        "s3Targets",
        "schedule",
        "schemaChangePolicy",
        "recrawlPolicy",
        "configuration",
        "tablePrefix",
        "securityConfiguration",
    )
    replace = ("name",)
    name = "name"
    id_form = "{name}"
    key = table(Name="name")
    body = "Crawler"
    renames = table(
        catalogTargets="Targets.CatalogTargets",
        s3Targets="Targets.S3Targets",
        securityConfiguration="CrawlerSecurityConfiguration",
    )
    tagging = TAGGING

    def show(self, cloud: Cloud, id: str) -> Any:
        found = super().show(cloud, id)
        schedule = found.get("Schedule")
        if isinstance(schedule, dict):
            schedule = schedule.get("ScheduleExpression")
        return {**found, "Schedule": schedule}

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        state = super().read(cloud, id, known)
        if state is None:
            return None
        role = str(state["role"])
        if ":" not in str(known.get("role", role)):
            state["role"] = role.rpartition("/")[2]
        return {**state, "arn": cloud.arn("glue", f"crawler/{id}")}

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        try:
            cloud.call("glue", "stop_crawler", Name=id)
        except AwsError as refused:
            if "NotRunning" not in refused.code and "Stopping" not in refused.code:
                raise

        def idle() -> bool:
            return bool(super(Crawler, self).show(cloud, id)["State"] == "READY")

        wait(idle, f"crawler {id}")
        super().delete(cloud, id, known)


class SecurityConfiguration(ApiResource):
    token = "aws:glue/securityConfiguration:SecurityConfiguration"
    calls = Calls(
        "glue",
        "create_security_configuration",
        "get_security_configuration",
        None,
        "delete_security_configuration",
    )
    inputs = ("name", "encryptionConfiguration")
    replace = inputs
    name = "name"
    id_form = "{name}"
    key = table(Name="name")
    body = "SecurityConfiguration"

    def show(self, cloud: Cloud, id: str) -> Any:
        found = super().show(cloud, id)
        encryption = dict(found["EncryptionConfiguration"])
        encryption["S3Encryption"] = shapes.dig(encryption, "S3Encryption.0")
        return {**found, "EncryptionConfiguration": encryption}
