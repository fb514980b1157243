"""Athena's API on the real engine: statements, clients, ends of an execution."""

from __future__ import annotations

import datetime
import decimal
import gzip
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.athena.conftest import (
    DATABASE,
    EVENT_COLUMNS,
    HOURS,
    KEYS,
    PER_HOUR,
    RESULTS,
    Athena,
    external_table,
    json_storage,
)

pytestmark = pytest.mark.stack

TYPES = (
    "select cast(1 as bigint) b, 1.5e0 d, 'a\"b,c' v, timestamp '2026-11-24 08:00:00' t, "
    "decimal '1.50' de, date '2026-11-24' da, true bo, array['a','b'] ar, "
    "cast(null as varchar) nu, 1e10 big, map(array['k'], array[1]) m"
)
AS_CSV = (
    '"b","d","v","t","de","da","bo","ar","nu","big","m"\n"1","1.5","a""b,c",'
    '"2026-11-24 08:00:00.000","1.50","2026-11-24","true","[a, b]",,"1.0E10","{k=1}"\n'
)
ENDLESS = (
    "select count(*) from unnest(sequence(1, 10000)) a(x) cross join unnest(sequence(1, 10000)) "
    "b(y) cross join unnest(sequence(1, 100)) c(z) where sqrt(x * y + z) > 1"
)


def stored(athena: Athena, execution: dict[str, Any]) -> str:
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"][5:].partition("/")
    return str(athena.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def test_the_count_join_of_a_client(athena: Athena) -> None:
    sql = (
        "SELECT COUNT(*) FROM acme_telemetry.events vt \n"
        "   JOIN acme_streaming_data.titles t ON vt.title_id = t.title_id"
    )
    assert athena.rows(sql) == [[str(HOURS * PER_HOUR * 8 // 10)]]


def test_partitions_prune_and_padded_paths_are_numbers(athena: Athena) -> None:
    everything = athena.run("select max(n) from events")["Statistics"]["DataScannedInBytes"]
    where = "year = 2026 and month = 8 and day = 9 and hour = 3"
    found = athena.run(f"select max(n) from events where {where}")
    assert 0 < found["Statistics"]["DataScannedInBytes"] <= everything // HOURS + 10
    assert stored(athena, found) == f'"_col0"\n"{PER_HOUR - 1}"\n'


def test_a_broken_line_is_a_row_of_nulls(athena: Athena) -> None:
    lines = ['{"event_id": "a", "n": 1}', '{"event_id": "b", "n"', '{"event_id": "c", "n": 3}']
    body = gzip.compress("".join(f"{line}\n" for line in lines).encode())
    athena.client("s3").put_object(Bucket="lake", Key="broken/a.json.gz", Body=body)
    table = external_table("broken", json_storage("s3://lake/broken/", EVENT_COLUMNS))
    athena.client("glue").create_table(DatabaseName=DATABASE, TableInput=table)
    rows = athena.rows("select event_id, n from broken order by n nulls last")
    assert rows == [["a", "1"], ["c", "3"], [None, None]]


def test_partition_projection_reads_what_was_never_registered(athena: Athena) -> None:
    root = "s3://lake/telemetry/"
    ranges = {"year": "2025,2027", "month": "1,12", "day": "1,31", "hour": "0,23"}
    parameters = {
        "projection.enabled": "true",
        "storage.location.template": root + "/".join(f"{key}=${{{key}}}" for key in KEYS) + "/",
        **{f"projection.{key}.type": "integer" for key in KEYS},
        **{f"projection.{key}.range": ranges[key] for key in KEYS},
        **{f"projection.{key}.digits": "2" for key in ("month", "day", "hour")},
    }
    storage = json_storage(root, EVENT_COLUMNS)
    table = external_table("projected", storage, keys=KEYS, parameters=parameters)
    athena.client("glue").create_table(DatabaseName=DATABASE, TableInput=table)
    where = "year = 2026 and month = 8 and day = 9"
    assert athena.rows(f"select count(*) from projected where {where}") == [["200"]]


def test_the_object_is_there_as_soon_as_the_query_succeeded(athena: Athena) -> None:
    assert stored(athena, athena.run(TYPES)) == AS_CSV


def test_rows_come_in_pages(athena: Athena) -> None:
    sql = "select x from unnest(sequence(1, 2500)) u(x) order by x"
    assert athena.rows(sql) == [[str(x)] for x in range(1, 2501)]


@pytest.fixture
def pyathena(athena: Athena, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A connection of PyAthena, as a notebook opens it."""
    from pyathena import connect

    monkeypatch.setenv("AWS_ENDPOINT_URL", athena.laptop.endpoint)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    return connect(
        s3_staging_dir=RESULTS, schema_name=DATABASE, region_name="eu-central-1", poll_interval=0.1
    )


def test_pyathenas_cursor_gets_the_types(pyathena: Any) -> None:
    row = pyathena.cursor().execute(TYPES).fetchone()
    when, price = datetime.datetime(2026, 11, 24, 8), decimal.Decimal("1.50")
    expected = (1, 1.5, 'a"b,c', when, price, when.date(), True, ["a", "b"], None, 1e10)
    assert row[:10] == expected


def test_pyathenas_pandas_cursor_gets_the_types(pyathena: Any) -> None:
    from pyathena.pandas.cursor import PandasCursor

    frame = pyathena.cursor(PandasCursor).execute(TYPES).as_pandas()
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert (kinds["b"], kinds["d"], kinds["bo"]) == ("Int64", "float64", "bool")
    assert kinds["t"].startswith("datetime64")
    row = frame.iloc[0]
    assert (row.b, row.v, row.de, row.big) == (1, 'a"b,c', decimal.Decimal("1.50"), 1e10)
    unloaded = pyathena.cursor(PandasCursor, unload=True)
    assert unloaded.execute("select event_id, n from events").as_pandas().shape == (200, 2)


def test_pyathena_binds_both_styles_of_parameters(pyathena: Any) -> None:
    cursor = pyathena.cursor()
    named = "select count(*) from events where hour = %(h)d and event_type = %(e)s"
    assert cursor.execute(named, {"h": 3, "e": "start"}).fetchone() == (25,)
    marked = "select count(*) from events where hour = ? and event_type = ?"
    assert cursor.execute(marked, ["3", "'start'"], paramstyle="qmark").fetchone() == (25,)


def test_a_table_a_view_and_an_insert(athena: Athena) -> None:
    made = athena.run(
        "create table copy with (format = 'PARQUET', write_compression = 'SNAPPY', "
        "partitioned_by = ARRAY['hour']) as select event_id, hour from events"
    )
    assert (made["StatementType"], made["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
    added = athena.run("insert into copy select event_id, 9 from events where hour = 1")
    results = athena.client("athena").get_query_results(QueryExecutionId=added["QueryExecutionId"])
    assert results["UpdateCount"] == PER_HOUR
    athena.run("create or replace view hours as select hour, count(*) n from copy group by 1")
    assert athena.rows("select n from hours where hour = 9") == [["50"]]
    athena.run("drop view hours")
    athena.run("drop table copy")
    assert athena.client("s3").list_objects_v2(Bucket="lake", Prefix="athena-results/tables/")[
        "KeyCount"
    ]


def test_unload_writes_objects_and_their_list(athena: Athena) -> None:
    sql = "unload (select event_id from events) to 's3://lake/unloaded/' with (format = 'PARQUET')"
    found = athena.run(sql)
    manifest = found["Statistics"]["DataManifestLocation"]
    bucket, _, key = manifest[5:].partition("/")
    listed = athena.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert listed.startswith("s3://lake/unloaded/")
    assert athena.rows("show tables 'unload*'") == []
    assert athena.reason(sql).startswith("HIVE_PATH_ALREADY_EXISTS")


def test_partitions_by_hand(athena: Athena) -> None:
    athena.run(
        "create external table hand (a string) partitioned by (day int) "
        "row format serde 'org.openx.data.jsonserde.JsonSerDe' location 's3://lake/hand/'"
    )
    for day in (1, 2):
        key = f"hand/day={day}/a.json"
        athena.client("s3").put_object(Bucket="lake", Key=key, Body=b'{"a": "x"}\n')
    assert athena.rows("select count(*) from hand") == [["0"]]
    athena.run("alter table hand add if not exists partition (day = 1)")
    assert "already exists" in athena.reason("alter table hand add partition (day = 1)")
    athena.run("msck repair table hand")
    assert athena.rows("show partitions hand") == [["day=1"], ["day=2"]]
    athena.run("alter table hand drop partition (day = 1)")
    assert "not found" in athena.reason("alter table hand drop partition (day = 1)")
    assert athena.rows("select count(*) from hand") == [["1"]]
    athena.run("drop table hand")


def test_prepared_statements(athena: Athena) -> None:
    athena.client("athena").create_prepared_statement(
        StatementName="sum", WorkGroup="primary", QueryStatement="select ? + ?"
    )
    assert athena.rows("EXECUTE sum USING 40, 2") == [["42"]]
    assert athena.rows("EXECUTE sum", ExecutionParameters=["1", "2"]) == [["3"]]
    athena.run("prepare sum from select ? * 2")
    assert athena.rows("execute sum using 4") == [["8"]]
    athena.run("deallocate prepare sum")
    assert "Prepared statement not found" in athena.reason("execute sum using 4")


def test_the_catalog_answers(athena: Athena) -> None:
    assert [DATABASE] in athena.rows("show databases 'acme*'")
    assert athena.rows("show columns in acme_streaming_data.titles") == [
        ["title_id"],
        ["title_name"],
    ]
    assert athena.rows("describe acme_streaming_data.titles")[0][0] == "title_id".ljust(20)
    assert "Table not found" in athena.reason("show partitions nosuch")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "select nope from events",
            "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved",
        ),
        (
            "select * from nosuch",
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.acme_telemetry.nosuch' does not",
        ),
        ("select 1/0", "DIVISION_BY_ZERO: Division by zero"),
        ("delete from events where hour = 1", "NOT_SUPPORTED: Modifying Hive table rows"),
        ("select * from system.runtime.nodes", "CATALOG_NOT_FOUND: Catalog 'system'"),
    ],
)
def test_reasons_are_worded_as_athenas(athena: Athena, sql: str, reason: str) -> None:
    assert athena.reason(sql).startswith(reason)


@pytest.mark.parametrize("sql", ["selec 1", "select from where", "select 1; select 2"])
def test_what_is_no_sql_is_refused_at_once(athena: Athena, sql: str) -> None:
    client = athena.client("athena")
    with pytest.raises(client.exceptions.InvalidRequestException) as refused:
        athena.start(sql)
    assert refused.value.response["AthenaErrorCode"] == "MALFORMED_QUERY"


def test_a_longer_value_than_athena_takes_is_refused(athena: Athena) -> None:
    most = "'" + "x" * 1022 + "'"
    assert athena.rows("select length(?)", ExecutionParameters=[most]) == [["1022"]]
    client = athena.client("athena")
    with pytest.raises(client.exceptions.InvalidRequestException, match="1 to 1024 characters"):
        athena.start("select length(?)", ExecutionParameters=[most + " "])


def test_stopping_a_query(athena: Athena) -> None:
    client = athena.client("athena")
    started = athena.start(ENDLESS)
    with pytest.raises(client.exceptions.InvalidRequestException, match="not yet finished"):
        client.get_query_results(QueryExecutionId=started)
    time.sleep(1)
    asked_at = time.monotonic()
    client.stop_query_execution(QueryExecutionId=started)
    found = athena.ended(started)
    assert time.monotonic() - asked_at < 3
    assert found["Status"]["State"] == "CANCELLED"
    client.stop_query_execution(QueryExecutionId=started)
    with pytest.raises(client.exceptions.InvalidRequestException, match="did not finish"):
        client.get_query_results(QueryExecutionId=started)


def test_more_queries_than_slots_wait_their_turn(athena: Athena) -> None:
    with ThreadPoolExecutor(12) as pool:
        sqls = [f"select count(*) + {i} from events" for i in range(12)]
        assert [rows[0][0] for rows in pool.map(athena.rows, sqls)] == [
            str(200 + i) for i in range(12)
        ]


def test_executions_are_listed(athena: Athena) -> None:
    client = athena.client("athena")
    ids = [athena.run(f"select {i}")["QueryExecutionId"] for i in range(3)]
    listed = client.list_query_executions(MaxResults=3)
    assert listed["QueryExecutionIds"] == ids[::-1] and listed["NextToken"]
    nobody = "00000000-0000-0000-0000-000000000000"
    batch = client.batch_get_query_execution(QueryExecutionIds=[*ids, nobody])
    assert [found["Query"] for found in batch["QueryExecutions"]] == [
        "select 0",
        "select 1",
        "select 2",
    ]
    assert batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == nobody
    with pytest.raises(client.exceptions.InvalidRequestException, match="was not found"):
        client.get_query_execution(QueryExecutionId=nobody)


def test_the_same_request_twice_is_one_execution(athena: Athena) -> None:
    token = "a" * 32
    first = athena.start("select 1", ClientRequestToken=token)
    assert athena.start("select 1", ClientRequestToken=token) == first
    client = athena.client("athena")
    with pytest.raises(client.exceptions.InvalidRequestException, match="Idempotent"):
        athena.start("select 2", ClientRequestToken=token)
