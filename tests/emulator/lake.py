"""A bucket with hours in it, a table over it, and crawlers: what tests of Glue begin with."""

from __future__ import annotations

from typing import Any

from tests.conftest import wait_for
from tests.emulator.conftest import Emulator, allow

KEYS = [{"Name": name, "Type": "int"} for name in ("year", "month", "day", "hour")]
GLUE = "arn:aws:glue:eu-central-1:000000000000"
PREFIX = "telemetry/"


class Lake:
    """A bucket, a database with one table, and crawlers over it."""

    def __init__(self, aws: Emulator, name: str) -> None:
        self.aws, self.name = aws, name
        self.glue, self.s3 = aws.client("glue"), aws.client("s3")
        self.s3.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        self.glue.create_database(DatabaseInput={"Name": name})
        self.columns = [{"Name": "event_id", "Type": "string"}]
        self.glue.create_table(
            DatabaseName=name,
            TableInput={
                "Name": "events",
                "TableType": "EXTERNAL_TABLE",
                "PartitionKeys": KEYS,
                "StorageDescriptor": {
                    "Columns": self.columns,
                    "Location": f"s3://{name}/{PREFIX}",
                    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                    "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
                },
            },
        )

    def put(self, *hours: str) -> None:
        """One object in each hour, `2026-08-11T09`."""
        for hour in hours:
            day, _, number = hour.partition("T")
            year, month, of_month = day.split("-")
            self.put_key(f"{PREFIX}year={year}/month={month}/day={of_month}/hour={number}/a.json")

    def put_key(self, key: str) -> None:
        """One object."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=b"{}\n")

    def crawler(self, name: str, role: str | None = None, **more: Any) -> str:
        """A crawler with a catalog target."""
        self.glue.create_crawler(
            **{
                "Name": name,
                "Role": role or self.role(f"{name}-role"),
                "Targets": {"CatalogTargets": [{"DatabaseName": self.name, "Tables": ["events"]}]},
                "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
                **more,
            }
        )
        return name

    def role(self, name: str, *, without: str = "") -> str:
        """The role of a crawler, but for one right."""
        catalog = [
            f"{GLUE}:catalog",
            f"{GLUE}:database/{self.name}",
            f"{GLUE}:table/{self.name}/*",
        ]
        actions = ["glue:GetTable", "glue:GetPartitions", "glue:BatchCreatePartition"]
        statements = [
            allow([one for one in actions if one != without], catalog),
            allow("s3:ListBucket", f"arn:aws:s3:::{self.name}"),
        ]
        return self.aws.role(
            name, "glue.amazonaws.com", *[one for one in statements if one["Action"] != without]
        )

    def crawl(self, name: str) -> dict[str, Any]:
        """Start the crawler, wait for its end, and give its last crawl."""
        self.glue.start_crawler(Name=name)
        return self.ended(name)

    def ended(self, name: str) -> dict[str, Any]:
        """The crawler's last crawl, once it is ready."""

        def last() -> dict[str, Any] | None:
            found = self.glue.get_crawler(Name=name)["Crawler"]
            return found.get("LastCrawl") if found["State"] == "READY" else None

        crawl: dict[str, Any] = wait_for(last, 20)
        return crawl

    def values(self, **more: Any) -> list[str]:
        """The partitions of the catalog, as `2026-08-11T09`."""
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.name, TableName="events", **more
        )
        found = [one["Values"] for page in pages for one in page["Partitions"]]
        return ["{}-{}-{}T{}".format(*values) for values in found]
