"""Each kind of fault at a hop is found for itself, and each cause is one kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis import cross_checks, kinds
from analysis.findings import Kind
from analysis.verdict import Level
from tests.analysis.figures import GOOD, account, run

DEAD = {"is_open": True, "is_dead": True, "acked": 0, "sent_at_least": 0}
DOUBTFUL = {"acked": 995, "unresolved": 5, "sent_at_least": 995}


@pytest.mark.parametrize(
    ("changes", "hop", "words"),
    [
        ([DOUBTFUL, DEAD], 0, ["dead", "unresolved"]),
        ([{"is_failed": True, **DOUBTFUL}], 0, ["failed"]),
        ([{"is_failed": True, "acked": 995, "rejected": 5}], 0, ["failed", "rejected"]),
        ([{"is_open": True}, DEAD, {"acked": 990}], 0, ["unbalanced", "dead", "open"]),
        ([{"lines": 1010}, {"lines": 990, "distinct": 990}], 2, ["lost", "again"]),
        ([{"rows": 990}, {"rows": 1001}], 3, ["not_visible", "arriving"]),
        ([{"distinct": 999}, {"distinct": 1001, "rows": 1001}], 4, ["lost", "never_sent"]),
        ([{"distinct": 1000, "invented": 2, "lines": 1002, "rows": 1002}], 4, ["lost", "invented"]),
        ([{"distinct": 1000, "invented": 2}], 2, ["lost"]),  # named here, and not at hop 4
        ([{"distinct": 1000, "invented": 2}], 4, ["invented"]),
        ([{"distinct": 1003, "invented": 2, "rows": 1003}], 4, ["invented", "never_sent"]),
        ([{"distinct": 999}], 4, ["lost"]),  # the copy in its place is no other fault
        ([{"distinct": 990, "rows": 1005}], 4, ["lost", "copies"]),
    ],
)
def test_every_kind_of_fault_at_a_hop_is_named_and_each_cause_once(
    changes: list[dict[str, Any]], hop: int, words: list[str]
) -> None:
    runs = [run(run_id=f"{index:016x}", **each) for index, each in enumerate(changes)]
    found = account(*runs, GOOD).hops[hop]
    assert [parting.kind for parting in found.partings] == words
    assert found.verdict.text.count("Also: ") == len(words) - 1
    assert found.verdict.text.count("By hour: ") == len(words)


def test_the_worst_kind_comes_first_and_each_has_its_own_action() -> None:
    verdict = (
        account(run(lines=1010), run(run_id="b" * 16, lines=990, distinct=990)).hops[2].verdict
    )
    assert verdict.level is Level.FAIL
    first, also = verdict.text.split(" Also: ")
    assert first.startswith("10 acknowledged events of run bbbb")
    assert also.startswith("The delivery wrote 10 lines of run aaaa")
    assert "(For these: nothing: queries count an event once" in also
    assert verdict.action.startswith("wait for the delivery")


def test_each_kind_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs/verification.md").read_text()
    tables = (kinds.ACCOUNT, kinds.EVENTS)
    words = {kind.word for table in tables for _, kind in table}
    words |= {
        one.word
        for module in (kinds, cross_checks)
        for one in vars(module).values()
        if isinstance(one, Kind)
    }
    assert len(words) == 19
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []
