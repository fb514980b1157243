"""Where figures part, the hop is named with the number and the next action."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from analysis.figures import Arrival, RunFigures, TopicFigures
from analysis.findings import Parting
from analysis.verdict import Level
from tests.analysis.figures import GOOD, RUN, account, run


def test_when_all_agree_every_hop_is_ok() -> None:
    found = account(GOOD)
    assert [hop.verdict.level for hop in found.hops] == [Level.OK] * 5
    assert [(hop.expected, hop.found) for hop in found.hops] == [(1000, 1000)] * 5
    assert "1,000 generated, 1,000 distinct" in found.verdict.text


@pytest.mark.parametrize(
    ("changes", "hop", "level", "text"),
    [
        ({"acked": 990, "distinct": 990}, 0, Level.FAIL, f"The account of run {RUN} does not add"),
        ({"is_open": True}, 0, Level.WARN, "no closing record"),
        (
            {"is_open": True, "is_dead": True, "acked": 0, "sent_at_least": 0},
            0,
            Level.FAIL,
            "nobody knows what became of 1,000 events",
        ),
        ({"is_failed": True}, 0, Level.FAIL, "ended by an error"),
        (
            {"acked": 995, "unresolved": 5, "sent_at_least": 995},
            0,
            Level.FAIL,
            "Of 5 events of run",
        ),
        (
            {
                **{"acked": 995, "rejected": 5, "sent_at_least": 995, "sent_at_most": 995},
                **{"lines": 995, "rows": 995, "distinct": 995},
            },
            0,
            Level.WARN,
            "5 events of run",
        ),
        ({"lines": 900, "rows": 900, "distinct": 900}, 2, Level.FAIL, "100 acknowledged events"),
        ({"lines": 1010, "rows": 1010}, 2, Level.WARN, "wrote 10 lines"),
        ({"rows": 400, "distinct": 400}, 3, Level.FAIL, f"600 lines of run {RUN} are not visible"),
        ({"rows": 1001, "distinct": 1000}, 3, Level.WARN, "1 rows of run"),
        ({"distinct": 999}, 4, Level.FAIL, "1 acknowledged events"),
        ({"distinct": 1001}, 4, Level.FAIL, "1 more different events than it sent"),
        (
            {**{"sent_at_least": 2000, "sent_at_most": 2000}, **{"lines": 2000, "rows": 2000}},
            4,
            Level.WARN,
            "1,000 rows of run",
        ),
    ],
)
def test_the_hop_where_figures_part_is_named(
    changes: dict[str, int], hop: int, level: Level, text: str
) -> None:
    found = account(run(**changes))
    assert found.hops[hop].verdict.level is level
    assert text in found.hops[hop].verdict.text
    assert found.hops[hop].verdict.action
    assert all(earlier.verdict.level < level for earlier in found.hops[:hop])
    assert found.verdict == found.hops[hop].verdict


@pytest.mark.parametrize(
    ("records", "level", "text"),
    [
        (999, Level.FAIL, "took 1 records fewer"),
        (1000, Level.OK, "took 1,000 records"),
        (1300, Level.OK, "and 300 more than these runs can have sent"),
    ],
)
def test_the_topic(records: int, level: Level, text: str) -> None:
    verdict = account(GOOD, records=records).hops[1].verdict
    assert verdict.level is level
    assert text in verdict.text


def test_a_good_run_does_not_hide_a_bad_one() -> None:
    lost = run(run_id="b" * 16, lines=990, rows=990, distinct=990)
    doubled = run(run_id="c" * 16, lines=1010, rows=1010)
    found = account(lost, doubled)
    assert found.total.lines == found.total.sent_at_least
    assert found.verdict.level is Level.FAIL
    assert "10 acknowledged events of run bbbb" in found.verdict.text


@pytest.mark.parametrize(
    ("changes", "hop", "hour", "count", "kind"),
    [
        ({"acked": 990, "distinct": 990}, 0, GOOD.hour, 10, "unbalanced"),
        ({"lines": 900, "rows": 900, "distinct": 900}, 2, GOOD.sent_hour, 100, "lost"),
        ({"rows": 400, "distinct": 400}, 3, GOOD.sent_hour, 600, "not_visible"),
        ({"distinct": 999}, 4, GOOD.hour, 1, "lost"),
    ],
)
def test_a_hop_names_hour_and_number(
    changes: dict[str, int], hop: int, hour: str, count: int, kind: str
) -> None:
    found = account(run(**changes), run(run_id="b" * 16)).hops[hop]
    assert found.partings == (Parting(hour, RUN, count, kind),)
    assert f"By hour: {hour} {count}." in found.verdict.text


def test_many_hours_are_named_shortly() -> None:
    runs = [
        run(run_id=f"{at:016x}", sent_hour=f"2025-08-11T{at:02d}", lines=999, rows=999)
        for at in range(9)
    ]
    text = account(*runs).hops[2].verdict.text
    assert "2025-08-11T00 1, " in text and "2025-08-11T05" not in text
    assert "and 4 hours more" in text


def test_lines_that_are_no_whole_events_are_told_from_an_hour_that_is_not_visible() -> None:
    made = account(run(rows=998, distinct=998), nameless_lines=0)
    nulls = Arrival(hour=GOOD.sent_hour, run_id="", rows=2)
    found = replace(made, arrivals=(*made.arrivals, nulls)).hops[3]
    assert "2 lines of run aaaaaaaaaaaaaaaa are rows without an event id" in found.verdict.text
    assert "scan" in found.verdict.action


@pytest.mark.parametrize(
    "changes",
    [
        {"is_open": True, "acked": 0, "sent_at_least": 0},
        {"sent_at_least": 990, "sent_at_most": 1000, "acked": 990, "rejected": 10},
    ],
    ids=["an attempt without an end", "rejected ones were replayed"],
)
def test_what_may_have_been_sent_is_not_too_much(changes: dict[str, Any]) -> None:
    hops = account(run(**changes)).hops
    assert [hop.verdict.level for hop in hops[1:]] == [Level.OK] * 4


def test_lines_without_an_event_id_are_told() -> None:
    verdict = account(GOOD, nameless_lines=3).hops[3].verdict
    assert (verdict.level, verdict.text[:8]) == (Level.WARN, "3 lines ")


def test_no_run_is_a_warning() -> None:
    found = account()
    assert found.verdict.level is Level.WARN
    assert found.total.generated == 0


def test_many_runs_are_named_shortly() -> None:
    runs = [run(run_id=f"{index:016x}", lines=0, rows=0, distinct=0) for index in range(40)]
    assert "and 37 more" in account(*runs).hops[2].verdict.text


def test_the_topics_figures_come_from_its_offsets() -> None:
    partitions = [{"partition": 0, "begin": 5, "end": 25}, {"partition": 1, "begin": 0, "end": 10}]
    assert TopicFigures.of(partitions, records_before=15) == TopicFigures(
        partitions=2, records=20, expired=5, end_offset=35
    )


def test_totals_are_sums() -> None:
    total = RunFigures.total([GOOD, run(is_open=True, objects=1)])
    assert (total.generated, total.objects, total.is_open) == (2000, 4, True)


PAYLOAD = {"scheduled_at": "2025-08-11T10:10:00Z", "window_seconds": 600, "seed": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"acked": 995, "unresolved": 5, "sent_at_least": 995},
        {"is_failed": True},
        {"is_open": True, "is_dead": True, "acked": 0, "sent_at_least": 0},
    ],
    ids=["unresolved", "failed", "dead"],
)
def test_how_a_run_is_made_again_and_which_cannot_be(changes: dict[str, Any]) -> None:
    def action(*payloads: dict[str, object] | None) -> str:
        runs = [
            run(run_id=f"{index:016x}", payload=payload, **changes)
            for index, payload in enumerate(payloads)
        ]
        return account(*runs, run(run_id="f" * 16)).hops[0].verdict.action

    own = f"invoke the generator again with {json.dumps(PAYLOAD)}"
    assert action(PAYLOAD).endswith(f"{own}: the ids stay the same")
    assert f"{own}, the others with their `payload` in --json: " in action(PAYLOAD, PAYLOAD)
    test = action(None)
    assert "invoke" not in test
    assert f"nothing for test run {0:016x}: a test cannot be resumed" in test
    both = action(None, PAYLOAD)
    assert f"{own}: the ids" in both and f"nothing for test run {0:016x}" in both
