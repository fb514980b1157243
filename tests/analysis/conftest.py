"""Tiny tables on the real SQL engine, small enough to compute every answer by hand."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pytest
from pyarrow import parquet

from components.catalog import QUARANTINE_PROJECTION
from handlers.contract import event, quarantine
from handlers.contract.column import Column
from local.engine import environment
from tests.analysis import quarantined
from tests.conftest import LaptopStack

GOLDEN = Path(__file__).parent / "golden"
BUCKET = "golden-tables"
TELEMETRY, REFERENCE = "golden_telemetry", "golden_reference"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


@pytest.fixture(scope="package")
def stack_environment(laptop_stack: LaptopStack) -> Iterator[None]:
    """The variables of `make env`, for the analysis as for any other client."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(laptop_stack.laptop).items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps what the environment was before
        yield


@pytest.fixture(scope="package")
def golden_outputs(laptop_stack: LaptopStack, stack_environment: None) -> Iterator[dict[str, Any]]:
    """The stack's outputs, with the tiny tables in place of the pipeline's."""
    tables = json.loads((GOLDEN / "tables.json").read_text())
    s3, glue = laptop_stack.client("s3"), laptop_stack.client("glue")
    s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    for database in (TELEMETRY, REFERENCE):
        glue.create_database(DatabaseInput={"Name": database})
    _events(s3, glue, tables["telemetry"])
    _quarantine(s3, glue)
    _reference(s3, glue, "titles", ("title_id", "title_name", "genre"), tables["titles"])
    _reference(s3, glue, "customers", ("customer_id", "subscription_tier"), tables["customers"])
    yield {
        **laptop_stack.outputs,
        "databases": {"telemetry": TELEMETRY, "reference": REFERENCE},
        "tables": {
            "events": f"{TELEMETRY}.events",
            "titles": f"{REFERENCE}.titles",
            "customers": f"{REFERENCE}.customers",
            "quarantine": f"{TELEMETRY}.{quarantine.TABLE}",
        },
    }
    for database in (TELEMETRY, REFERENCE):
        glue.delete_database(Name=database)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)


def _events(s3: Any, glue: Any, objects: dict[str, list[str]]) -> None:
    def storage(path: str) -> dict[str, Any]:
        return _json_lines(event.COLUMNS, f"telemetry/{path}")

    _table(glue, "events", storage(""), event.PARTITION_KEYS, {})
    for name, lines in objects.items():
        body = gzip.compress("".join(f"{line}\n" for line in lines).encode())
        s3.put_object(Bucket=BUCKET, Key=f"telemetry/{name}.json.gz", Body=body)
    for path in sorted({name.rpartition("/")[0] for name in objects}):
        glue.create_partition(
            DatabaseName=TELEMETRY,
            TableName="events",
            PartitionInput={
                "Values": [part.split("=")[1] for part in path.split("/")],
                "StorageDescriptor": storage(f"{path}/"),
            },
        )


def _quarantine(s3: Any, glue: Any) -> None:
    """The days are projected by the program's own parameters: nothing adds a partition."""
    for name, records in quarantined.OBJECTS.items():
        key = quarantine.key(records[0].stage, records[0].occurred_at, name)
        s3.put_object(Bucket=BUCKET, Key=key, Body=quarantine.encode(records))
    storage = _json_lines(quarantine.COLUMNS, quarantine.PREFIX)
    parameters = {name: str(value) for name, value in QUARANTINE_PROJECTION.items()}
    _table(glue, quarantine.TABLE, storage, quarantine.PARTITION_KEYS, parameters)


def _json_lines(columns: Sequence[Column], path: str) -> dict[str, Any]:
    return {
        "Columns": [{"Name": column.name, "Type": column.type} for column in columns],
        "Location": f"s3://{BUCKET}/{path}",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
            "Parameters": {"ignore.malformed.json": "true"},
        },
    }


def _table(
    glue: Any,
    name: str,
    storage: dict[str, Any],
    keys: Sequence[Column],
    parameters: dict[str, str],
) -> None:
    glue.create_table(
        DatabaseName=TELEMETRY,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", **parameters},
            "PartitionKeys": [{"Name": key.name, "Type": key.type} for key in keys],
            "StorageDescriptor": storage,
        },
    )


def _reference(s3: Any, glue: Any, name: str, columns: tuple[str, ...], rows: list[Any]) -> None:
    body = io.BytesIO()
    parquet.write_table(
        pa.table(
            {
                column: list(values)
                for column, values in zip(columns, zip(*rows, strict=True), strict=True)
            }
        ),
        body,
    )
    s3.put_object(Bucket=BUCKET, Key=f"{name}/{name}.parquet", Body=body.getvalue())
    glue.create_table(
        DatabaseName=REFERENCE,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE"},
            "StorageDescriptor": {
                "Columns": [{"Name": column, "Type": "string"} for column in columns],
                "Location": f"s3://{BUCKET}/{name}/",
                "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
                "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
                "SerdeInfo": {"SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"},
            },
        },
    )
