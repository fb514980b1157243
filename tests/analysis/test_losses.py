"""What a run lost: in which hour that was sent, and whether another attempt made it good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analysis.figures import Arrival
from analysis.verdict import Level
from tests.analysis.figures import RUN, account, run

ATTEMPTS = {"sent_by_hour": {"T10": 7, "T12": 10}, "sent_at_least": 17, "sent_at_most": 17}


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [
        ({"T12": 10}, {"T10": 7}),
        ({"T10": 7}, {"T12": 10}),
        ({"T10": 5, "T11": 1, "T13": 8}, {"T10": 1, "T12": 2}),
        ({}, {"T10": 7, "T12": 10}),
        ({"T15": 10}, {"T10": 7}),  # late: it may be of either, and the earlier is named
        ({"T12": 16}, {"T10": 1}),  # of the earlier one, late: the sum is the loss all the same
    ],
)
def test_a_loss_is_named_in_the_hour_in_which_it_was_sent(
    arrived: dict[str, int], expected: dict[str, int]
) -> None:
    day = "2025-08-11"
    sent = {day + hour: count for hour, count in ATTEMPTS["sent_by_hour"].items()}
    lines = sum(arrived.values())
    one = run(**{**ATTEMPTS, "sent_by_hour": sent, "lines": lines, "rows": lines, "distinct": 0})
    arrivals = tuple(Arrival(hour=day + at, run_id=RUN, lines=n) for at, n in arrived.items())
    partings = replace(account(one), arrivals=arrivals).hops[2].partings
    assert {parting.hour: parting.count for parting in partings} == {
        day + hour: count for hour, count in expected.items()
    }


@pytest.mark.parametrize(
    ("sent", "arrived", "lost"),
    [
        (["11T23", "12T00"], ["12T00"], "11T23"),  # of either; the earlier is named
        (["11T12", "11T13", "11T15"], ["11T13", "11T14"], "11T15"),
    ],
)
def test_attempts_an_hour_apart_share_what_arrived_between_them(
    sent: list[str], arrived: list[str], lost: str
) -> None:
    counts = {"sent_at_least": 10 * len(sent), "sent_at_most": 10 * len(sent)}
    lines = {"lines": 10 * len(arrived), "rows": 10 * len(arrived), "distinct": 0}
    one = run(sent_by_hour={f"2025-08-{hour}": 10 for hour in sent}, **counts, **lines)
    arrivals = tuple(Arrival(hour=f"2025-08-{hour}", run_id=RUN, lines=10) for hour in arrived)
    (parting,) = replace(account(one), arrivals=arrivals).hops[2].partings
    assert (parting.hour, parting.count) == (f"2025-08-{lost}", 10)


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, Level.WARN),
        ({"distinct": 999}, Level.FAIL),
        ({"invented": 1}, Level.FAIL),
        ({"rejected": 1, "acked": 999}, Level.WARN),
        ({"rejected": 1, "acked": 999, "recovered": 1, "distinct": 999}, Level.FAIL),
        ({"acked": 900, "unresolved": 100, "distinct": 950}, Level.FAIL),  # which ones is unknown
        ({"is_open": True, "acked": 0}, Level.FAIL),
        ({"is_failed": True, "acked": 0, "generated": 0}, Level.FAIL),
    ],
)
def test_a_loss_that_another_attempt_made_good_is_a_warning(
    changes: dict[str, Any], level: Level
) -> None:
    twice = {"sent_at_least": 2000, "sent_at_most": 2000, "lines": 1900, "rows": 1900}
    found = account(run(**{**twice, **changes})).hops[2]
    assert found.verdict.level is level
    assert found.partings[0].kind == ("made_good" if level is Level.WARN else "lost")
    assert found.partings[0].count == 100 + changes.get("invented", 0)
    is_offered = "invoke the generator again with" in found.verdict.action
    assert is_offered == (level is Level.FAIL)
