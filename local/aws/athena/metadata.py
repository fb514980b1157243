"""Statements that the catalog answers without the engine: partitions, listings, descriptions.

Athena's wording of them is Hive's. `READERS` understands them, `answer` asks Glue.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from typing import Any

from local.aws.athena.catalog import Catalog
from local.aws.athena.lexer import Cursor, StatementError
from local.aws.athena.statement import Context, RefusedError, Statement, Step, table_of

Rows = list[list[str]]
VIEW = "VIRTUAL_VIEW"
WIDTH = 20  # of a column of DESCRIBE, as Hive pads it


def _alter(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("alter", "table")
    table = table_of(cursor.need_path(), context)
    if cursor.take("add"):
        lenient = cursor.take("if", "not", "exists")
        kind = "ALTER_TABLE_ADD_PARTITION"
    elif cursor.take("drop"):
        lenient = cursor.take("if", "exists")
        kind = "ALTER_TABLE_DROP_PARTITION"
    else:
        raise RefusedError(
            "NOT_SUPPORTED: on the laptop ALTER TABLE takes ADD PARTITION and DROP PARTITION"
        )
    partitions = []
    while True:
        cursor.need("partition")
        values = _values(Cursor(cursor.group()))
        partitions.append((values, cursor.need_string() if cursor.take("location") else ""))
        cursor.take(",")
        if cursor.ended:
            break
    arguments = {"partitions": partitions, "lenient": lenient}
    return Statement(kind, "DDL", sql, table=table, arguments=arguments)


def _values(cursor: Cursor) -> dict[str, str]:
    """`year = 2026, hour = '08'` as texts: the catalog keeps what was written."""
    values: dict[str, str] = {}
    while not cursor.ended:
        name = cursor.need_name()
        cursor.need("=")
        if cursor.here.kind not in ("string", "number"):
            raise cursor.mismatch("NUMBER, STRING")
        values[name] = cursor.here.value
        cursor.at += 1
        if not cursor.take(","):
            cursor.need_end()
    return values


def _show(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("show")
    if cursor.take("databases") or cursor.take("schemas"):
        return Statement("SHOW_DATABASES", "DDL", sql, arguments=_pattern(cursor))
    for word in ("tables", "views"):
        if cursor.take(word):
            given = cursor.take("in") or cursor.take("from")
            database = cursor.need_name() if given else context.database
            arguments = _pattern(cursor)
            return Statement(
                f"SHOW_{word.upper()}", "DDL", sql, database=database, arguments=arguments
            )
    if cursor.take("functions"):
        return Statement("SHOW_FUNCTIONS", "UTILITY", sql, steps=(Step(sql, answers=True),))
    for words in (("create", "table"), ("create", "view")):
        if cursor.take(*words):
            table = table_of(cursor.need_path(), context)
            cursor.need_end()
            step = Step(f'SHOW {" ".join(words)} "{table[0]}"."{table[1]}"', answers=True)
            kind = f"SHOW_{'_'.join(words).upper()}"
            return Statement(kind, "UTILITY", sql, table=table, steps=(step,))
    for word in ("partitions", "tblproperties", "columns"):
        if cursor.take(word):
            if word == "columns" and not (cursor.take("in") or cursor.take("from")):
                raise cursor.mismatch("FROM, IN")
            table = table_of(cursor.need_path(), context)
            if word == "columns" and (cursor.take("in") or cursor.take("from")):
                table = (cursor.need_name(), table[1])
            cursor.need_end()
            return Statement(f"SHOW_{word.upper()}", "UTILITY", sql, table=table)
    raise cursor.mismatch("COLUMNS, CREATE, DATABASES, FUNCTIONS, PARTITIONS, TABLES, VIEWS")


def _pattern(cursor: Cursor) -> dict[str, str]:
    cursor.take("like")
    pattern = cursor.take_string() or "*"
    cursor.need_end()
    return {"pattern": pattern}


def _describe(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.at += 1
    for word in ("extended", "formatted"):
        cursor.take(word)
    cursor.take("table")
    table = table_of(cursor.need_path(), context)
    cursor.need_end()
    return Statement("DESCRIBE_TABLE", "UTILITY", sql, table=table)


def _prepare(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("prepare")
    name = cursor.need_name()
    cursor.need("from")
    if cursor.ended:
        raise cursor.mismatch("a statement")
    arguments = {"name": name, "query": cursor.rest()}
    return Statement("PREPARE", "DDL", sql, arguments=arguments)


def _deallocate(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("deallocate", "prepare")
    name = cursor.need_name()
    cursor.need_end()
    return Statement("DEALLOCATE", "DDL", sql, arguments={"name": name})


READERS: dict[str, Callable[[Cursor, tuple[str, ...], Context], Statement]] = {
    "alter": _alter,
    "show": _show,
    "describe": _describe,
    "desc": _describe,
    "prepare": _prepare,
    "deallocate": _deallocate,
}


def answer(statement: Statement, catalog: Catalog, workgroup: str) -> tuple[list[str], Rows]:
    """The names of the columns and the rows, after doing what the statement says.

    Raises RefusedError with Athena's reason when the catalog does not have what is named.
    """
    kind, arguments = statement.kind, statement.arguments
    if kind in ("PREPARE", "DEALLOCATE"):
        catalog.set_prepared(workgroup, arguments["name"], arguments.get("query"))
        return [], []
    if kind == "SHOW_DATABASES":
        return ["database_name"], _matching(catalog.databases(), arguments["pattern"])
    if kind in ("SHOW_TABLES", "SHOW_VIEWS"):
        found = catalog.tables(statement.database)
        views_only = kind == "SHOW_VIEWS"
        names = [t["Name"] for t in found if not views_only or t.get("TableType") == VIEW]
        return ["views" if views_only else "tab_name"], _matching(names, arguments["pattern"])
    if kind == "CREATE_TABLE":
        catalog.create_external_table(statement.sql, statement.table or ("", ""))
        return [], []
    database, name = statement.table or ("", "")
    table = catalog.table(database, name)
    if table is None:
        raise RefusedError(f"SemanticException Table not found {database}.{name}")
    if kind == "SHOW_PARTITIONS":
        return ["partition"], _partitions(table, catalog)
    if kind == "SHOW_COLUMNS":
        return ["field"], [[column["Name"]] for column in _columns(table)]
    if kind == "SHOW_TBLPROPERTIES":
        properties = sorted((table.get("Parameters") or {}).items())
        return ["prpt_name", "prpt_value"], [[key, value] for key, value in properties]
    if kind == "DESCRIBE_TABLE":
        return ["col_name", "data_type", "comment"], _description(table)
    _alter_partitions(statement, table, catalog)
    return [], []


def _matching(names: list[str], pattern: str) -> Rows:
    """The names that one of the alternatives of Hive's pattern (`a*|b*`) matches, in order."""
    alternatives = pattern.replace("%", "*").split("|")
    return [[n] for n in sorted(names) if any(fnmatch.fnmatch(n, a) for a in alternatives)]


def _columns(table: dict[str, Any]) -> list[dict[str, str]]:
    columns: list[dict[str, str]] = table.get("StorageDescriptor", {}).get("Columns", [])
    return columns + list(table.get("PartitionKeys", []))


def _keys(table: dict[str, Any]) -> list[str]:
    keys = [key["Name"] for key in table.get("PartitionKeys", [])]
    if not keys:
        raise RefusedError(f"Table {table['DatabaseName']}.{table['Name']} is not partitioned")
    return keys


def _partitions(table: dict[str, Any], catalog: Catalog) -> Rows:
    keys = _keys(table)
    found = catalog.partitions(table["DatabaseName"], table["Name"])
    return [
        ["/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))]
        for values in sorted(found)
    ]


def _description(table: dict[str, Any]) -> Rows:
    def padded(*cells: str) -> list[str]:
        return [cell.ljust(WIDTH) for cell in cells]

    rows = [padded(c["Name"], c["Type"], c.get("Comment", "")) for c in _columns(table)]
    keys = table.get("PartitionKeys", [])
    if keys:
        rows += [["", "", ""], ["# Partition Information", "", ""]]
        rows += [padded("# col_name", "data_type", "comment"), ["", "", ""]]
        rows += [padded(k["Name"], k["Type"], k.get("Comment", "")) for k in keys]
    return rows


def _alter_partitions(statement: Statement, table: dict[str, Any], catalog: Catalog) -> None:
    keys = _keys(table)
    for given, location in statement.arguments["partitions"]:
        if set(given) != set(keys):
            raise StatementError(f"Invalid partition spec: expected the keys {', '.join(keys)}")
        values = [given[key] for key in keys]
        lenient = statement.arguments["lenient"]
        if statement.kind == "ALTER_TABLE_DROP_PARTITION":
            catalog.drop_partition(table, values, lenient)
            continue
        path = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
        root = table["StorageDescriptor"]["Location"].rstrip("/")
        catalog.add_partition(table, values, location or f"{root}/{path}/", lenient)
