"""What a verification calls real, and what not."""

from __future__ import annotations

import threading
import time

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.verdict import Level
from analysis.verification import BY_ARRIVAL, BY_EVENTS, BY_SESSION, references, sessions, verify
from tests.analysis.figures import SCOPE, empty, frames, verification


def test_all_is_well() -> None:
    found = verification()
    assert {verdict.level for verdict in found.verdicts.values()} == {Level.OK}
    assert found.verdict.level is Level.OK


def test_nothing_is_a_warning_not_a_failure() -> None:
    found = empty()
    assert found.verdict.level is Level.WARN
    assert "no event in this range" in found.verdict.text


JOIN = frames()["join_rows_by_table"]
RULES = frames()["incoherent_sessions_by_rule"]
LINES = frames()["rows_by_partition"]


@pytest.mark.parametrize(
    ("changes", "check", "text"),
    [
        (
            {"join_rows_by_table": JOIN.assign(orphans=[0, 7])},
            "Titles",
            "7 of 1,000 events name titles that do not exist",
        ),
        (
            {"join_rows_by_table": JOIN.assign(orphans=[1, 0])},
            "Customers",
            "1 of 1,000 events name customers",
        ),
        (
            {"join_rows_by_table": JOIN.assign(extra=[0, 2])},
            "Titles",
            "The join with titles makes 2 rows too many",
        ),
        (
            {"incoherent_sessions_by_rule": RULES.assign(broken=[0, 3])},
            "Sessions",
            "Of 600 sessions some break starts_once (3)",
        ),
        (
            {"rows_by_partition": LINES.assign(malformed=[2, 0], nameless=[1, 0])},
            "Lines",
            "3 rows in 1 hours",
        ),
        (
            {"rows_by_partition": LINES.assign(timeless=[4, 1])},
            "Lines",
            "5 rows in 2 hours of arrival have an event_timestamp that is no time",
        ),
    ],
)
def test_a_single_defect_fails(changes: dict[str, pd.DataFrame], check: str, text: str) -> None:
    found = verification(**changes)
    bad = {name: v for name, v in found.verdicts.items() if v.level is not Level.OK}
    assert list(bad) == [check]
    assert bad[check].level is Level.FAIL and text in bad[check].text and bad[check].action
    assert found.verdict == bad[check]


def test_a_result_of_another_shape_is_an_error() -> None:
    with pytest.raises(AnalysisError, match="E_RESULT_SHAPE"):
        references(JOIN.head(1), "titles")


@pytest.mark.parametrize(
    ("orphans", "lists"),
    [
        ([0, 0], []),
        ([2, 0], ["orphan_customers_by_customer"]),
        ([2, 1], ["orphan_customers_by_customer", "orphan_titles_by_title"]),
    ],
)
def test_each_query_gets_its_own_parameters_and_orphans_are_listed_only_where_there_are_any(
    orphans: list[int], lists: list[str]
) -> None:
    asked: dict[str, set[str]] = {}

    class Recorder:
        def frame(self, name: str, **values: object) -> pd.DataFrame:
            asked[name] = set(values)
            return JOIN.assign(orphans=orphans) if name == "join_rows_by_table" else pd.DataFrame()

    verify(Recorder(), SCOPE)  # type: ignore[arg-type]
    assert set(asked) == {*BY_EVENTS, *BY_ARRIVAL, *BY_SESSION, *lists}
    assert asked["rows_by_partition"] == {"arrival_from", "arrival_until"}
    assert "judged_from" in asked["incoherent_sessions_by_rule"]


def test_an_interruption_cancels_the_queries_that_run() -> None:
    class Slow:
        stopped = threading.Event()

        def frame(self, name: str, **_: object) -> pd.DataFrame:
            if name == "join_rows_by_table":
                raise KeyboardInterrupt
            assert self.stopped.wait(10), "nobody cancelled it"
            return pd.DataFrame()

        def stop(self) -> None:
            self.stopped.set()

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        verify(Slow(), SCOPE)  # type: ignore[arg-type]
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("broken", "level"),
    [
        ({}, Level.OK),
        ({"begins_with_start": 3}, Level.WARN),
        ({"starts_once": 1}, Level.FAIL),
        ({"begins_with_start": 3, "starts_once": 1}, Level.FAIL),
    ],
)
def test_a_session_that_began_before_the_ticks_is_no_defect(
    broken: dict[str, int], level: Level
) -> None:
    rules = ("begins_with_start", "starts_once")
    frame = pd.DataFrame(
        {"rule": rules, "checked": [600, 600], "broken": [broken.get(rule, 0) for rule in rules]}
    )
    found = sessions(frame)
    assert found.level is level
    assert level is not Level.WARN or "3 have no start here" in found.text
