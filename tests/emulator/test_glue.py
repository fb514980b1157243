"""Crawlers: partitions found in S3, with the rights of the role, and on schedule."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import wait_for
from tests.emulator.conftest import allow
from tests.emulator.lake import GLUE, PREFIX, Lake


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
