"""Two runs that made the same time have the same sessions under other ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analysis import overlaps
from analysis.findings import Parting
from analysis.ledger import Run
from analysis.verdict import Level
from handlers.contract.ledger import Record

TEN = datetime(2025, 8, 11, 10, tzinfo=UTC)


def run(name: str, start: int, end: int, **changes: Any) -> Run:
    """A complete run of 10 events; `start` and `end` are minutes after ten."""
    window = {
        part: f"{TEN + timedelta(minutes=minute):%FT%TZ}"
        for part, minute in (("start", start), ("end", end))
    }
    usual: dict[str, Any] = {
        "run_id": name * 16,
        "attempt": "1",
        "status": "complete",
        "window": window,
        "scheduled_at": None,
        "seed": 1,
        "profile": "steady",
        "reference_version": "v",
        "references": [],
        "request": {"batch_size": None},
        "started_at": "2025-08-11T12:00:00Z",
        "generated": 10,
        "acked": 10,
    }
    return Run(name * 16, (Record(**{**usual, **changes}),))


def spans(*runs: Run) -> list[tuple[str, str, int, int, int]]:
    """(first, second, minutes after ten from and to, events) of each overlap."""
    return [
        (one.first[0], one.second[0], *((at - TEN).seconds // 60 for at in one[2:4]), one.events)
        for one in overlaps.overlaps(runs)
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("b", "a", 0, 5, 10), ("a", "c", 5, 10, 10)]),
        ({"seed": 2}, []),
        ({"profile": "launch"}, []),
        ({"acked": 0, "generated": 0}, []),  # it sent nothing
        ({"acked": 3, "status": "unresolved"}, [("b", "a", 0, 5, 3), ("a", "c", 5, 10, 3)]),
        ({"generated": 7, "acked": 7}, [("b", "a", 0, 5, 7), ("a", "c", 5, 10, 7)]),
    ],
)
def test_a_replay_over_two_ticks(
    changes: dict[str, Any], expected: list[tuple[str, str, int, int, int]]
) -> None:
    ticks = [run("b", 0, 5), run("c", 5, 10), run("d", 15, 20)]
    assert spans(*ticks, run("a", 0, 15, **changes)) == expected


def test_ticks_side_by_side_share_no_time() -> None:
    assert spans(run("a", 0, 5), run("b", 5, 10), run("c", 10, 15)) == []


def test_a_schedule_that_was_made_anew_shares_its_first_minutes() -> None:
    assert spans(run("a", 0, 5), run("b", 2, 7)) == [("a", "b", 2, 5, 10)]


def test_the_hop_warns_of_both_runs_their_time_and_their_events() -> None:
    runs = [run("b", 0, 5), run("c", 5, 10), run("a", 0, 10)]
    hop = overlaps.hop(runs, {"b" * 16, "c" * 16})
    assert (hop.verdict.level, hop.expected, hop.found) == (Level.WARN, 2, 0)
    assert "At most 20 events are there under two ids" in hop.verdict.text
    pair = f"{'b' * 16} and {'a' * 16}"
    assert f"{pair} 2025-08-11T10:00:00Z to 10:05:00Z; " in hop.verdict.text
    assert hop.partings[0] == Parting("2025-08-11T10", pair, 10, "shared")


@pytest.mark.parametrize("of", [set(), {"a" * 16}])
def test_one_of_a_pair_must_be_judged(of: set[str]) -> None:
    runs = [run("a", 10, 15), run("b", 0, 5), run("c", 0, 10)]
    assert overlaps.hop(runs, of).verdict.level is Level.OK


def test_a_run_of_a_number_of_events_has_sessions_of_its_own() -> None:
    exact = run("b", 0, 5, request={"batch_size": 100})
    assert overlaps.hop([run("a", 0, 5), exact], {"a" * 16}).verdict.level is Level.OK
