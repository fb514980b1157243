"""A statement as it was understood: what it is, reads and writes, what the engine is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CATALOG = "awsdatacatalog"


class RefusedError(Exception):
    """A statement that Athena takes and then fails; the text is its reason."""


@dataclass(frozen=True)
class Step:
    """One statement for the engine. `answers` says that its rows are the statement's result."""

    sql: str
    session: dict[str, str] = field(default_factory=dict)
    answers: bool = False


@dataclass(frozen=True)
class Statement:
    """`kind` is Athena's SubstatementType; `type` is DML, DDL or UTILITY.

    `reads` is the query whose tables are read, `parameters` the values of its `?`; `table` is the
    (database, table) and `database` the database that a statement other than a query is about;
    `location` is where it writes, `own_location` whether the statement says so itself. `steps` are
    for the engine; without any, the catalog answers, by `arguments`. `cleanup` is asked at the end,
    however that was.
    """

    kind: str
    type: str
    sql: str
    reads: str = ""
    parameters: tuple[str, ...] = ()
    table: tuple[str, str] | None = None
    database: str = ""
    location: str = ""
    own_location: bool = False
    partitioned: bool = False
    steps: tuple[Step, ...] = ()
    cleanup: Step | None = None
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """What a statement is read against: its id, the result folder `output`, the current database.

    `prepared` gives the query of a prepared statement of the workgroup, or None.
    """

    execution_id: str
    output: str
    database: str
    prepared: Callable[[str], str | None] = lambda name: None


def table_of(path: tuple[str, ...], context: Context) -> tuple[str, str]:
    """(database, table) of a name that may be qualified; RefusedError for another catalog."""
    if len(path) > 3 or (len(path) == 3 and path[0] != CATALOG):
        raise RefusedError(f"CATALOG_NOT_FOUND: Catalog '{path[0]}' does not exist")
    return (path[-2] if len(path) > 1 else context.database, path[-1])
