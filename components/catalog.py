"""The catalogue: the tables of telemetry and quarantine, and what makes a new hour visible.

The crawler adds partitions to the raw table and never changes its columns: a column that appears in
the data must raise an alarm, not a column. The quarantine's days are few and always projected.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import service_permissions
from components.names import RAW_TABLE
from components.policy import trust
from components.service import log_group, service_role
from components.settings_groups import Catalog as CatalogSettings
from components.stage import Identity, Stage, policy
from components.tables import JSON_LINES, table
from handlers.contract import event, quarantine

_FIRST_YEAR, _LAST_YEAR = 2024, 2099
_PATH = "telemetry/year=${year}/month=${month}/day=${day}/hour=${hour}/"


@dataclass(frozen=True, kw_only=True)
class CatalogArgs:
    """`data_bucket` holds the tables' objects under `telemetry/` and `quarantine/`."""

    identity: Identity
    settings: CatalogSettings
    log_days: int
    key_arn: pulumi.Input[str]
    data_bucket: pulumi.Input[str]


class Catalog(Stage):
    """The telemetry database, its tables, and the crawler unless partitions are projected."""

    database: pulumi.Output[str]
    table: pulumi.Output[str]
    quarantine_table: pulumi.Output[str]
    crawler: pulumi.Output[str] | None
    crawler_role_arn: pulumi.Output[str] | None

    def __init__(
        self, name: str, args: CatalogArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        names = args.identity.names
        projected = args.settings.partitions == "projection"
        database = aws.glue.CatalogDatabase(
            self.called("database"),
            name=names.telemetry_database,
            description="Video telemetry as it arrives",
            opts=self.child(),
        )
        raw = table(
            self,
            "raw-table",
            name=RAW_TABLE,
            database=database.name,
            description="One event a line; year to hour are those of arrival, UTC",
            location=pulumi.Output.concat("s3://", args.data_bucket, "/telemetry/"),
            columns=event.COLUMNS,
            format=JSON_LINES,
            partition_keys=event.PARTITION_KEYS,
            parameters=projection(args.data_bucket) if projected else None,
        )
        kept = table(
            self,
            "quarantine-table",
            name=quarantine.TABLE,
            database=database.name,
            description="What is no event, as it came, with reason and place; one a line",
            location=pulumi.Output.concat("s3://", args.data_bucket, "/", quarantine.PREFIX),
            columns=quarantine.COLUMNS,
            format=JSON_LINES,
            partition_keys=quarantine.PARTITION_KEYS,
            parameters=QUARANTINE_PROJECTION,
        )
        self.database, self.table = database.name, raw.name
        self.quarantine_table = kept.name
        self.crawler, self.crawler_role_arn = None, None
        if not projected:
            self._crawler(args, database, raw)
        self.register_outputs(
            {
                "database": self.database,
                "table": self.table,
                "quarantine_table": self.quarantine_table,
            }
        )

    def _crawler(
        self, args: CatalogArgs, database: aws.glue.CatalogDatabase, raw: aws.glue.CatalogTable
    ) -> None:
        identity, names = args.identity, args.identity.names
        role = service_role(
            self,
            "GlueCrawler",
            identity=identity,
            description="Adds the partitions of the raw table",
            trusts=trust("glue.amazonaws.com", names.account_id),
            permissions=policy(
                lambda key_arn: service_permissions.crawler(names, key_arn), key_arn=args.key_arn
            ),
            prefix="crawler-",
        )
        logs = log_group(
            self,
            names.crawler_log_group,
            identity=identity,
            days=args.log_days,
            key_arn=args.key_arn,
            prefix="crawler-",
        )
        encryption = self._crawler_encryption(args)
        crawler = aws.glue.Crawler(
            self.called("crawler"),
            name=names.crawler,
            description="Makes each new hour of telemetry visible",
            role=role.arn,
            database_name=database.name,
            catalog_targets=[
                aws.glue.CrawlerCatalogTargetArgs(database_name=database.name, tables=[raw.name])
            ],
            schedule=args.settings.crawler_schedule,
            schema_change_policy=aws.glue.CrawlerSchemaChangePolicyArgs(
                update_behavior="LOG", delete_behavior="LOG"
            ),
            configuration=json.dumps(CRAWLER_CONFIGURATION),
            security_configuration=encryption.name,
            tags=identity.tags(),
            opts=self.child(after=[role.policy, logs]),
        )
        self.crawler, self.crawler_role_arn = crawler.name, role.arn

    def _crawler_encryption(self, args: CatalogArgs) -> aws.glue.SecurityConfiguration:
        encryption = aws.glue.SecurityConfigurationEncryptionConfigurationArgs
        return aws.glue.SecurityConfiguration(
            self.called("crawler-encryption"),
            name=args.identity.names.crawler,
            encryption_configuration=encryption(
                cloudwatch_encryption=(
                    aws.glue.SecurityConfigurationEncryptionConfigurationCloudwatchEncryptionArgs(
                        cloudwatch_encryption_mode="SSE-KMS", kms_key_arn=args.key_arn
                    )
                ),
                job_bookmarks_encryption=(
                    aws.glue.SecurityConfigurationEncryptionConfigurationJobBookmarksEncryptionArgs(
                        job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=args.key_arn
                    )
                ),
                s3_encryption=aws.glue.SecurityConfigurationEncryptionConfigurationS3EncryptionArgs(
                    s3_encryption_mode="SSE-KMS", kms_key_arn=args.key_arn
                ),
            ),
            opts=self.child(),
        )


# The service adds Grouping to a crawler with a catalog target; left out, every plan shows a change.
CRAWLER_CONFIGURATION = {
    "Version": 1.0,
    "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}},
    "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"},
}


# The folders are day=2025-08-11; the template is Hive's and need not be said.
QUARANTINE_PROJECTION: dict[str, pulumi.Input[str]] = {
    "projection.enabled": "true",
    "projection.day.type": "date",
    "projection.day.format": "yyyy-MM-dd",
    "projection.day.range": f"{_FIRST_YEAR}-01-01,NOW",
}


def projection(data_bucket: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """Athena's table parameters that work a partition out instead of looking it up."""
    ranges = {
        "year": f"{_FIRST_YEAR},{_LAST_YEAR}",
        "month": "1,12",
        "day": "1,31",
        "hour": "0,23",
    }
    parameters: dict[str, pulumi.Input[str]] = {
        "projection.enabled": "true",
        "storage.location.template": pulumi.Output.concat("s3://", data_bucket, "/", _PATH),
    }
    for key, span in ranges.items():
        parameters[f"projection.{key}.type"] = "integer"
        parameters[f"projection.{key}.range"] = span
        if key != "year":
            parameters[f"projection.{key}.digits"] = "2"  # the folders are month=08, not month=8
    return parameters
