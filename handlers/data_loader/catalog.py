"""Which columns the tables have, from Glue: what is missing is named before any query runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from handlers.contract.column import Column
from handlers.runtime.errors import Kind, PipelineError


class Glue(Protocol):
    """The call of boto3's Glue client that is used here."""

    def get_tables(self, **request: Any) -> Any:
        """GetTables."""
        ...


def columns_of(glue: Glue, database: str) -> dict[str, frozenset[str]] | None:
    """The columns of each table of `database`, partition keys included; None without a database.

    Raises PipelineError E_GLUE or E_GLUE_DENIED when Glue does not say.
    """
    tables: dict[str, frozenset[str]] = {}
    request: dict[str, Any] = {"DatabaseName": database}
    while True:
        try:
            page = glue.get_tables(**request)
        except Exception as error:
            response: Any = getattr(error, "response", None) or {}
            code = response.get("Error", {}).get("Code", type(error).__name__)
            if code == "EntityNotFoundException":
                return None
            denied = code == "AccessDeniedException"
            raise PipelineError(
                "E_GLUE_DENIED" if denied else "E_GLUE",
                f"not readable ({code})",
                field=f"database {database}",
                fix="grant the function's role glue:GetTables on it" if denied else "call again",
                kind=Kind.DENIED if denied else Kind.DEPENDENCY,
            ) from error
        for table in page.get("TableList", ()):
            declared = (
                table.get("StorageDescriptor", {}).get("Columns", ()),
                table.get("PartitionKeys", ()),
            )
            tables[table["Name"]] = frozenset(
                column["Name"].lower() for columns in declared for column in columns
            )
        if not page.get("NextToken"):
            return tables
        request["NextToken"] = page["NextToken"]


def check(
    database: str,
    found: Mapping[str, frozenset[str]] | None,
    wanted: Mapping[str, Sequence[Column]],
) -> None:
    """Raise PipelineError naming every table (E_REF_TABLE) and required column that is missing.

    `found` is what `columns_of` gave; `wanted` are the contract's columns of each table.
    """
    if found is None:
        raise PipelineError(
            "E_REF_DATABASE",
            "missing",
            field=f"database {database}",
            fix="set referenceDatabase, or referenceMode to sample",
            kind=Kind.DATA,
        )
    problems = [
        PipelineError(
            "E_REF_TABLE",
            "missing",
            field=f"{database}.{table}",
            fix="create it, or set referenceMode to sample",
            kind=Kind.DATA,
        )
        for table in wanted
        if table not in found
    ]
    problems += [
        PipelineError(
            "E_REF_COLUMN",
            "missing",
            field=f"{database}.{table}.{column.name}",
            expected=f"{column.type}: {column.meaning}",
            fix="add the column to the table",
            kind=Kind.DATA,
        )
        for table, columns in wanted.items()
        if table in found
        for column in columns
        if column.required and column.name not in found[table]
    ]
    if problems:
        raise PipelineError.of(problems)
