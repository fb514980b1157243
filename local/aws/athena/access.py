"""Which rights a statement needs of its caller: the only gate, for the engine is the root.

Tables are found by a parser of Trino's dialect; a query that the parser does not understand needs a
right that nobody but the root has, so that nothing slips through. Views count with the tables
beneath them. Not asked for: rights on KMS keys, Lake Formation, columns.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.aws.athena.catalog import Catalog, parent_arns, split_uri
from local.aws.athena.statement import CATALOG, RefusedError, Statement

TABLE_FUNCTIONS = ("GenerateSeries", "JSONTable", "Unnest")
SYSTEM_SCHEMA = "information_schema"
VIEW_HEAD, VIEW_TAIL = "/* Presto View: ", " */"
DEEPEST_VIEW = 20
Table = tuple[str, str]

TABLE_ACTIONS = {  # beyond a query: what Glue is asked to do with the statement's table
    "CREATE_TABLE_AS_SELECT": ("GetDatabase", "CreateTable"),
    "CREATE_TABLE": ("GetDatabase", "CreateTable"),
    "CREATE_VIEW": ("GetDatabase", "CreateTable"),
    "CREATE_OR_REPLACE_VIEW": ("GetDatabase", "CreateTable", "UpdateTable"),
    "DROP_TABLE": ("GetTable", "DeleteTable"),
    "DROP_VIEW": ("GetTable", "DeleteTable"),
    "INSERT": ("GetDatabase", "GetTable"),
    "MSCK_REPAIR": ("GetTable", "GetPartitions", "BatchCreatePartition"),
    "ALTER_TABLE_ADD_PARTITION": ("GetTable", "BatchCreatePartition"),
    "ALTER_TABLE_DROP_PARTITION": ("GetTable", "DeletePartition"),
    "SHOW_PARTITIONS": ("GetTable", "GetPartitions"),
    "SHOW_COLUMNS": ("GetTable",),
    "SHOW_TBLPROPERTIES": ("GetTable",),
    "SHOW_CREATE_TABLE": ("GetTable",),
    "SHOW_CREATE_VIEW": ("GetTable",),
    "DESCRIBE_TABLE": ("GetTable",),
}
DATABASE_ACTIONS = {
    "CREATE_DATABASE": "CreateDatabase",
    "DROP_DATABASE": "DeleteDatabase",
    "SHOW_DATABASES": "GetDatabases",
    "SHOW_TABLES": "GetTables",
    "SHOW_VIEWS": "GetTables",
}
PREPARED_ACTIONS = {"PREPARE": "CreatePreparedStatement", "DEALLOCATE": "DeletePreparedStatement"}


@dataclass(frozen=True)
class Right:
    """One action on one resource. `prefix` is the value of `s3:prefix` for a listing."""

    action: str
    resource: str
    prefix: str = ""

    @property
    def context(self) -> dict[str, str]:
        """The condition keys."""
        return {"s3:prefix": self.prefix} if self.prefix else {}


@dataclass(frozen=True)
class Place:
    """The region and account whose ARNs are asked for, and the workgroup."""

    region: str
    account: str
    workgroup: str

    def glue(self, action: str, database: str, *tables: str) -> list[Right]:
        """A right of Glue, on the catalog, the database and the tables alike."""
        arns = parent_arns(self.region, self.account, database, tables)
        return [Right(f"glue:{action}", arn) for arn in arns]

    @property
    def workgroup_arn(self) -> str:
        """The ARN of the workgroup."""
        return f"arn:aws:athena:{self.region}:{self.account}:workgroup/{self.workgroup}"


class UnreadableError(Exception):
    """The tables of a query cannot be told."""


def rights(statement: Statement, database: str, catalog: Catalog, place: Place) -> Iterator[Right]:
    """The rights that a statement needs, one after the other, metadata first.

    `database` is of names without one. Raises UnreadableError when they cannot be told.
    """
    for table in sorted(tables(statement.reads, statement.parameters, database)):
        yield from _reading(table, catalog, place, DEEPEST_VIEW)
    kind, table_named = statement.kind, statement.table
    if kind in DATABASE_ACTIONS:
        yield from place.glue(DATABASE_ACTIONS[kind], statement.database)
    if kind in PREPARED_ACTIONS:
        yield Right(f"athena:{PREPARED_ACTIONS[kind]}", place.workgroup_arn)
    if table_named:
        for action in TABLE_ACTIONS[kind]:
            names = () if action == "GetDatabase" else (table_named[1],)
            yield from place.glue(action, table_named[0], *names)
    if kind == "INSERT" and table_named:
        yield from _inserting(table_named, catalog, place)
    if kind == "MSCK_REPAIR" and table_named:
        yield from _listing(_location(catalog.table(*table_named)))
    if statement.partitioned and table_named:
        yield from place.glue("BatchCreatePartition", *table_named)
    if statement.location:
        yield writing(f"{statement.location.rstrip('/')}/")


def require_catalog(statement: Statement) -> None:
    """RefusedError when a query reads another catalog than Athena's: the engine has some."""
    with contextlib.suppress(UnreadableError):  # the engine words what is wrong with it
        tables(statement.reads, statement.parameters, "")


def writing(uri: str) -> Right:
    """The right to write one object, or objects under a folder."""
    bucket, key = split_uri(uri)
    return Right(
        "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}{'part' if uri.endswith('/') else ''}"
    )


def storing(uri: str) -> Iterator[Right]:
    """The rights that a result needs: to find the bucket's region, and to write the object."""
    yield Right("s3:GetBucketLocation", f"arn:aws:s3:::{split_uri(uri)[0]}")
    yield writing(uri)


def fetching(uri: str) -> Right:
    """The right to read a result."""
    bucket, key = split_uri(uri)
    return Right("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")


def _reading(table: Table, catalog: Catalog, place: Place, depth: int) -> Iterator[Right]:
    database, name = table
    if database == SYSTEM_SCHEMA:
        yield from place.glue("GetTables", "*", "*")
        return
    if depth == 0:
        raise UnreadableError("views are nested too deeply")
    yield from place.glue("GetDatabase", database)
    yield from place.glue("GetTable", database, name)
    found = catalog.table(database, name)
    if found is None:
        return  # the engine says so
    if found.get("TableType") == "VIRTUAL_VIEW":
        for inner in sorted(tables(*_view(found))):
            yield from _reading(inner, catalog, place, depth - 1)
        return
    if found.get("PartitionKeys"):
        yield from place.glue("GetPartitions", database, name)
    location = _location(found)
    if location:
        yield from _listing(location)
        yield Right("s3:GetObject", writing(f"{location.rstrip('/')}/").resource)


def _inserting(table: Table, catalog: Catalog, place: Place) -> Iterator[Right]:
    found = catalog.table(*table)
    if found is None:
        return
    if found.get("PartitionKeys"):
        yield from place.glue("BatchCreatePartition", *table)
    location = _location(found)
    if location:
        yield writing(f"{location.rstrip('/')}/")


def _location(table: dict[str, Any] | None) -> str:
    return str(((table or {}).get("StorageDescriptor") or {}).get("Location") or "")


def _listing(location: str) -> Iterator[Right]:
    bucket, key = split_uri(location)
    if bucket:
        prefix = f"{key.rstrip('/')}/" if key else ""
        yield Right("s3:ListBucket", f"arn:aws:s3:::{bucket}", prefix)


def _view(table: dict[str, Any]) -> tuple[str, tuple[str, ...], str]:
    """The query of a view, no parameters, and its database."""
    text = table.get("ViewOriginalText") or ""
    if not text.startswith(VIEW_HEAD):
        raise UnreadableError(f"view {table['Name'][:80]} is not of the engine's kind")
    coded = text.removeprefix(VIEW_HEAD).removesuffix(VIEW_TAIL)
    view = json.loads(base64.b64decode(coded))
    return view["originalSql"], (), str(view.get("schema") or table["DatabaseName"])


def tables(query: str, parameters: tuple[str, ...], database: str) -> set[Table]:
    """The (database, table) pairs that a query reads; `database` is of names without one.

    Raises UnreadableError for a query that cannot be parsed, RefusedError for another catalog.
    """
    if not query:
        return set()
    import sqlglot
    from sqlglot import exp

    found: set[Table] = set()
    for text in (query, *(f"SELECT {value}" for value in parameters)):
        try:
            parsed = sqlglot.parse(text, read="trino", error_level=sqlglot.ErrorLevel.RAISE)
        except sqlglot.errors.SqlglotError as problem:
            raise UnreadableError("its tables cannot be told") from problem
        for expression in parsed:
            if expression is None or any(expression.find_all(exp.Command)):
                raise UnreadableError("its tables cannot be told")
            for table in expression.find_all(exp.Table):
                found |= _named(table, database)
    return found


def _named(table: Any, database: str) -> set[Table]:
    called = [table.this]
    if type(table.this).__name__ == "Anonymous" and table.this.name.lower() == "table":
        called = table.this.expressions  # TABLE(function(...))
    if called and all(type(function).__name__ in TABLE_FUNCTIONS for function in called):
        return set()
    if type(table.this).__name__ != "Identifier":
        raise UnreadableError("it calls a table function")
    if table.catalog and table.catalog.lower() != CATALOG:
        raise RefusedError(f"CATALOG_NOT_FOUND: Catalog '{table.catalog}' does not exist")
    if not table.db and _defined_above(table, table.name.lower()):
        return set()
    name = table.name.lower().partition("$")[0]  # t$partitions is of t
    return {((table.db or database).lower(), name)}


def _defined_above(table: Any, name: str) -> bool:
    """Whether a name is one of a WITH around it that is in force there.

    A name of a WITH is known after its own definition; in its own only if it is RECURSIVE.
    """
    from sqlglot import exp

    child, node = table, table.parent
    while node is not None:
        if isinstance(node, exp.With):
            before = node.expressions[: _place(node.expressions, child)]
            known = node.expressions if node.args.get("recursive") else before
        else:
            clause = next((v for v in node.args.values() if isinstance(v, exp.With)), None)
            known = clause.expressions if clause is not None and clause is not child else []
        if any(definition.alias.lower() == name for definition in known):
            return True
        child, node = node, node.parent
    return False


def _place(expressions: list[Any], child: Any) -> int:
    return next(i for i, expression in enumerate(expressions) if expression is child)
