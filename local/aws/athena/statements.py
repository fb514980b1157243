"""What a statement asks for, and how the engine is asked: from Athena's SQL to Trino's.

Athena's SQL is Trino's but for its DDL, which is Hive's, and for a few statements of its own. Only
those are taken apart here; a query goes to the engine as it was written. Rights are
`local.aws.athena.access`; statements about partitions and listings `local.aws.athena.metadata`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from local.aws.athena import metadata
from local.aws.athena.lexer import Cursor, StatementError, assignments, identifier, literal, split
from local.aws.athena.statement import CATALOG, Context, RefusedError, Statement, Step, table_of

KNOWN = (
    "ALTER, CREATE, DEALLOCATE, DESC, DESCRIBE, DROP, EXECUTE, EXPLAIN, INSERT, MSCK, PREPARE, "
    "SELECT, SHOW, TABLE, UNLOAD, VALUES, WITH"
)
CODECS = {
    "NONE": "NONE",
    "UNCOMPRESSED": "NONE",
    "SNAPPY": "SNAPPY",
    "GZIP": "GZIP",
    "ZLIB": "GZIP",
    "ZSTD": "ZSTD",
    "LZ4": "LZ4",
}
COMPRESSION = ("write_compression", "parquet_compression", "orc_compression", "compression")
RENAMED = {"field_delimiter": "textfile_field_separator"}
WITHOUT_MEANING = ("table_type", "is_external", "compression_level")
HIVE_ROWS = "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables"


def read(sql: str, parameters: tuple[str, ...], context: Context) -> Statement:
    """The statement, or StatementError when it is no SQL of Athena's.

    Raises RefusedError for what Athena takes and then refuses.
    """
    cursor = Cursor(sql)
    for token in cursor.tokens:
        if token.text == ";" and token.kind == "sign":
            raise StatementError(f"Only one sql statement is allowed. Got: {sql[:200]}")
    word = cursor.here.value if cursor.here.kind == "word" else cursor.here.text
    reader = READERS.get(word)
    if reader is None:
        raise cursor.mismatch(KNOWN)
    return reader(cursor, replace_parameters(parameters), context)


def replace_parameters(parameters: tuple[str, ...]) -> tuple[str, ...]:
    """Values of `?`, each of them one expression: a list would shift those behind it."""
    for value in parameters:
        if len(split(value)) != 1 or any(token.text == ";" for token in Cursor(value).tokens):
            raise StatementError(f"Invalid execution parameter: {value[:80]!r} is no single value")
    return parameters


def bound(sql: str, parameters: tuple[str, ...]) -> str:
    """The engine's statement with the values of its `?`."""
    if not parameters:
        return sql
    return f"EXECUTE IMMEDIATE {literal(sql)} USING {', '.join(parameters)}"


def _engine_name(table: tuple[str, str]) -> str:
    return f"{CATALOG}.{identifier(table[0])}.{identifier(table[1])}"


def _query(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    step = Step(bound(sql, parameters), answers=True)
    return Statement("SELECT", "DML", sql, sql, parameters, steps=(step,))


def _insert(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("insert", "into")
    table = table_of(cursor.need_path(), context)
    start = cursor.at
    if cursor.here.text == "(":
        names = Cursor(cursor.group()).tokens
        if cursor.ended or any(t.kind not in ("word", "quoted") and t.text != "," for t in names):
            cursor.at = start  # no list of columns but a query in parentheses
    step = Step(bound(sql, parameters), answers=True)
    return Statement("INSERT", "DML", sql, cursor.rest(), parameters, table=table, steps=(step,))


def _explain(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("explain")
    cursor.take("analyze")
    cursor.take("verbose")
    if cursor.here.text == "(" and not Cursor(cursor.sql[cursor.here.end :]).take("select"):
        cursor.group()
    if cursor.here.value not in ("select", "with", "values", "table", "("):
        raise cursor.mismatch("SELECT, TABLE, VALUES, WITH")
    step = Step(bound(sql, parameters), answers=True)
    return Statement("EXPLAIN", "UTILITY", sql, cursor.rest(), parameters, steps=(step,))


def _unload(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("unload")
    query = cursor.group()
    cursor.need("to")
    location = cursor.need_string()
    properties = {}
    if cursor.take("with"):
        properties = assignments(cursor.group())
    cursor.need_end()
    if "format" not in properties:
        raise StatementError("UNLOAD needs the property format")
    clause, session = table_properties({**properties, "external_location": literal(location)})
    database = context.database
    name = _engine_name((database, f"unload_{context.execution_id.replace('-', '_')}"))
    step = Step(bound(f"CREATE TABLE {name} {clause} AS {query}", parameters), session)
    return Statement(
        "UNLOAD",
        "DML",
        sql,
        query,
        parameters,
        database=database,
        location=location,
        steps=(step,),
        cleanup=Step(f"DROP TABLE IF EXISTS {name}"),
    )


def table_properties(properties: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Athena's WITH (...) of CTAS and UNLOAD as Trino's clause and session properties.

    Athena compresses with GZIP unless told otherwise. Raises RefusedError for an unknown codec.
    """
    codec, clause = "GZIP", {}
    for name, value in properties.items():
        if name in COMPRESSION:
            given = value.strip("'").upper()
            if given not in CODECS:
                raise RefusedError(
                    f"INVALID_TABLE_PROPERTY: compression {given[:80]!r} is not supported; "
                    f"expected one of {', '.join(CODECS)}"
                )
            codec = CODECS[given]
        elif name not in WITHOUT_MEANING:
            clause[RENAMED.get(name, name)] = value
    text = ", ".join(f"{name} = {value}" for name, value in clause.items())
    return f"WITH ({text})", {f"{CATALOG}.compression_codec": codec}


def _create(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    start = cursor.at
    cursor.need("create")
    if cursor.take("external", "table"):
        exists = cursor.take("if", "not", "exists")
        table = table_of(cursor.need_path(), context)
        return Statement(
            "CREATE_TABLE", "DDL", sql, table=table, arguments={"if_not_exists": str(exists)}
        )
    if cursor.take("database") or cursor.take("schema"):
        return _create_database(cursor, sql)
    if cursor.take("table"):
        return _create_table_as(cursor, sql, parameters, context)
    replaced = cursor.take("or", "replace")
    if cursor.take("view"):
        table = table_of(cursor.need_path(), context)
        if cursor.take("comment"):
            cursor.need_string()
        cursor.need("as")
        query = cursor.rest()
        kind = "CREATE_OR_REPLACE_VIEW" if replaced else "CREATE_VIEW"
        cursor.at = start
        return Statement(kind, "DDL", sql, query, table=table, steps=(Step(cursor.rest()),))
    raise cursor.mismatch("DATABASE, EXTERNAL TABLE, OR REPLACE VIEW, TABLE, VIEW")


def _create_database(cursor: Cursor, sql: str) -> Statement:
    exists = "IF NOT EXISTS " if cursor.take("if", "not", "exists") else ""
    name = cursor.need_name()
    clause = ""
    if cursor.take("comment"):
        cursor.need_string()
    if cursor.take("location"):
        clause = f" WITH (location = {literal(cursor.need_string())})"
    cursor.need_end()
    step = Step(f"CREATE SCHEMA {exists}{CATALOG}.{identifier(name)}{clause}")
    return Statement("CREATE_DATABASE", "DDL", sql, database=name, steps=(step,))


def _create_table_as(
    cursor: Cursor, sql: str, parameters: tuple[str, ...], context: Context
) -> Statement:
    exists = "IF NOT EXISTS " if cursor.take("if", "not", "exists") else ""
    table = table_of(cursor.need_path(), context)
    comment = f" COMMENT {literal(cursor.need_string())}" if cursor.take("comment") else ""
    if cursor.here.text == "(":
        raise StatementError("External keyword required for table type HIVE")
    given = assignments(cursor.group()) if cursor.take("with") else {}
    cursor.need("as")
    query = cursor.rest()
    location = f"{context.output.rstrip('/')}/tables/{context.execution_id}/"
    own = "external_location" in given
    if own:
        location = Cursor(given["external_location"]).need_string()
    clause, session = table_properties(
        {"format": "'PARQUET'", **given, "external_location": literal(location)}
    )
    create = f"CREATE TABLE {exists}{_engine_name(table)}{comment} {clause} AS {query}"
    return Statement(
        "CREATE_TABLE_AS_SELECT",
        "DDL",
        sql,
        query,
        parameters,
        table=table,
        location=location,
        own_location=own,
        partitioned="partitioned_by" in given,
        steps=(Step(bound(create, parameters), session, answers=True),),
    )


def _drop(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("drop")
    if cursor.take("database") or cursor.take("schema"):
        exists = "IF EXISTS " if cursor.take("if", "exists") else ""
        name = cursor.need_name()
        mode = " CASCADE" if cursor.take("cascade") else ""
        cursor.take("restrict")
        cursor.need_end()
        step = Step(f"DROP SCHEMA {exists}{CATALOG}.{identifier(name)}{mode}")
        return Statement("DROP_DATABASE", "DDL", sql, database=name, steps=(step,))
    what = next((word for word in ("table", "view") if cursor.take(word)), None)
    if what is None:
        raise cursor.mismatch("DATABASE, TABLE, VIEW")
    exists = "IF EXISTS " if cursor.take("if", "exists") else ""
    table = table_of(cursor.need_path(), context)
    cursor.need_end()
    step = Step(f"DROP {what.upper()} {exists}{_engine_name(table)}")
    return Statement(f"DROP_{what.upper()}", "DDL", sql, table=table, steps=(step,))


def _msck(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("msck", "repair", "table")
    table = table_of(cursor.need_path(), context)
    cursor.need_end()
    database, name = literal(table[0]), literal(table[1])
    step = Step(f"CALL {CATALOG}.system.sync_partition_metadata({database}, {name}, 'ADD')")
    return Statement("MSCK_REPAIR", "DDL", sql, table=table, steps=(step,))


def _execute(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    sql = cursor.rest()
    cursor.need("execute")
    name = cursor.need_name()
    if cursor.take("using"):
        parameters = tuple(split(cursor.rest()))
    else:
        cursor.need_end()
    query = context.prepared(name)
    if query is None:
        raise RefusedError(f"NOT_FOUND: Prepared statement not found: {name}")
    inner = replace(context, prepared=lambda name: None)
    return replace(read(query, parameters, inner), sql=sql)


def _rows_of_hive(cursor: Cursor, parameters: tuple[str, ...], context: Context) -> Statement:
    raise RefusedError(HIVE_ROWS)


READERS: dict[str, Callable[[Cursor, tuple[str, ...], Context], Statement]] = {
    **dict.fromkeys(("select", "with", "values", "table", "("), _query),
    **dict.fromkeys(("delete", "update", "merge", "truncate", "optimize", "vacuum"), _rows_of_hive),
    "insert": _insert,
    "explain": _explain,
    "unload": _unload,
    "create": _create,
    "drop": _drop,
    "msck": _msck,
    "execute": _execute,
    **metadata.READERS,
}
