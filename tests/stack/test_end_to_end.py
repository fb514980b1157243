"""The pipeline for real, from the generator to a query: count in = count out, to the row."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis import reconciliation
from analysis.__main__ import main as analysis_command
from analysis.reconciliation import Account
from analysis.verdict import Level
from local import operations
from local.delivery.part import status as delivery_status
from local.engine import environment
from tests.conftest import LaptopStack

pytestmark = pytest.mark.stack

EVENTS = 20_000


def z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def wait_for_delivery(stack: LaptopStack) -> None:
    """Until the worker has stored all that the topic holds now."""
    asked = time.time()

    def done() -> bool:
        said = delivery_status(stack.laptop) or {"updated_at": 0, "streams": {}}
        stream = said["streams"].get(stack.outputs["delivery_stream"], {"lag": None})
        return bool(said["updated_at"] > asked + 3 and stream["lag"] == 0)

    operations.wait_until(done, 90, "the delivery did not catch up")


@pytest.fixture(scope="module")
def clients(laptop_stack: LaptopStack) -> Iterator[None]:
    """The environment of `make env`, in which analysis and any client work as they are."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(laptop_stack.laptop).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def loaded(laptop_stack: LaptopStack, clients: None) -> dict[str, Any]:
    return operations.load_reference(laptop_stack.laptop, laptop_stack.outputs)


@pytest.fixture(scope="module")
def replay(laptop_stack: LaptopStack, loaded: dict[str, Any]) -> dict[str, Any]:
    """One run of the last hours, delivered and crawled: payload and reply."""
    end = datetime.now(UTC).replace(microsecond=0)
    payload = {"batch_size": EVENTS, "start": z(end - timedelta(hours=6)), "end": z(end)}
    reply = operations.generate(laptop_stack.laptop, laptop_stack.outputs, payload)
    wait_for_delivery(laptop_stack)
    operations.crawl(laptop_stack.laptop, laptop_stack.outputs)
    return {"payload": payload, **reply}


def reconciled(stack: LaptopStack, run_id: str) -> Account:
    return reconciliation.reconcile(stack.outputs, [run_id])


def test_the_reference_data_is_the_whole_sample(loaded: dict[str, Any]) -> None:
    rows = {table: sum(parts.values()) for table, parts in loaded["counts"].items()}
    assert rows == {"titles": 5_000, "customers": 100_000}


def test_count_in_is_count_out(laptop_stack: LaptopStack, replay: dict[str, Any]) -> None:
    assert (replay["generated"], replay["acked"]) == (EVENTS, EVENTS)
    assert (replay["rejected"], replay["unresolved"]) == (0, 0)
    assert replay["using_real_data"] is True
    account = reconciled(laptop_stack, replay["run_id"])
    total = account.total
    assert (total.lines, total.rows, total.distinct) == (EVENTS, EVENTS, EVENTS)
    assert account.verdict.level is Level.OK, str(account.verdict)


def test_a_lost_object_is_named_with_its_hop_hour_and_number(
    laptop_stack: LaptopStack,
    replay: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Told by the command as an operator runs it, with no more than the stack's outputs."""
    run, file = replay["run_id"], tmp_path / "outputs.json"
    file.write_text(json.dumps(laptop_stack.outputs))
    monkeypatch.setenv("ACME_OUTPUTS_FILE", str(file))

    def told(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = analysis_command(["reconcile", "--stack", "local", "--json", *arguments])
        return code, json.loads(capsys.readouterr().out)

    s3, bucket = laptop_stack.client("s3"), laptop_stack.outputs["data_bucket"]
    key, body, lost = one_object(s3, bucket, run)
    s3.delete_object(Bucket=bucket, Key=key)
    try:
        code, said = told("--run", run)
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    sent = datetime.strptime(replay["attempt"][:11], "%Y%m%dT%H").strftime("%Y-%m-%dT%H")
    parting = {"hour": sent, "what": run, "count": lost, "kind": "lost"}
    assert (code, said["verdict"]["level"]) == (1, "FAIL")
    assert [hop["name"] for hop in said["hops"] if hop["verdict"]["level"] == "FAIL"] == [
        "Kafka → S3"
    ]
    assert said["hops"][2]["partings"] == [parting]
    code, said = told("--run", run)
    assert (code, said["verdict"]["level"]) == (0, "OK")
    code, said = told("--settle-minutes", "0")
    assert [one["lines"] for one in said["runs"] if one["run_id"] == run] == [EVENTS]
    assert "S3 → ledger" in [hop["name"] for hop in said["hops"]]


def one_object(s3: Any, bucket: str, run: str) -> tuple[str, bytes, int]:
    """An object that holds lines of the run: its key, its bytes and how many lines those are."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="telemetry/"):
        for item in page["Contents"]:
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            lines = gzip.decompress(body).splitlines()
            if count := sum(b'"event_id":"' + run.encode() in line for line in lines):
                return item["Key"], body, count
    raise AssertionError(f"no object holds a line of {run}")


def test_the_same_request_again_adds_no_event(
    laptop_stack: LaptopStack, replay: dict[str, Any]
) -> None:
    again = operations.generate(laptop_stack.laptop, laptop_stack.outputs, replay["payload"])
    assert again["run_id"] == replay["run_id"]
    wait_for_delivery(laptop_stack)
    operations.crawl(laptop_stack.laptop, laptop_stack.outputs)
    total = reconciled(laptop_stack, replay["run_id"]).total
    assert total.attempts == 2
    assert (total.rows, total.distinct) == (2 * EVENTS, EVENTS)


def test_the_seeds_commands(laptop_stack: LaptopStack, replay: dict[str, Any]) -> None:
    """`aws lambda invoke` with the seed's payload, then the seed's count join."""
    answer = laptop_stack.client("lambda").invoke(
        FunctionName="AcmeTelemetry-Generator",
        Payload=b'{"test": true, "batch_size": 100}',
    )
    reply = json.load(answer["Payload"])
    assert reply["statusCode"] == 200
    body = json.loads(reply["body"])
    assert (body["generated"], body["acked"], body["unresolved"]) == (100, 100, 0)
    wait_for_delivery(laptop_stack)
    operations.crawl(laptop_stack.laptop, laptop_stack.outputs)
    athena = laptop_stack.client("athena")
    query = athena.start_query_execution(
        QueryString="SELECT COUNT(*) FROM acme_telemetry.video_telemetry_json vt \n"
        "                  JOIN acme_streaming_data.titles t ON vt.title_id = t.title_id",
        QueryExecutionContext={"Database": "acme_telemetry"},
        ResultConfiguration={
            "OutputLocation": f"s3://{laptop_stack.outputs['data_bucket']}/athena-results/"
        },
    )["QueryExecutionId"]
    operations.wait_until(
        lambda: (
            athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"]
            not in ("QUEUED", "RUNNING")
        ),
        60,
        "the query did not end",
    )
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    assert int(rows[1]["Data"][0]["VarCharValue"]) >= EVENTS + 100


def test_a_tick_comes_by_itself(laptop_stack: LaptopStack, loaded: dict[str, Any]) -> None:
    """The real scheduler invokes the real generator with the scheduled time put in."""
    scheduler = laptop_stack.client("scheduler")
    made = next(
        one
        for one in scheduler.list_schedules()["Schedules"]
        if one["Target"]["Arn"] == laptop_stack.outputs["function_arns"]["generator"]
    )
    full = scheduler.get_schedule(Name=made["Name"], GroupName=made["GroupName"])
    assert full["ScheduleExpression"] == "rate(5 minutes)"
    assert full["Target"]["Input"] == '{"scheduled_at": "<aws.scheduler.scheduled-time>"}'
    once = datetime.now(UTC) + timedelta(seconds=2)
    wanted = {
        "Name": "tick-soon",
        "GroupName": made["GroupName"],
        "ScheduleExpression": f"at({once:%Y-%m-%dT%H:%M:%S})",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {key: full["Target"][key] for key in ("Arn", "RoleArn", "Input")},
    }
    scheduler.create_schedule(**wanted)
    try:
        operations.wait_until(
            lambda: bool(tick_runs(laptop_stack)), 90, "no tick wrote its closing record"
        )
    finally:
        scheduler.delete_schedule(Name="tick-soon", GroupName=made["GroupName"])
    record = tick_runs(laptop_stack)[0]
    assert record["acked"] == record["generated"] > 0
    assert record["window"]["end"] == record["scheduled_at"]


def tick_runs(stack: LaptopStack) -> list[dict[str, Any]]:
    """The closing records of ticks in the ledger."""
    s3 = stack.client("s3")
    bucket = stack.outputs["data_bucket"]
    found = s3.list_objects_v2(Bucket=bucket, Prefix="ledger/").get("Contents", [])
    records = [
        json.load(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"])
        for item in found
        if item["Key"].endswith("-closed.json")
    ]
    return [record for record in records if record["scheduled_at"]]
