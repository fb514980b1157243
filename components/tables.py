"""Glue tables as resources: the columns of the contract, and how their files are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.stage import Stage
from handlers.contract.column import Column


@dataclass(frozen=True, kw_only=True)
class Format:
    """How the files of a table are read."""

    classification: str
    input_format: str
    output_format: str
    serde: str
    serde_parameters: Mapping[str, str]


# A bad line becomes a row of NULLs, which the quality checks count; the Hive SerDe would fail the
# whole query. https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
JSON_LINES = Format(
    classification="json",
    input_format="org.apache.hadoop.mapred.TextInputFormat",
    output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    serde="org.openx.data.jsonserde.JsonSerDe",
    serde_parameters={"ignore.malformed.json": "true"},
)
PARQUET = Format(
    classification="parquet",
    input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    serde="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    serde_parameters={"serialization.format": "1"},
)


def table(
    stage: Stage,
    role: str,
    *,
    name: str,
    database: pulumi.Input[str],
    description: str,
    location: pulumi.Input[str],
    columns: Sequence[Column],
    format: Format,
    partition_keys: Sequence[Column] = (),
    parameters: Mapping[str, pulumi.Input[str]] | None = None,
) -> aws.glue.CatalogTable:
    """An external table declared in full; `location` ends in /."""
    return aws.glue.CatalogTable(
        stage.called(role),
        name=name,
        database_name=database,
        description=description,
        table_type="EXTERNAL_TABLE",
        parameters={
            "EXTERNAL": "TRUE",
            "classification": format.classification,
            **(parameters or {}),
        },
        partition_keys=[
            aws.glue.CatalogTablePartitionKeyArgs(
                name=column.name, type=column.type, comment=column.meaning
            )
            for column in partition_keys
        ],
        storage_descriptor=aws.glue.CatalogTableStorageDescriptorArgs(
            location=location,
            input_format=format.input_format,
            output_format=format.output_format,
            columns=[
                aws.glue.CatalogTableStorageDescriptorColumnArgs(
                    name=column.name, type=column.type, comment=column.meaning
                )
                for column in columns
            ],
            ser_de_info=aws.glue.CatalogTableStorageDescriptorSerDeInfoArgs(
                serialization_library=format.serde, parameters=format.serde_parameters
            ),
        ),
        opts=stage.child(),
    )
