"""Which ticks never came, and how far apart they are, from the ledger alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analysis import ticks as ticking
from analysis.ledger import Run
from analysis.verdict import Level
from handlers.contract.ledger import Record

TEN = datetime(2025, 8, 11, 10, tzinfo=UTC)
LATER = TEN + timedelta(hours=5)


def run(minute: float, late_seconds: int = 2, scheduled: bool = True) -> Run:
    at = TEN + timedelta(minutes=minute)
    record = Record(
        run_id=f"{int(minute * 60):016x}",
        attempt="1",
        status="complete",
        window={"start": f"{at - timedelta(minutes=5):%FT%TZ}", "end": f"{at:%FT%TZ}"},
        scheduled_at=f"{at:%FT%TZ}" if scheduled else None,
        seed=1,
        profile="steady",
        reference_version="v",
        references=[],
        request={},
        started_at=f"{at + timedelta(seconds=late_seconds):%FT%TZ}",
    )
    return Run(record.run_id, (record,))


def missing(*minutes: float, every: int | None = None) -> list[float]:
    """Minutes after ten of the ticks that are missing between these."""
    found = ticking.ticks([run(minute) for minute in minutes], TEN, LATER, LATER, every)
    assert found is not None
    return [(at - TEN).total_seconds() / 60 for at in found.missing]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([0], []),
        ([0, 5, 10], []),
        ([0, 5, 15, 20], [10]),
        ([0, 5, 25], [10, 15, 20]),
        ([0, 10], [5]),  # two ticks: the contract's rate decides
        ([0, 10, 20, 30], []),  # a slower schedule
        ([0, 10, 20, 50], [30, 40]),
        ([0, 1, 2, 4], [3]),  # a faster one
        ([0, 5, 7, 12, 17], []),  # the schedule was made anew, or one was invoked by hand
        ([0, 5, 12, 17, 32], [22, 27]),
    ],
)
def test_ticks_that_never_came(minutes: list[float], expected: list[float]) -> None:
    assert missing(*minutes) == expected


def test_the_rate_may_be_given() -> None:
    assert missing(0, 15, 30, every=900) == []
    assert missing(0, 15, 30, every=300) == [5, 10, 20, 25]


def test_a_gap_at_the_edge_is_seen_by_ticks_outside_and_counted_inside() -> None:
    runs = [run(minute) for minute in (0, 5, 10, 25, 30)]
    found = ticking.ticks(runs, TEN + timedelta(minutes=16), TEN + timedelta(minutes=24), LATER)
    assert found is not None
    assert (found.seen, found.missing) == ((), (TEN + timedelta(minutes=20),))


@pytest.mark.parametrize(("seconds", "late"), [(120, 0), (121, 1)])
def test_a_tick_is_late_after_two_minutes(seconds: int, late: int) -> None:
    found = ticking.ticks([run(0), run(5, seconds)], TEN, TEN + timedelta(hours=1), LATER)
    assert found is not None
    assert [one[1] for one in found.late] == [seconds] * late


def test_replays_and_tests_are_no_ticks() -> None:
    assert ticking.ticks([run(0, scheduled=False)], TEN, TEN + timedelta(hours=1), LATER) is None


def test_the_verdict_says_how_to_make_a_tick_good() -> None:
    found = ticking.ticks(
        [run(m) for m in (0, 5, 40, 45, 50)], TEN, TEN + timedelta(hours=1), LATER
    )
    assert found is not None
    hop = ticking.hop(found)
    assert (hop.expected, hop.found) == (11, 5)
    assert "6 of 11 ticks, one each 300 s, never came: 2025-08-11T10:10:00Z, " in hop.verdict.text
    assert "2025-08-11T10:30:00Z and 1 more. By hour: 2025-08-11T10 6." in hop.verdict.text
    assert '{"scheduled_at": "2025-08-11T10:10:00Z"}' in hop.verdict.action


def at(minute: float) -> datetime:
    return TEN + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("until", "settled", "overdue"),
    [
        (300, 16.9, []),  # the tick at 15 may come as late as 17
        (300, 17, [15]),
        (300, 27, [15, 20, 25]),
        (21, 300, [15, 20]),  # what is asked for ends before
        (9, 300, []),  # a tick came after that
    ],
)
def test_ticks_that_are_overdue(until: float, settled: float, overdue: list[float]) -> None:
    found = ticking.ticks([run(minute) for minute in (0, 5, 10)], TEN, at(until), at(settled))
    assert found is not None
    assert list(found.overdue) == [at(minute) for minute in overdue]
    assert found.missing == ()
    later = ticking.ticks([run(minute) for minute in (0, 5, 10)], at(16), at(until), at(settled))
    assert later is not None
    assert list(later.overdue) == [at(minute) for minute in overdue if minute >= 16]


def test_a_schedule_is_silent_from_its_second_overdue_tick_on() -> None:
    for settled, level in ((17, Level.OK), (21.9, Level.OK), (22, Level.WARN)):
        found = ticking.ticks([run(minute) for minute in (0, 5, 10)], TEN, at(300), at(settled))
        assert found is not None
        hop = ticking.hop(found)
        assert hop.verdict.level is level
    assert "No tick came after 2025-08-11T10:10:00Z; 2 were due" in hop.verdict.text
    assert (hop.expected, hop.found) == (5, 3)
