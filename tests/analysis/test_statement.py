"""The account as an operator reads it, and as a program does."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from analysis import statement
from analysis.lateness import Lateness
from tests.analysis.figures import GOOD, account, run


def test_the_text_has_totals_hours_lateness_hops_and_the_verdict_last() -> None:
    made = account(GOOD, lateness=Lateness(Counter({60: 900, 400: 100})))
    lines = statement.as_text(replace(made, younger=2)).splitlines()
    assert lines[0].startswith("1 runs (2 more are too young to be judged): 1,000 generated")
    columns = lines[1].split()
    assert columns[:2] == ["hour,", "UTC"]
    assert lines[2].split() == ["2025-08-11T11", "1", *["1,000"] * 2, *["0"] * 7]
    assert lines[3].split() == ["2025-08-11T12", *["0"] * 5, "3", *["1,000"] * 2, "0", "0"]
    assert lines[4] == "late by: 900 under 5 min, 100 5 to 10 min; p50 60 s, p95 400 s"
    assert [line.split("  ")[1] for line in lines[5:10]] == [hop.name for hop in made.hops]
    assert lines[-1] == str(made.verdict)


@pytest.mark.parametrize(
    ("late", "text"),
    [
        (
            Lateness(Counter({60: 9}), timeless=2),
            "5 min, 2 without a readable time; p50 60",
        ),
        (Lateness(Counter(), timeless=2), "late by: 2 without a readable time"),
    ],
)
def test_lines_without_a_time_are_told(late: Lateness, text: str) -> None:
    assert text in statement.late_by(late)
    values = statement.as_json(account(GOOD, lateness=late))["late_by"]
    assert isinstance(values, dict) and values["without_time"] == 2


def test_many_hours_are_cut_with_a_word() -> None:
    runs = [run(run_id=f"{at:016x}", hour=f"2025-08-{at:02d}T10") for at in range(1, 31)]
    more = [run(run_id=f"{at:016x}", hour=f"2025-07-{at:02d}T10") for at in range(1, 31)]
    text = statement.as_text(account(*runs, *more))
    assert "  13 hours before: see --json" in text.splitlines()
    assert "late by: no line" in text


def test_the_values_name_each_parting_and_are_json() -> None:
    values = json.loads(
        json.dumps(statement.as_json(account(run(lines=990, rows=990, distinct=990))))
    )
    (parting,) = values["hops"][2]["partings"]
    assert parting == {"hour": GOOD.sent_hour, "what": GOOD.run_id, "count": 10, "kind": "lost"}
    assert [hour["hour"] for hour in values["hours"]] == [GOOD.hour, GOOD.sent_hour]
    assert values["late_by"]["p50_seconds"] is None
    assert values["ticks"] is None
