"""One crawl: the partitions that lie in S3 and are not in the catalog are added to it.

Everything is done with the keys of the crawler's role. Columns are never touched: the table is
declared in code, and a partition takes its storage descriptor. Nothing is deleted.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from local.aws import credentials

BATCH = 100  # partitions in one BatchCreatePartition, Glue's limit
SERVICE = "glue.amazonaws.com"


class CrawlError(Exception):
    """The crawl cannot go on; the text becomes the crawl's error message."""


class CancelledError(Exception):
    """The crawler was stopped."""


@dataclass
class Outcome:
    """What a crawl did: partitions added, and prefixes that are no partition of the table."""

    added: int = 0
    unknown: list[str] = field(default_factory=list)


def crawl(definition: dict[str, Any], arn: str, stopped: threading.Event) -> Outcome:
    """Crawl every target of a crawler's definition.

    Raises CrawlError, CancelledError, or botocore's errors where the role is refused.
    """
    role = definition["Role"]
    if not role.startswith("arn:"):
        role = f"arn:aws:iam::{arn.split(':')[4]}:role/{role}"
    try:
        keys = credentials.assume(role, SERVICE, "AWS-Crawler", arn)
    except credentials.TrustError as error:
        raise CrawlError(
            "Service is unable to assume provided role. Please verify role's TrustPolicy"
        ) from error
    crawler = _Crawl(keys, arn.split(":")[3], stopped)
    for database, table in crawler.tables(definition):
        crawler.table(database, table)
    return crawler.outcome


class _Crawl:
    def __init__(self, keys: credentials.Keys, region: str, stopped: threading.Event) -> None:
        import boto3

        session = boto3.session.Session(
            keys.access_key, keys.secret_key, keys.token, region_name=region
        )
        endpoint = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
        self._glue: Any = session.client("glue", endpoint_url=endpoint)
        self._s3: Any = session.client("s3", endpoint_url=endpoint)
        self._stopped = stopped
        self.outcome = Outcome()

    def tables(self, definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The tables that the targets name, or whose place lies under an S3 target."""
        targets = definition.get("Targets", {})
        for target in targets.get("CatalogTargets") or []:
            for name in target["Tables"]:
                found = self._glue.get_table(DatabaseName=target["DatabaseName"], Name=name)
                yield target["DatabaseName"], found["Table"]
        for target in targets.get("S3Targets") or []:
            path = target["Path"].rstrip("/") + "/"
            database = definition["DatabaseName"]
            pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=database)
            found = [
                table
                for page in pages
                for table in page["TableList"]
                if _location(table).startswith(path)
            ]
            if not found:
                raise CrawlError(f"No table of {database} lies under {path}; declare it in code.")
            for table in found:
                yield database, table

    def table(self, database: str, table: dict[str, Any]) -> None:
        """Add the table's new partitions."""
        keys = [key["Name"] for key in table.get("PartitionKeys", [])]
        if not keys:
            return
        where = {"DatabaseName": database, "TableName": table["Name"]}
        pages = self._glue.get_paginator("get_partitions").paginate(
            **where, ExcludeColumnSchema=True
        )
        known = {tuple(one["Values"]) for page in pages for one in page["Partitions"]}
        bucket, _, prefix = _location(table).removeprefix("s3://").partition("/")
        inputs = [
            {
                "Values": list(values),
                "StorageDescriptor": {
                    **table["StorageDescriptor"],
                    "Location": f"s3://{bucket}/{place}",
                },
            }
            for values, place in self._walk(bucket, prefix, keys, ())
            if values not in known
        ]
        for start in range(0, len(inputs), BATCH):
            self._go_on()
            batch = inputs[start : start + BATCH]
            reply = self._glue.batch_create_partition(**where, PartitionInputList=batch)
            failed = [
                error["ErrorDetail"]
                for error in reply.get("Errors", [])
                if error["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException"
            ]
            if failed:
                raise CrawlError(f"{failed[0]['ErrorCode']}: {failed[0]['ErrorMessage']}")
            self.outcome.added += len(batch) - len(reply.get("Errors", []))

    def _walk(
        self, bucket: str, prefix: str, keys: list[str], values: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        """Values and prefix of each partition; a level of folders is a key, `name=value`."""
        if len(values) == len(keys):
            yield values, prefix
            return
        self._go_on()
        name = keys[len(values)]
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, Delimiter="/"
        )
        for page in pages:
            for folder in page.get("CommonPrefixes", []):
                place = folder["Prefix"]
                found, equals, value = place[len(prefix) : -1].partition("=")
                if equals and found.lower() == name.lower() and value:
                    yield from self._walk(bucket, place, keys, (*values, unquote(value)))
                else:
                    self.outcome.unknown.append(place)

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise CancelledError


def _location(table: dict[str, Any]) -> str:
    return str(table["StorageDescriptor"]["Location"]).rstrip("/") + "/"
