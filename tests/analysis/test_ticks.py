"""Which time no tick covers, which ticks are late or overdue, from the ledger alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analysis import pauses as pausing
from analysis import ticks as ticking
from analysis.ledger import Run
from analysis.verdict import Level
from handlers.contract.ledger import Record

TEN = datetime(2025, 8, 11, 10, tzinfo=UTC)
LATER = TEN + timedelta(hours=5)


def run(
    minute: float,
    late_seconds: int = 2,
    scheduled: bool = True,
    window: float = 5,
    **changes: Any,
) -> Run:
    """A tick, scheduled so many minutes after ten, of a window of so many minutes."""
    at = TEN + timedelta(minutes=minute)
    usual: dict[str, Any] = {
        "run_id": f"{int(minute * 60):016x}",
        "attempt": "1",
        "status": "complete",
        "window": {"start": f"{at - timedelta(minutes=window):%FT%TZ}", "end": f"{at:%FT%TZ}"},
        "scheduled_at": f"{at:%FT%TZ}" if scheduled else None,
        "seed": 1,
        "profile": "steady",
        "reference_version": "v",
        "references": [],
        "request": {},
        "started_at": f"{at + timedelta(seconds=late_seconds):%FT%TZ}",
    }
    record = Record(**{**usual, **changes})
    return Run(record.run_id, (record,))


def spans(runs: list[Run], *pauses: str) -> list[tuple[float, float]]:
    """From and to, in minutes after ten, of each window that was never made."""
    meant = [pausing.parse(text) for text in pauses]
    found = ticking.ticks(runs, TEN, LATER, LATER, meant)
    assert found is not None
    minute = timedelta(minutes=1)
    return [((one.start - TEN) / minute, (one.end - TEN) / minute) for one in found.missing]


def every(step: int, first: int, last: int, *, without: int | None = None) -> list[Run]:
    """Ticks `step` minutes apart, each of the time since the one before it."""
    return [run(at, window=step) for at in range(first, last + 1, step) if at != without]


def replay(start: int, end: int, **changes: Any) -> Run:
    return run(end, window=end - start, scheduled=False, **changes)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (every(5, 0, 0), []),
        (every(5, 0, 10), []),
        (every(5, 0, 20, without=10), [(5, 10)]),
        ([run(0), run(5), run(25)], [(5, 10), (10, 15), (15, 20)]),
        ([run(0), run(10)], [(0, 5)]),
        (every(60, 60, 120), []),  # the first two of an hourly schedule
        (every(10, 0, 50, without=30), [(20, 30)]),
        (every(1, 0, 4, without=3), [(2, 3)]),
        # a rate that changed, with one missing after it, at it, or none
        ([*every(10, 0, 100), *every(5, 105, 200, without=150)], [(145, 150)]),
        ([*every(5, 0, 60), *every(15, 75, 120)], []),
        ([*every(5, 0, 60), *every(15, 90, 120)], [(60, 75)]),
        ([*every(15, 0, 60), *every(10, 85, 125)], [(60, 75)]),  # only the window before fits
        ([run(0), run(5), run(7), run(12), run(17)], []),  # made anew: they share time
        ([run(0), run(5), run(12), run(17)], [(5, 7)]),  # made anew: 2 minutes were never made
        ([run(0), run(17)], [(0, 2), (2, 7), (7, 12)]),
        # what a replay made is no gap, what a test made is none of it
        ([run(0), run(20), replay(0, 15)], []),
        ([run(0), run(20), replay(5, 10)], [(0, 5), (10, 15)]),
        ([run(0), run(10), replay(0, 5, seed=2)], [(0, 5)]),
        ([run(0), run(10), replay(0, 5, profile="launch")], [(0, 5)]),
        ([run(0), run(10), replay(0, 5, request={"batch_size": 9})], [(0, 5)]),
        # what somebody made by hand is no tick of the schedule
        ([run(0), run(5, request={"batch_size": 9}), run(10)], [(0, 5)]),
        ([run(0), run(5, seed=99), run(10), run(15)], [(0, 5)]),
        ([run(0), run(5, profile="launch"), run(10)], [(0, 5)]),
        ([run(0), run(5), run(5, seed=9, run_id="f" * 16), run(10)], []),
        # a schedule that was changed, for a while too, and one of a count
        ([run(0), *(run(at, seed=2) for at in (5, 10)), run(15)], []),
        ([run(0), run(5), run(10, profile="launch")], []),
        ([run(at, request={"batch_size": 9}) for at in (0, 5, 15)], [(5, 10)]),
        ([run(0), run(5), replay(30, 60)], []),  # behind the last tick
        ([run(60), run(65), replay(0, 5)], []),  # before the first
    ],
)
def test_time_that_was_never_made(runs: list[Run], expected: list[tuple[float, float]]) -> None:
    assert spans(runs) == expected


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        (["10:30-12:30"], []),
        (["10:00-13:00"], []),
        (["10:40-12:30"], [(30, 35), (35, 40)]),
        (["10:30-11:00", "11:05-12:30"], [(60, 65)]),
        (["10:30-12:28"], [(148, 150)]),
        (["10:35-10:30"], [(30, 35)]),  # over midnight
        (["12:30-10:30"], None),
    ],
)
def test_a_pause_that_is_meant_is_no_gap(
    pauses: list[str], expected: list[tuple[float, float]] | None
) -> None:
    runs = [*every(5, 0, 30), *every(5, 155, 170)]
    assert spans(runs, *pauses) == (spans(runs) if expected is None else expected)


@pytest.mark.parametrize("text", ["", " ", ",", "20:55-07:55", "20:55-07:55, 12:00-12:30,"])
def test_a_notebook_names_pauses_in_one_text(text: str) -> None:
    names = [one.strip() for one in text.split(",") if one.strip()]
    assert pausing.parsed(text) == [pausing.parse(name) for name in names]
    assert len(names) == text.count("-")


def test_nothing_is_overdue_in_a_pause() -> None:
    runs = every(5, 0, 10)
    found = ticking.ticks(runs, TEN, at(300), at(35), [pausing.parse("10:15-10:25")])
    assert found is not None
    assert found.overdue == (at(15), at(30))


@pytest.mark.parametrize(
    ("runs", "payloads"),
    [
        ([run(0), run(10)], ['{"scheduled_at": "2025-08-11T10:05:00Z"}']),
        (
            every(10, 0, 30, without=20),
            ['{"scheduled_at": "2025-08-11T10:20:00Z", "window_seconds": 600}'],
        ),
        ([run(0), run(7)], ['{"start": "2025-08-11T10:00:00Z", "end": "2025-08-11T10:02:00Z"}']),
    ],
)
def test_the_payload_that_makes_a_window_good(runs: list[Run], payloads: list[str]) -> None:
    found = ticking.ticks(runs, TEN, LATER, LATER)
    assert found is not None
    assert [json.dumps(one.payload) for one in found.missing] == payloads
    assert f"invoke the generator with {payloads[0]}; if" in ticking.hop(found).verdict.action


def test_a_pause_of_the_verdict_holds_the_whole_gap() -> None:
    runs = [run(0), run(200)]
    found = ticking.ticks(runs, at(30), at(60), LATER)
    assert found is not None
    action = ticking.hop(found).verdict.action
    assert action.endswith("if this pause is meant, say --pause 10:00-13:15 (each day, UTC)")
    assert spans(runs, "10:00-13:15") == []
    found = ticking.ticks([run(0), run(26 * 60)], at(30), at(60), LATER)
    assert found is not None
    action = ticking.hop(found).verdict.action
    assert action.endswith("start the range after it with --from 2025-08-12T11:55:00Z")


def test_a_gap_at_the_edge_is_seen_by_ticks_outside_and_counted_inside() -> None:
    runs = [run(minute) for minute in (0, 5, 10, 25, 30)]
    found = ticking.ticks(runs, TEN + timedelta(minutes=16), TEN + timedelta(minutes=24), LATER)
    assert found is not None
    assert found.seen == ()
    assert [one.end for one in found.missing] == [at(20)]


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
    assert (hop.expected, hop.found) == (13, 5)  # two are overdue besides
    assert "events of 6 of 11 windows were never made" in hop.verdict.text
    assert "they end at 2025-08-11T10:10:00Z, " in hop.verdict.text
    assert "2025-08-11T10:30:00Z and 1 more. By hour: 2025-08-11T10 6." in hop.verdict.text
    payload = '{"scheduled_at": "2025-08-11T10:10:00Z"}'
    assert f"{payload}, and with the others that --json has" in hop.verdict.action


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
