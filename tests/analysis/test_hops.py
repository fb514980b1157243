"""Where figures part, the hop is named with the number and the next action."""

from __future__ import annotations

import pytest

from analysis.hops import RunFigures, TopicFigures
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
        ({"rows": 400, "distinct": 400}, 3, Level.FAIL, "600 lines of run"),
        ({"rows": 1001, "distinct": 1000}, 3, Level.WARN, "1 rows of run"),
        ({"distinct": 999}, 4, Level.FAIL, "1 acknowledged events"),
        ({"distinct": 1001}, 4, Level.FAIL, "more different events than it generated"),
        (
            {**{"sent_at_least": 2000, "sent_at_most": 2000}, **{"lines": 2000, "rows": 2000}},
            4,
            Level.WARN,
            "1,000 rows are copies",
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
        (1300, Level.OK, "300 records of others"),
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
