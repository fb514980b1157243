"""The emulator and the engine alone, with the tables of the pipeline and a day of small data."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local import emulator
from local.ports import free_ports
from local.settings import REGION, ROOT_KEY, Laptop
from local.supervisor import Supervisor
from local.trino import server, supply

FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
DATABASE, REFERENCE = "acme_telemetry", "acme_streaming_data"
RESULTS = "s3://lake/athena-results/"
OPENX = "org.openx.data.jsonserde.JsonSerDe"
EVENT_COLUMNS = {"event_id": "string", "title_id": "string", "event_type": "string", "n": "int"}
KEYS = {"year": "int", "month": "int", "day": "int", "hour": "int"}
HOURS, PER_HOUR = 4, 50


@dataclass(frozen=True)
class Athena:
    """A running emulator with its engine."""

    laptop: Laptop

    @cache  # noqa: B019  # lives as long as the session
    def client(
        self, service: str, key: str = ROOT_KEY, secret: str = ROOT_KEY, token: str | None = None
    ) -> Any:
        """A client of the root, or of given keys."""
        session: Any = boto3.session.Session(key, secret, token, region_name=REGION)
        return session.client(service, endpoint_url=self.laptop.endpoint)

    def start(self, sql: str, athena: Any = None, **asked: Any) -> str:
        """Start a statement; returns its id."""
        asked.setdefault("QueryExecutionContext", {"Database": DATABASE})
        asked.setdefault("ResultConfiguration", {"OutputLocation": RESULTS})
        athena = athena or self.client("athena")
        return str(athena.start_query_execution(QueryString=sql, **asked)["QueryExecutionId"])

    def ended(self, execution_id: str, athena: Any = None) -> dict[str, Any]:
        """The execution once it has ended, at most a minute from now."""
        athena = athena or self.client("athena")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=execution_id)[
                "QueryExecution"
            ]
            if found["Status"]["State"] in FINAL:
                return found
            time.sleep(0.05)
        raise TimeoutError(execution_id)

    def run(
        self, sql: str, athena: Any = None, state: str = "SUCCEEDED", **asked: Any
    ) -> dict[str, Any]:
        """Run a statement to its end, which must be `state`."""
        found = self.ended(self.start(sql, athena, **asked), athena)
        assert found["Status"]["State"] == state, found["Status"]
        return found

    def rows(self, sql: str, athena: Any = None, **asked: Any) -> list[list[str | None]]:
        """The rows of a statement, without the line of names."""
        found = self.run(sql, athena, **asked)
        athena = athena or self.client("athena")
        pages = athena.get_paginator("get_query_results").paginate(
            QueryExecutionId=found["QueryExecutionId"]
        )
        rows = [
            [cell.get("VarCharValue") for cell in row["Data"]]
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]
        return rows[1:] if found["StatementType"] == "DML" else rows

    def reason(self, sql: str, athena: Any = None, **asked: Any) -> str:
        """Why a statement failed."""
        return str(self.run(sql, athena, "FAILED", **asked)["Status"]["StateChangeReason"])


def columns(named: dict[str, str]) -> list[dict[str, str]]:
    """Columns as Glue takes them."""
    return [{"Name": name, "Type": kind} for name, kind in named.items()]


def json_storage(location: str, named: dict[str, str]) -> dict[str, Any]:
    """How the raw table stores events: OpenX JSON that forgives a bad line."""
    return {
        "Columns": columns(named),
        "Location": location,
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {
            "SerializationLibrary": OPENX,
            "Parameters": {"ignore.malformed.json": "true"},
        },
    }


def parquet_storage(location: str, named: dict[str, str]) -> dict[str, Any]:
    """How the reference tables are stored."""
    kind = "org.apache.hadoop.hive.ql.io.parquet"
    return {
        "Columns": columns(named),
        "Location": location,
        "InputFormat": f"{kind}.MapredParquetInputFormat",
        "OutputFormat": f"{kind}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{kind}.serde.ParquetHiveSerDe", "Parameters": {}},
    }


def external_table(name: str, storage: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The TableInput of an external table."""
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **more.get("parameters", {})},
        "PartitionKeys": columns(more.get("keys", {})),
        "StorageDescriptor": storage,
    }


def _telemetry(stack: Athena) -> None:
    s3, glue = stack.client("s3"), stack.client("glue")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    for database in (DATABASE, REFERENCE):
        glue.create_database(DatabaseInput={"Name": database})
    root = "s3://lake/telemetry/"
    glue.create_table(
        DatabaseName=DATABASE,
        TableInput=external_table("events", json_storage(root, EVENT_COLUMNS), keys=KEYS),
    )
    for hour in range(HOURS):
        lines = [
            json.dumps(
                {
                    "event_id": f"{hour}-{i}",
                    "title_id": f"TITLE_{i % 10}",
                    "event_type": ["start", "stop"][i % 2],
                    "n": i,
                }
            )
            for i in range(PER_HOUR)
        ]
        path = f"year=2026/month=08/day=09/hour={hour:02d}/"
        s3.put_object(
            Bucket="lake",
            Key=f"telemetry/{path}a.json.gz",
            Body=gzip.compress("".join(f"{line}\n" for line in lines).encode()),
        )
        glue.create_partition(
            DatabaseName=DATABASE,
            TableName="events",
            PartitionInput={
                "Values": ["2026", "08", "09", f"{hour:02d}"],
                "StorageDescriptor": json_storage(root + path, EVENT_COLUMNS),
            },
        )
    table = pa.table(
        {"title_id": [f"TITLE_{i}" for i in range(8)], "title_name": [f"T{i}" for i in range(8)]}
    )
    body = io.BytesIO()
    pq.write_table(table, body)
    s3.put_object(Bucket="lake", Key="reference/titles/titles.parquet", Body=body.getvalue())
    named = {"title_id": "string", "title_name": "string"}
    storage = parquet_storage("s3://lake/reference/titles/", named)
    glue.create_table(DatabaseName=REFERENCE, TableInput=external_table("titles", storage))


@pytest.fixture(scope="session")
def athena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Athena]:
    """The emulator and the engine on free ports, with the tables."""
    cache_folder = Path("~/.cache/acme-telemetry").expanduser()
    state = tmp_path_factory.mktemp("athena")
    laptop = Laptop(state=state, cache=cache_folder, ports=free_ports())
    emulator.fetch(laptop, print)
    supply.fetch(laptop, print)
    supervisor = Supervisor(laptop)
    parts = [emulator.part(laptop), server.part(laptop)]
    try:
        for part in parts:
            supervisor.start(part)
        stack = Athena(laptop)
        _telemetry(stack)
        yield stack
    finally:
        for part in reversed(parts):
            supervisor.stop(part)
