"""Which tables a query reads and which rights a statement needs."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from local.aws.athena import access, statements
from local.aws.athena.statement import Context, RefusedError

PLACE = access.Place("eu-central-1", "1", "wg")
ARN = "arn:aws:glue:eu-central-1:1"


class FakeCatalog:
    """A catalog of a partitioned table, a plain one and a view on it."""

    def table(self, database: str, name: str) -> dict[str, Any] | None:
        view = json.dumps({"originalSql": "select * from plain", "schema": "db"}).encode()
        known: dict[str, dict[str, Any]] = {
            "events": {
                "PartitionKeys": [{"Name": "hour"}],
                "StorageDescriptor": {"Location": "s3://lake/telemetry/"},
            },
            "plain": {"StorageDescriptor": {"Location": "s3://lake/plain"}},
            "v": {
                "TableType": "VIRTUAL_VIEW",
                "ViewOriginalText": f"/* Presto View: {base64.b64encode(view).decode()} */",
            },
            "loop": {
                "TableType": "VIRTUAL_VIEW",
                "ViewOriginalText": "/* Presto View: "
                + base64.b64encode(b'{"originalSql": "table loop", "schema": "db"}').decode()
                + " */",
            },
            "foreign": {"TableType": "VIRTUAL_VIEW", "ViewOriginalText": "select 1"},
        }
        found = known.get(name)
        return found and {"DatabaseName": database, "Name": name, **found}


def tables(query: str, *parameters: str) -> set[str]:
    return {".".join(table) for table in access.tables(query, parameters, "db")}


def rights(sql: str) -> list[str]:
    statement = statements.read(sql, (), Context("id", "s3://results/out/", "db"))
    found = access.rights(statement, "db", FakeCatalog(), PLACE)  # type: ignore[arg-type]
    return [
        f"{right.action} {right.resource}{right.prefix and f' {right.prefix}'}" for right in found
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select 1", set()),
        ('select * from a, B."C", "AwsDataCatalog".d.e x', {"db.a", "b.c", "d.e"}),
        ("select (select max(x) from a), exists (table b) from c", {"db.a", "db.b", "db.c"}),
        ("with t as (select * from a) select * from t join o.t on true", {"db.a", "o.t"}),
        ("with t as (select * from t) select * from t", {"db.t"}),
        ("with x as (table y), y as (table z) select * from x, y", {"db.y", "db.z"}),
        ("with recursive t(n) as (select 1 union all select n from t) table t", set()),
        ("select * from (with t as (select 1) select * from t) u, t", {"db.t"}),
        ("with a as (select 1) select * from b where x in (select 1 from a)", {"db.b"}),
        ('select * from "t$partitions"', {"db.t"}),
        ("select 1 /* /* */ , (select x from a) -- */", {"db.a"}),
        ("select 1 -- from a\n from b", {"db.b"}),
        (
            "select '-- ' from a where b = 'it''s' or c = '/*' and d in (table e) -- */",
            {"db.a", "db.e"},
        ),
        ("select x from a cross join unnest(sequence(1, 3)) u(x)", {"db.a"}),
        ("select * from table(sequence(1, 3))", set()),
        ("select count(*) filter (where x > 1) from a window w as (partition by y)", {"db.a"}),
        ("insert", None),
    ],
)
def test_tables_of_a_query(query: str, expected: set[str] | None) -> None:
    if expected is None:
        with pytest.raises(access.UnreadableError):
            tables(query)
    else:
        assert tables(query) == expected


def test_a_parameter_may_read_a_table_too() -> None:
    assert tables("select * from a where x = ?", "(select y from secret)") == {"db.a", "db.secret"}


@pytest.mark.parametrize(
    "query",
    [
        "select * from table(exclude_columns(input => table(secret), columns => descriptor(a)))",
        "select from where",
        "show tables",
    ],
)
def test_a_query_that_cannot_be_read_gets_no_rights(query: str) -> None:
    with pytest.raises(access.UnreadableError):
        tables(query)


def test_only_athenas_catalog_is_there() -> None:
    with pytest.raises(RefusedError, match="CATALOG_NOT_FOUND: Catalog 'system'"):
        tables("select * from system.runtime.queries")


def on_table(action: str, database: str, table: str) -> list[str]:
    names = ("catalog", f"database/{database}", f"table/{database}/{table}")
    return [f"glue:{action} {ARN}:{name}" for name in names]


def on_database(action: str, database: str) -> list[str]:
    return [f"glue:{action} {ARN}:catalog", f"glue:{action} {ARN}:database/{database}"]


READ_PLAIN = [
    *on_database("GetDatabase", "db"),
    *on_table("GetTable", "db", "plain"),
    "s3:ListBucket arn:aws:s3:::lake plain/",
    "s3:GetObject arn:aws:s3:::lake/plain/part",
]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select * from plain", READ_PLAIN),
        (
            "select * from events",
            [
                *on_database("GetDatabase", "db"),
                *on_table("GetTable", "db", "events"),
                *on_table("GetPartitions", "db", "events"),
                "s3:ListBucket arn:aws:s3:::lake telemetry/",
                "s3:GetObject arn:aws:s3:::lake/telemetry/part",
            ],
        ),
        (
            "select * from v",
            [*on_database("GetDatabase", "db"), *on_table("GetTable", "db", "v"), *READ_PLAIN],
        ),
        (
            "select * from nosuch",
            [*on_database("GetDatabase", "db"), *on_table("GetTable", "db", "nosuch")],
        ),
        (
            "insert into events select 1",
            [
                *on_database("GetDatabase", "db"),
                *on_table("GetTable", "db", "events"),
                *on_table("BatchCreatePartition", "db", "events"),
                "s3:PutObject arn:aws:s3:::lake/telemetry/part",
            ],
        ),
        (
            "create table n with (external_location='s3://o/n') as select 1 a",
            [
                *on_database("GetDatabase", "db"),
                *on_table("CreateTable", "db", "n"),
                "s3:PutObject arn:aws:s3:::o/n/part",
            ],
        ),
        (
            "unload (table plain) to 's3://o/u/' with (format='ORC')",
            [*READ_PLAIN, "s3:PutObject arn:aws:s3:::o/u/part"],
        ),
        (
            "drop table plain",
            [*on_table("GetTable", "db", "plain"), *on_table("DeleteTable", "db", "plain")],
        ),
        ("show tables", on_database("GetTables", "db")),
        ("show databases", [f"glue:GetDatabases {ARN}:catalog"]),
        ("show functions", []),
        (
            "prepare p from select 1",
            ["athena:CreatePreparedStatement arn:aws:athena:eu-central-1:1:workgroup/wg"],
        ),
        ("explain select * from plain", READ_PLAIN),
    ],
)
def test_rights_of_a_statement(sql: str, expected: list[str]) -> None:
    assert rights(sql) == expected


@pytest.mark.parametrize("view", ["loop", "foreign"])
def test_a_view_that_cannot_be_followed_gets_no_rights(view: str) -> None:
    with pytest.raises(access.UnreadableError):
        rights(f"select * from {view}")


@pytest.mark.parametrize("kind", ["CREATE_TABLE", "DROP_VIEW", "MSCK_REPAIR", "INSERT"])
def test_each_statement_on_a_table_names_its_rights(kind: str) -> None:
    assert access.TABLE_ACTIONS[kind]
