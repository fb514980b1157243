"""The emulator's Glue, S3 and prepared statements, as the Athena API asks them.

It asks over HTTP with the root key, from worker threads: whether the caller may is decided before,
in `local.aws.athena.access`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cached_property
from typing import IO, Any

from local.aws.athena.statement import RefusedError

ROOT_KEY = "test"


class Catalog:
    """The services of one emulator."""

    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint = endpoint
        self.region = region
        self._lock = threading.Lock()

    @cached_property
    def _session(self) -> Any:
        import boto3

        return boto3.session.Session(ROOT_KEY, ROOT_KEY, region_name=self.region)

    def _client(self, service: str) -> Any:
        from botocore.config import Config

        config = Config(
            max_pool_connections=32,
            retries={"total_max_attempts": 3},
            s3={"addressing_style": "path"},
        )
        return self._session.client(service, endpoint_url=self.endpoint, config=config)

    @cached_property
    def glue(self) -> Any:
        """The client of Glue."""
        return self._client("glue")

    @cached_property
    def s3(self) -> Any:
        """The client of S3."""
        return self._client("s3")

    @cached_property
    def athena(self) -> Any:
        """The client of Athena, for prepared statements."""
        return self._client("athena")

    def connect(self) -> None:
        """Make the clients, once, before several threads want them."""
        with self._lock:
            for service in ("glue", "s3", "athena"):
                getattr(self, service)

    def table(self, database: str, name: str) -> dict[str, Any] | None:
        """A table or view as Glue describes it, or None."""
        try:
            found: dict[str, Any] = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return None
        return found

    def tables(self, database: str) -> list[dict[str, Any]]:
        """All tables and views of a database; RefusedError when there is none of that name."""
        try:
            pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
            return [table for page in pages for table in page["TableList"]]
        except self.glue.exceptions.EntityNotFoundException:
            raise RefusedError(f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist") from None

    def databases(self) -> list[str]:
        """The names of all databases."""
        pages = self.glue.get_paginator("get_databases").paginate()
        return [database["Name"] for page in pages for database in page["DatabaseList"]]

    def partitions(self, database: str, name: str) -> list[list[str]]:
        """The values of every registered partition."""
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName=name
        )
        return [partition["Values"] for page in pages for partition in page["Partitions"]]

    def add_partition(
        self, table: dict[str, Any], values: list[str], location: str, lenient: bool
    ) -> None:
        """Register a partition at `location`; one that exists is refused unless `lenient`."""
        descriptor = {**table["StorageDescriptor"], "Location": location}
        try:
            self.glue.create_partition(
                DatabaseName=table["DatabaseName"],
                TableName=table["Name"],
                PartitionInput={"Values": values, "StorageDescriptor": descriptor},
            )
        except self.glue.exceptions.AlreadyExistsException:
            if not lenient:
                raise RefusedError(
                    f"AlreadyExistsException: Partition {values} already exists"
                ) from None

    def drop_partition(self, table: dict[str, Any], values: list[str], lenient: bool) -> None:
        """Forget a partition, not its objects; a missing one is refused unless `lenient`."""
        database, name = table["DatabaseName"], table["Name"]
        if values not in self.partitions(database, name):  # Glue's DeletePartition does not tell
            if lenient:
                return
            raise RefusedError(f"SemanticException Partition not found {values}")
        self.glue.delete_partition(DatabaseName=database, TableName=name, PartitionValues=values)

    def create_external_table(self, sql: str, table: tuple[str, str]) -> None:
        """CREATE EXTERNAL TABLE, by the emulator's own reader of Hive's DDL."""
        from ministack.services import athena as stock

        understood = stock._parse_ddl(sql)
        if understood is None:
            raise RefusedError(
                "ParseException: cannot recognize input near 'create' 'external' 'table'"
            )
        if not understood.location:
            raise RefusedError("FAILED: SemanticException CREATE EXTERNAL TABLE needs a LOCATION")
        try:
            stock._run_ddl(understood, table[0])
        except ValueError as problem:
            raise RefusedError(f"FAILED: {problem}") from None

    def prepared(self, workgroup: str, name: str) -> str | None:
        """The query of a prepared statement, or None."""
        try:
            got = self.athena.get_prepared_statement(WorkGroup=workgroup, StatementName=name)
        except self.athena.exceptions.ResourceNotFoundException:
            return None
        return str(got["PreparedStatement"]["QueryStatement"])

    def set_prepared(self, workgroup: str, name: str, query: str | None) -> None:
        """Keep, replace or (None) forget a prepared statement."""
        known = self.prepared(workgroup, name) is not None
        if known:
            self.athena.delete_prepared_statement(WorkGroup=workgroup, StatementName=name)
        elif query is None:
            raise RefusedError(f"NOT_FOUND: Prepared statement not found: {name}")
        if query is not None:
            self.athena.create_prepared_statement(
                WorkGroup=workgroup, StatementName=name, QueryStatement=query
            )

    def bucket_exists(self, bucket: str) -> bool:
        """Whether a bucket is there."""
        try:
            self.s3.head_bucket(Bucket=bucket)
        except self.s3.exceptions.ClientError:
            return False
        return True

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """The keys of the objects under a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def put(self, uri: str, body: IO[bytes] | bytes, encryption: dict[str, str]) -> None:
        """Store an object. `encryption` is Athena's EncryptionConfiguration, or empty."""
        bucket, key = split_uri(uri)
        extra: dict[str, str] = {}
        option = encryption.get("EncryptionOption")
        if option == "SSE_KMS":
            extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": encryption["KmsKey"]}
        elif option == "SSE_S3":
            extra = {"ServerSideEncryption": "AES256"}
        self.s3.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType="application/octet-stream", **extra
        )

    def read(self, uri: str, start: int, end: int) -> bytes:
        """The bytes [start, end) of an object."""
        bucket, key = split_uri(uri)
        got = self.s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}")
        return bytes(got["Body"].read())


def split_uri(uri: str) -> tuple[str, str]:
    """(bucket, key) of s3://bucket/key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def parent_arns(region: str, account: str, database: str, tables: Iterable[str]) -> list[str]:
    """The ARNs that Glue asks rights on for tables of a database: catalog, database and tables."""
    head = f"arn:aws:glue:{region}:{account}"
    names = [f"{head}:table/{database}/{table}" for table in tables]
    return [f"{head}:catalog", *([f"{head}:database/{database}"] if database else []), *names]
