"""The Glue catalog and its crawlers: partitions found in S3, with the rights of the role."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, allow, wait_for

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


@pytest.fixture
def lake(aws: Emulator, request: pytest.FixtureRequest) -> Lake:
    """A lake of the test's own."""
    return Lake(aws, f"lake-{abs(hash(request.node.name)) % 10**10}")


def test_a_crawl_adds_what_is_in_s3(lake: Lake) -> None:
    name = lake.crawler(f"{lake.name}-crawler")
    lake.put("2026-08-11T08", "2026-08-11T09")
    last = lake.crawl(name)
    assert last["Status"] == "SUCCEEDED"
    assert sorted(lake.values()) == ["2026-08-11T08", "2026-08-11T09"]
    partition = lake.glue.get_partition(
        DatabaseName=lake.name, TableName="events", PartitionValues=["2026", "08", "11", "09"]
    )["Partition"]
    storage = partition["StorageDescriptor"]
    place = "year=2026/month=08/day=11/hour=09/"
    assert storage["Location"] == f"s3://{lake.name}/{PREFIX}{place}"
    assert storage["Columns"] == lake.columns
    assert storage["SerdeInfo"]["SerializationLibrary"].endswith("JsonSerDe")
    before = lake.glue.get_table(DatabaseName=lake.name, Name="events")["Table"]
    lake.put("2026-08-11T09", "2026-09-01T00")
    lake.put_key(f"{PREFIX}year=2026/other/a.json")
    lake.put_key("elsewhere/year=2026/month=08/day=11/hour=10/a.json")
    assert lake.crawl(name)["Status"] == "SUCCEEDED"
    assert sorted(lake.values()) == ["2026-08-11T08", "2026-08-11T09", "2026-09-01T00"]
    assert lake.glue.get_table(DatabaseName=lake.name, Name="events")["Table"] == before


def test_an_s3_target_is_the_table_under_it(lake: Lake) -> None:
    name = lake.crawler(
        f"{lake.name}-crawler",
        role=lake.aws.role(
            f"{lake.name}-s3",
            "glue.amazonaws.com",
            allow(
                ["glue:GetTables", "glue:GetPartitions", "glue:BatchCreatePartition"], f"{GLUE}:*"
            ),
            allow("s3:ListBucket", f"arn:aws:s3:::{lake.name}"),
        ),
        Targets={"S3Targets": [{"Path": f"s3://{lake.name}/telemetry/"}]},
        DatabaseName=lake.name,
    )
    lake.put("2026-08-11T08")
    assert lake.crawl(name)["Status"] == "SUCCEEDED"
    assert lake.values() == ["2026-08-11T08"]


@pytest.mark.parametrize(
    "right", ["glue:GetTable", "glue:GetPartitions", "glue:BatchCreatePartition", "s3:ListBucket"]
)
def test_the_role_needs_each_right(lake: Lake, right: str) -> None:
    name = lake.crawler(f"{lake.name}-crawler", role=lake.role(f"{lake.name}-role", without=right))
    lake.put("2026-08-11T08")
    last = lake.crawl(name)
    assert last["Status"] == "FAILED"
    assert "AccessDenied" in last["ErrorMessage"]
    assert lake.values() == []
    (crawl,) = lake.glue.list_crawls(CrawlerName=name)["Crawls"]
    assert crawl["State"] == "FAILED" and crawl["ErrorMessage"] == last["ErrorMessage"]


def test_two_crawls_at_once_are_refused(lake: Lake) -> None:
    name = lake.crawler(f"{lake.name}-crawler")
    lake.put(*[f"2026-08-{day:02d}T{hour:02d}" for day in range(1, 6) for hour in range(24)])
    lake.glue.start_crawler(Name=name)
    with pytest.raises(lake.glue.exceptions.CrawlerRunningException):
        lake.glue.start_crawler(Name=name)
    assert lake.ended(name)["Status"] == "SUCCEEDED"
    assert len(lake.values()) == 120
    with pytest.raises(lake.glue.exceptions.CrawlerNotRunningException):
        lake.glue.stop_crawler(Name=name)


def test_a_stopped_crawl_is_cancelled(lake: Lake) -> None:
    name = lake.crawler(f"{lake.name}-crawler")
    lake.put(*[f"2026-08-{day:02d}T00" for day in range(1, 29)])
    lake.glue.start_crawler(Name=name)
    lake.glue.stop_crawler(Name=name)
    assert lake.ended(name)["Status"] == "CANCELLED"
    (crawl,) = lake.glue.list_crawls(CrawlerName=name)["Crawls"]
    assert crawl["State"] == "STOPPED"


def test_the_schedule_starts_it(lake: Lake) -> None:
    name = lake.crawler(f"{lake.name}-crawler", Schedule="cron(0/1 * * * ? *)")
    lake.put("2026-08-11T08")
    shown = lake.glue.get_crawler(Name=name)["Crawler"]["Schedule"]
    assert shown == {"ScheduleExpression": "cron(0/1 * * * ? *)", "State": "SCHEDULED"}
    assert "LastCrawl" not in lake.glue.get_crawler(Name=name)["Crawler"]
    wait_for(lake.values, 64)
    started = lake.ended(name)["StartTime"]
    assert started.second < 5
    metrics = lake.glue.get_crawler_metrics(CrawlerNameList=[name])["CrawlerMetricsList"]
    assert metrics[0]["LastRuntimeSeconds"] > 0


def test_a_schedule_can_be_stopped_and_changed(lake: Lake) -> None:
    glue, name = lake.glue, lake.crawler(f"{lake.name}-crawler")
    with pytest.raises(glue.exceptions.NoScheduleException):
        glue.start_crawler_schedule(CrawlerName=name)
    glue.update_crawler_schedule(CrawlerName=name, Schedule="cron(0 * * * ? *)")
    with pytest.raises(glue.exceptions.SchedulerRunningException):
        glue.start_crawler_schedule(CrawlerName=name)
    glue.stop_crawler_schedule(CrawlerName=name)
    assert glue.get_crawler(Name=name)["Crawler"]["Schedule"]["State"] == "NOT_SCHEDULED"
    with pytest.raises(glue.exceptions.SchedulerNotRunningException):
        glue.stop_crawler_schedule(CrawlerName=name)
    glue.start_crawler_schedule(CrawlerName=name)
    with pytest.raises(ClientError, match="InvalidInput"):
        glue.update_crawler_schedule(CrawlerName=name, Schedule="rate(1 hour)")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Schedule": "cron(0 * * * *)"}, "Invalid schedule expression"),
        ({"Schedule": "rate(1 hour)"}, "Invalid schedule expression"),
        ({"Targets": {}}, "at least one target"),
        ({"SchemaChangePolicy": {"DeleteBehavior": "DEPRECATE_IN_DATABASE"}}, "must be LOG"),
    ],
)
def test_wrong_definitions_are_refused(lake: Lake, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        lake.crawler(f"{lake.name}-crawler", **change)


def test_the_role_must_trust_glue(lake: Lake) -> None:
    role = lake.aws.role(f"{lake.name}-other", "lambda.amazonaws.com")
    with pytest.raises(ClientError, match="unable to assume provided role"):
        lake.crawler(f"{lake.name}-crawler", role=role)


def test_a_right_on_one_crawler_is_enough_to_start_it(lake: Lake) -> None:
    name = lake.crawler(f"{lake.name}-crawler")
    other = lake.crawler(f"{lake.name}-other")
    role = lake.aws.role(
        f"{lake.name}-starter",
        "lambda.amazonaws.com",
        allow("glue:StartCrawler", f"{GLUE}:crawler/{name}"),
    )
    keys = lake.aws.hook("role-credentials", {"role_arn": role, "service": "lambda.amazonaws.com"})
    glue = lake.aws.client("glue", keys)
    glue.start_crawler(Name=name)
    with pytest.raises(ClientError, match="AccessDenied"):
        glue.start_crawler(Name=other)
    lake.ended(name)


def test_partitions_come_filtered_and_in_pages(lake: Lake) -> None:
    hours = [f"2026-08-{day:02d}T{hour:02d}" for day in (1, 2) for hour in range(24)]
    for start in (0, 24):
        lake.glue.batch_create_partition(
            DatabaseName=lake.name,
            TableName="events",
            PartitionInputList=[
                {
                    "Values": hour.replace("T", "-").split("-"),
                    "StorageDescriptor": {"Columns": lake.columns, "Location": "s3://x/"},
                }
                for hour in hours[start : start + 24]
            ],
        )
    assert lake.values(Expression="day = 2 AND hour >= 22") == ["2026-08-02T22", "2026-08-02T23"]
    where = {"DatabaseName": lake.name, "TableName": "events"}
    page = lake.glue.get_partitions(**where, MaxResults=10, Expression="day = 1")
    assert len(page["Partitions"]) == 10 and page["NextToken"]
    assert lake.values(PaginationConfig={"PageSize": 7}) == hours
    halves = [lake.values(Segment={"SegmentNumber": n, "TotalSegments": 2}) for n in (0, 1)]
    assert sorted(halves[0] + halves[1]) == hours and halves[0][0] != halves[1][0]
    lean = lake.glue.get_partitions(**where, MaxResults=1, ExcludeColumnSchema=True)
    assert "Columns" not in lean["Partitions"][0]["StorageDescriptor"]
    for wrong in ({"Expression": "minute = 1"}, {"NextToken": "?"}):
        with pytest.raises(ClientError, match="InvalidInput"):
            lake.glue.get_partitions(**where, **wrong)
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.glue.get_partitions(DatabaseName=lake.name, TableName="none")
    reply = lake.glue.batch_delete_partition(
        **where, PartitionsToDelete=[{"Values": ["2026", "08", "01", "00"]}, {"Values": ["1"] * 4}]
    )
    assert [one["PartitionValues"] for one in reply["Errors"]] == [["1"] * 4]
    assert lake.values() == hours[1:]


def test_a_table_has_no_empty_description(lake: Lake) -> None:
    table = lake.glue.get_table(DatabaseName=lake.name, Name="events")["Table"]
    assert "Description" not in table
    (listed,) = lake.glue.get_tables(DatabaseName=lake.name)["TableList"]
    assert listed == table


def test_a_crawl_outlives_the_request_that_looks_at_it(lake: Lake) -> None:
    name = lake.crawler(f"{lake.name}-crawler")
    lake.put(*[f"2026-07-{day:02d}T00" for day in range(1, 11)])
    started = time.monotonic()
    lake.glue.start_crawler(Name=name)
    assert time.monotonic() - started < 2
    with pytest.raises(lake.glue.exceptions.CrawlerRunningException):
        lake.glue.delete_crawler(Name=name)
    lake.ended(name)
    lake.glue.delete_crawler(Name=name)
