"""Each query on tiny tables, on the real engine, against an answer computed by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis import athena, queries
from analysis.errors import AnalysisError
from analysis.scope import of_events
from analysis.verification import verify

GOLDEN = Path(__file__).parent / "golden"
CASES = [
    pytest.param(name, case, id=f"{name}: {case['case']}")
    for name in queries.names()
    if (GOLDEN / f"{name}.json").exists()
    for case in json.loads((GOLDEN / f"{name}.json").read_text())["cases"]
]


def test_every_query_has_a_golden_result() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json") if path.stem != "tables") == (
        queries.names()
    )


@pytest.mark.stack
@pytest.mark.parametrize(("name", "case"), CASES)
def test_golden(golden_outputs: dict[str, Any], name: str, case: dict[str, Any]) -> None:
    columns = json.loads((GOLDEN / f"{name}.json").read_text())["columns"]
    found = athena.connect(golden_outputs).frame(name, **case["values"])
    assert list(found.columns) == columns
    expected = pd.DataFrame(case["rows"], columns=columns).astype(found.dtypes)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-9)


@pytest.mark.stack
def test_a_value_is_never_read_as_sql(golden_outputs: dict[str, Any]) -> None:
    case = json.loads((GOLDEN / "rows_by_run.json").read_text())["cases"][0]
    hostile = {**case["values"], "runs": "x'), '') or 1 = 1; drop table events --"}
    assert athena.connect(golden_outputs).frame("rows_by_run", **hostile).empty


@pytest.mark.stack
def test_a_failed_query_is_named_with_its_id_and_reason(golden_outputs: dict[str, Any]) -> None:
    tables = {**golden_outputs["tables"], "titles": "golden_reference.nowhere"}
    with pytest.raises(
        AnalysisError, match=r"E_QUERY_FAILED: events_with_titles: query [0-9a-f-]{36}"
    ):
        athena.connect({**golden_outputs, "tables": tables}).frame("events_with_titles")


@pytest.mark.stack
def test_a_workgroup_that_is_missing_is_named(golden_outputs: dict[str, Any]) -> None:
    with pytest.raises(AnalysisError, match="E_WORKGROUP: workgroup='nobody'"):
        athena.connect({**golden_outputs, "workgroup": "nobody"}).frame("events_with_titles")


@pytest.mark.stack
def test_the_verification_finds_every_planted_defect(golden_outputs: dict[str, Any]) -> None:
    noon = datetime(2025, 8, 11, 12, tzinfo=UTC)
    asked = of_events(noon - timedelta(hours=2), noon, now=noon)
    found = verify(athena.connect(golden_outputs), asked)
    assert [verdict.level.name for verdict in found.verdicts.values()] == ["OK", *["FAIL"] * 4]
    assert found.verdicts["Events"].text == "13 different events of 5 types."
    assert found.verdict == found.verdicts["Titles"]
