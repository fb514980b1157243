"""Athena's SQL as Trino's: which statements are taken apart, and into what."""

from __future__ import annotations

import pytest

from local.aws.athena import statements
from local.aws.athena.lexer import StatementError
from local.aws.athena.statement import Context, RefusedError, Statement

CODEC = "awsdatacatalog.compression_codec"


def read(sql: str, *parameters: str, **prepared: str) -> Statement:
    context = Context("0-1", "s3://results/out/", "db", prepared.get)
    return statements.read(sql, parameters, context)


@pytest.mark.parametrize(
    "sql",
    [
        "select ';' as a -- ; not a second one\nfrom t",
        "with a as (select 1 x) select * from a",
        "/* why */ values 1, 2",
        "table t",
        "(select 1) union all (select 2)",
    ],
)
def test_a_query_goes_to_the_engine_as_it_was_written(sql: str) -> None:
    found = read(f"{sql} ;")
    assert (found.kind, found.type) == ("SELECT", "DML")
    assert sql.endswith(found.steps[0].sql) and found.reads == found.steps[0].sql


def test_values_of_parameters_are_bound_by_the_engine() -> None:
    step = read("select ? || 'it''s'", "'a'").steps[0]
    assert step.sql == "EXECUTE IMMEDIATE 'select ? || ''it''''s''' USING 'a'"


@pytest.mark.parametrize("value", ["1, 2", "", "1; select 2"])
def test_a_parameter_is_one_value(value: str) -> None:
    with pytest.raises(StatementError, match="no single value"):
        read("select ?", value)


def test_a_table_from_a_query_gets_a_place_in_the_results_and_gzip() -> None:
    found = read("CREATE TABLE IF NOT EXISTS `New` COMMENT 'why' AS SELECT 1 a")
    assert (found.kind, found.type, found.table) == ("CREATE_TABLE_AS_SELECT", "DDL", ("db", "new"))
    assert found.location == "s3://results/out/tables/0-1/" and not found.own_location
    assert found.reads == "SELECT 1 a"
    assert found.steps[0].session == {CODEC: "GZIP"}
    assert found.steps[0].sql == (
        'CREATE TABLE IF NOT EXISTS awsdatacatalog."db"."new" COMMENT \'why\' WITH (format = '
        "'PARQUET', external_location = 's3://results/out/tables/0-1/') AS SELECT 1 a"
    )


def test_properties_of_a_new_table_become_the_engines() -> None:
    found = read(
        "create table other.t with (format='TEXTFILE', field_delimiter=',', "
        "write_compression='snappy', external_location='s3://b/t', "
        "partitioned_by=ARRAY['day', 'hour'], is_external=true) as select 1 a, 2 day, 3 hour"
    )
    assert found.table == ("other", "t") and found.own_location and found.partitioned
    assert found.steps[0].session == {CODEC: "SNAPPY"}
    assert (
        "WITH (format = 'TEXTFILE', textfile_field_separator = ',', "
        "external_location = 's3://b/t', partitioned_by = ARRAY['day', 'hour'])"
    ) in found.steps[0].sql


def test_unload_writes_a_table_and_forgets_it() -> None:
    found = read("unload (select ')' a from t) to 's3://b/u/' with (format='PARQUET')")
    assert (found.kind, found.type, found.location) == ("UNLOAD", "DML", "s3://b/u/")
    assert found.reads == "select ')' a from t"
    name = 'awsdatacatalog."db"."unload_0_1"'
    assert found.steps[0].sql == (
        f"CREATE TABLE {name} WITH (format = 'PARQUET', external_location = 's3://b/u/') "
        "AS select ')' a from t"
    )
    assert found.cleanup is not None and found.cleanup.sql == f"DROP TABLE IF EXISTS {name}"


@pytest.mark.parametrize(
    ("sql", "table", "reads"),
    [
        ("insert into t select 1", ("db", "t"), "select 1"),
        ('insert into o.t (a, "b") select 1, 2', ("o", "t"), "select 1, 2"),
        ("insert into t (select a from secret)", ("db", "t"), "(select a from secret)"),
        ("insert into t ((select a from secret))", ("db", "t"), "((select a from secret))"),
        ("insert into t (a)", ("db", "t"), "(a)"),
    ],
)
def test_what_an_insert_reads(sql: str, table: tuple[str, str], reads: str) -> None:
    found = read(sql)
    assert (found.table, found.reads) == (table, reads)


@pytest.mark.parametrize(
    ("sql", "kind", "engine"),
    [
        (
            "MSCK REPAIR TABLE `O`.T",
            "MSCK_REPAIR",
            "CALL awsdatacatalog.system.sync_partition_metadata('o', 't', 'ADD')",
        ),
        (
            "create database if not exists d comment 'c' location 's3://b/d'",
            "CREATE_DATABASE",
            "CREATE SCHEMA IF NOT EXISTS awsdatacatalog.\"d\" WITH (location = 's3://b/d')",
        ),
        (
            "drop schema if exists `d` cascade",
            "DROP_DATABASE",
            'DROP SCHEMA IF EXISTS awsdatacatalog."d" CASCADE',
        ),
        (
            "drop table if exists `t`",
            "DROP_TABLE",
            'DROP TABLE IF EXISTS awsdatacatalog."db"."t"',
        ),
        ("drop view o.v", "DROP_VIEW", 'DROP VIEW awsdatacatalog."o"."v"'),
        ("create or replace view v as select 1 a", "CREATE_OR_REPLACE_VIEW", None),
        ("show create table t", "SHOW_CREATE_TABLE", 'SHOW create table "db"."t"'),
        ("explain analyze select 1", "EXPLAIN", None),
    ],
)
def test_statements_that_the_engine_words_otherwise(
    sql: str, kind: str, engine: str | None
) -> None:
    found = read(sql)
    assert (found.kind, found.steps[0].sql) == (kind, engine or sql)


@pytest.mark.parametrize(
    ("sql", "kind", "arguments"),
    [
        (
            "alter table t add if not exists partition (year = 2026, hour = '08') "
            "location 's3://b/x/' partition (year=2026, hour='09')",
            "ALTER_TABLE_ADD_PARTITION",
            {
                "partitions": [
                    ({"year": "2026", "hour": "08"}, "s3://b/x/"),
                    ({"year": "2026", "hour": "09"}, ""),
                ],
                "lenient": True,
            },
        ),
        (
            "alter table t drop partition (d=1), partition (d=2)",
            "ALTER_TABLE_DROP_PARTITION",
            {"partitions": [({"d": "1"}, ""), ({"d": "2"}, "")], "lenient": False},
        ),
        ("show tables in o 'a*|b*'", "SHOW_TABLES", {"pattern": "a*|b*"}),
        ("show schemas like 'x%'", "SHOW_DATABASES", {"pattern": "x%"}),
        ("show partitions t", "SHOW_PARTITIONS", {}),
        ("show columns from t in o", "SHOW_COLUMNS", {}),
        ("describe formatted t", "DESCRIBE_TABLE", {}),
        ("prepare p from select ?", "PREPARE", {"name": "p", "query": "select ?"}),
        ("deallocate prepare p", "DEALLOCATE", {"name": "p"}),
        ("create external table if not exists t (a int) location 's3://b/'", "CREATE_TABLE", None),
    ],
)
def test_statements_that_the_catalog_answers(
    sql: str, kind: str, arguments: dict[str, object] | None
) -> None:
    found = read(sql)
    assert (found.kind, found.steps) == (kind, ())
    assert arguments is None or found.arguments == arguments


def test_a_prepared_statement_is_read_in_its_place() -> None:
    found = read("EXECUTE p USING 41, 'a, b'", p="select ? + 1, ?")
    assert found.sql == "EXECUTE p USING 41, 'a, b'"
    assert found.parameters == ("41", "'a, b'")
    assert found.steps[0].sql == "EXECUTE IMMEDIATE 'select ? + 1, ?' USING 41, 'a, b'"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("delete from t", "NOT_SUPPORTED"),
        ("update t set a = 1", "NOT_SUPPORTED"),
        ("merge into t using s on (t.a = s.a) when matched then delete", "NOT_SUPPORTED"),
        ("alter table t rename to u", "NOT_SUPPORTED"),
        ("execute nobody", "NOT_FOUND"),
        ("insert into other.db.t select 1", "CATALOG_NOT_FOUND"),
        ("unload (select 1) to 's3://b/' with (format='ORC', compression='x')", "compression 'X'"),
    ],
)
def test_what_athena_takes_and_fails(sql: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        read(sql)


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("selec 1", "line 1:1: mismatched input 'selec'"),
        ("\n  call system.runtime.kill_query('x')", "line 2:3: mismatched input 'call'"),
        ("set session a = 1", "mismatched input 'set'"),
        ("explain (type io) insert into t select 1", "mismatched input 'insert'"),
        ("select 1; drop table t", "Only one sql statement"),
        ("create table t (a int)", "External keyword required"),
        ("create function f() returns int return 1", "mismatched input 'function'"),
        ("drop role r", "mismatched input 'role'"),
        ("msck repair table t add", "mismatched input 'add'"),
        ("unload (select 1) to 's3://b/'", "needs the property format"),
        ("unload (select 1 to 's3://b/'", "mismatched input '<EOF>'"),
        ("alter table t add partition (d)", "mismatched input '<EOF>'"),
        ("show grants", "mismatched input 'grants'"),
    ],
)
def test_what_is_refused_at_its_submission(sql: str, problem: str) -> None:
    with pytest.raises(StatementError, match=problem.replace("(", r"\(").replace(")", r"\)")):
        read(sql)
