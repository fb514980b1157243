"""The account is put together from four sources that know nothing of each other."""

from __future__ import annotations

import gzip
import io
import json
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError

from analysis import athena, aws, reconciliation, topic
from analysis.errors import AnalysisError
from analysis.verdict import Level
from handlers.contract.ledger import CLOSED
from tests.analysis.figures import NOW, RUN
from tests.analysis.objects import Objects
from tests.analysis.test_ledger import written

OUTPUTS = {
    "region": "eu-central-1",
    "data_bucket": "lake",
    "topic": "acme-telemetry",
    "tables": {},
    "function_names": {"producer": "P"},
}
OTHER = "b" * 16
TOPIC: dict[str, Any] = {"topic": "t", "partitions": [{"partition": 0, "begin": 0, "end": 4}]}


class Producer:
    """The producer function; `reply` is what it says of the topic."""

    def __init__(self, reply: Any, failed: bool = False) -> None:
        self.reply, self.failed = reply, failed

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert (FunctionName, json.loads(Payload)) == ("P", {"describe_topic": True})
        body = {"Payload": io.BytesIO(json.dumps(self.reply).encode())}
        return {**body, "FunctionError": "Unhandled"} if self.failed else body


class Table:
    """Athena with the rows of two runs; remembers what it was asked."""

    asked: dict[str, object]

    def frame(self, name: str, **values: object) -> pd.DataFrame:
        assert name == "rows_by_arrival_and_run"
        self.asked = values
        return pd.DataFrame(
            {
                "arrival_hour": [2025081112] * 3,
                "run_id": [RUN, OTHER, None],
                "raw_rows": [3, 9, 1],
                "first_copies": [3, 9, 0],
                "max_copies": [1, 1, 1],
            }
        )


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    """Four events of one run: all acknowledged, all in S3, three in Athena."""
    lines = "".join(json.dumps({"event_id": f"{RUN}-{i:08d}"}) + "\n" for i in range(4))
    objects = {
        **written(RUN, "1", CLOSED, generated=4, acked=4),
        "telemetry/year=2025/month=08/day=11/hour=12/a.json.gz": gzip.compress(lines.encode()),
    }
    clients = {"s3": Objects(objects), "lambda": Producer(TOPIC)}
    found = Table()
    monkeypatch.setattr(aws, "client", lambda outputs, service: clients[service])
    monkeypatch.setattr(athena, "connect", lambda outputs: found)
    return found


def test_each_source_gives_its_own_figure(table: Table) -> None:
    account = reconciliation.reconcile(OUTPUTS, [RUN], now=NOW + timedelta(minutes=10))
    (run,) = account.runs
    assert (run.generated, run.acked, run.lines, run.objects) == (4, 4, 4, 1)
    assert (run.rows, run.distinct) == (3, 3)
    assert (account.topic.records, account.nameless_lines) == (4, 0)
    assert account.verdict.level is Level.FAIL
    assert "1 lines of run" in account.verdict.text
    assert [(one.hour, one.run_id, one.lines, one.rows) for one in account.arrivals] == [
        ("2025-08-11T12", "", 0, 1),
        ("2025-08-11T12", RUN, 4, 3),
        ("2025-08-11T12", OTHER, 0, 9),
    ]
    assert table.asked["arrival_from"] == 2025081111


def test_a_topic_that_held_records_before_is_counted_from_there(table: Table) -> None:
    account = reconciliation.reconcile(OUTPUTS, [RUN], now=NOW, topic_records_before=1)
    assert account.topic.records == 3


@pytest.mark.parametrize(
    ("reply", "failed", "reason"),
    [
        ({"error": {"code": "E_KAFKA_UNREACHABLE", "message": "no broker"}}, False, "no broker"),
        ({"errorMessage": "Task timed out", "errorType": "x"}, True, "Task timed out"),
        (None, False, "None"),
    ],
)
def test_a_topic_that_is_not_described_is_an_error(
    monkeypatch: pytest.MonkeyPatch, reply: Any, failed: bool, reason: str
) -> None:
    producer = Producer(reply, failed)
    monkeypatch.setattr(aws, "client", lambda outputs, service: producer)
    with pytest.raises(AnalysisError, match=f"E_DESCRIBE_TOPIC: P did not describe .*{reason}"):
        topic.describe_topic(OUTPUTS)


@pytest.mark.parametrize(
    ("code", "named", "exit_code"),
    [("AccessDenied", "E_DENIED", 5), ("403", "E_DENIED", 5), ("NoSuchBucket", "E_AWS", 4)],
)
def test_a_refusal_of_s3_is_named(
    monkeypatch: pytest.MonkeyPatch, code: str, named: str, exit_code: int
) -> None:
    class Refusing:
        def get_paginator(self, operation: str) -> Any:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "ListObjectsV2")

    monkeypatch.setattr(aws, "client", lambda outputs, service: Refusing())
    with pytest.raises(AnalysisError, match=f"{named}: .*ListObjectsV2") as found:
        reconciliation.reconcile(OUTPUTS, now=NOW)
    assert found.value.exit_code == exit_code


def test_a_refusal_to_call_the_producer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def invoke(self, **call: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Invoke")

    monkeypatch.setattr(aws, "client", lambda outputs, service: Refusing())
    with pytest.raises(AnalysisError, match=r"E_DENIED: the topic is not described: .*Invoke"):
        topic.describe_topic(OUTPUTS)
