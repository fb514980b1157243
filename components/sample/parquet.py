"""The sample's columns as Parquet of the declared Glue types, byte-identical on every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from handlers.contract.column import Column

TYPES: Mapping[str, Any] = {
    "string": pa.string(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
}
ROW_GROUP_ROWS = 50_000


def store(arrays: Mapping[str, Any], columns: Sequence[Column], path: Path) -> None:
    """Write `arrays` (pyarrow, one per column, all of one length) in the order of `columns`.

    Raises KeyError for a column without an array, ValueError for an array that no column declares,
    and pyarrow's ArrowInvalid for values that do not fit the type.
    """
    surplus = set(arrays) - {column.name for column in columns}
    if surplus:
        raise ValueError(f"no column declares {sorted(surplus)}")
    schema = pa.schema(
        pa.field(column.name, TYPES[column.type], nullable=not column.required)
        for column in columns
    )
    table = pa.table(
        [arrays[column.name].cast(TYPES[column.type]) for column in columns], schema=schema
    )
    parquet.write_table(
        table, path, compression="snappy", row_group_size=ROW_GROUP_ROWS, store_schema=False
    )
