"""Which earlier result may answer a query again, and what of a request is refused."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from local.aws.athena import reuse
from local.aws.athena.executions import Execution, Order
from local.aws.athena.statement import Statement

ORDER = Order(
    id="new",
    caller="arn:aws:iam::000000000000:role/Reader",
    region="eu-central-1",
    account="000000000000",
    workgroup="acme",
    database="acme_telemetry",
    sql="SELECT ?",
    parameters=("1",),
    output="s3://lake/results/",
    reuse={"Enabled": True, "MaxAgeInMinutes": 5},
)


def execution(order: Order, kind: str = "SELECT", state: str = "SUCCEEDED") -> Execution:
    made = Execution(order, Statement(kind, "DML", order.sql))
    if state:
        made.end(state)
    return made


def applied(earlier: Execution, order: Order = ORDER) -> Execution | None:
    asked = execution(order, state="")
    reuse.apply([earlier], asked)
    return asked.reused


def test_the_same_question_is_answered_from_the_latest_result() -> None:
    first, second = (execution(replace(ORDER, id=name)) for name in ("first", "second"))
    asked = execution(ORDER, state="")
    reuse.apply([first, second], asked)
    assert asked.reused is second
    assert asked.output == "s3://lake/results/second.csv"


@pytest.mark.parametrize(
    "changed",
    [
        {"sql": "SELECT ? + 1"},
        {"parameters": ("2",)},
        {"workgroup": "other"},
        {"database": "other"},
        {"output": "s3://lake/elsewhere/"},
    ],
)
def test_another_question_is_asked(changed: dict[str, Any]) -> None:
    assert applied(execution(replace(ORDER, id="old", **changed))) is None


@pytest.mark.parametrize(("kind", "state"), [("INSERT", "SUCCEEDED"), ("SELECT", "FAILED")])
def test_only_a_query_that_succeeded_answers(kind: str, state: str) -> None:
    assert applied(execution(replace(ORDER, id="old"), kind, state)) is None


def test_an_old_result_answers_no_more() -> None:
    earlier = execution(replace(ORDER, id="old"))
    earlier.completed_at = time.time() - 301
    assert applied(earlier) is None
    earlier.completed_at = time.time() - 290
    assert applied(earlier) is earlier


def test_who_does_not_ask_for_it_gets_a_fresh_answer() -> None:
    order = replace(ORDER, reuse={"Enabled": False})
    assert applied(execution(replace(ORDER, id="old")), order) is None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, {"Enabled": False}),
        ({"Enabled": False, "MaxAgeInMinutes": 5}, {"Enabled": False}),
        ({"Enabled": True}, {"Enabled": True, "MaxAgeInMinutes": 60}),
        ({"Enabled": True, "MaxAgeInMinutes": 5}, {"Enabled": True, "MaxAgeInMinutes": 5}),
    ],
)
def test_the_request_says_whether_and_how_old(given: dict[str, Any], found: dict[str, Any]) -> None:
    document = {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": given}}
    assert reuse.configuration(document) == found


@pytest.mark.parametrize("minutes", [-1, 10_081])
def test_an_age_beyond_athenas_limit_is_refused(minutes: int) -> None:
    given = {"Enabled": True, "MaxAgeInMinutes": minutes}
    with pytest.raises(ValueError, match="10080"):
        reuse.configuration({"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": given}})
