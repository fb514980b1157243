"""The truth of the account: one defect is put into a lake that is well, and the account names its
hop, its hours and its number, and nothing else."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from analysis import athena, aws, reconciliation
from analysis.reconciliation import Account
from analysis.replays import ACKED
from analysis.verdict import Level
from handlers.contract.ledger import attempt_name
from tests.analysis import balance_defects, defects, verdicts
from tests.analysis import lake as lakes
from tests.analysis.lake import NOW, OUTPUTS, SINCE, STEP, Lake, at, run_of
from tests.analysis.verdicts import DEFECTS, Expected


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake that is well."""
    made = lakes.good()
    monkeypatch.setattr(aws, "client", made.client)
    monkeypatch.setattr(athena, "connect", lambda outputs: made)
    return made


def reconciled() -> Account:
    return reconciliation.reconcile(OUTPUTS, since=SINCE, now=NOW)


@pytest.mark.parametrize(
    ("inject", "expected"), DEFECTS, ids=[inject.__name__ for inject, _ in DEFECTS]
)
def test_a_defect_is_named_with_its_hop_hour_and_number(
    lake: Lake, inject: Callable[[Lake], None], expected: Expected
) -> None:
    inject(lake)
    found = {
        hop.name: (
            hop.verdict.level,
            [(parting.hour, parting.what, parting.count) for parting in hop.partings],
        )
        for hop in reconciled().hops
        if hop.verdict.level is not Level.OK
    }
    assert found == expected


def test_a_lake_that_is_well_is_counted_to_the_last_event(lake: Lake) -> None:
    account = reconciled()
    assert account.verdict.level is Level.OK
    assert [hop.name for hop in account.hops] == [
        verdicts.ACCOUNT,
        verdicts.TO_KAFKA,
        verdicts.TO_S3,
        verdicts.TO_ATHENA,
        verdicts.DISTINCT,
        verdicts.TICKS,
        verdicts.DRAINED,
        verdicts.KNOWN,
        verdicts.ONCE,
    ]
    total = account.total
    assert (total.generated, total.lines, total.rows, total.distinct) == (360, 360, 360, 360)
    assert (total.max_copies, total.objects, account.younger) == (1, 36, 0)
    made = [(one.hour, one.runs, one.generated) for one in account.hours]
    assert made == [(f"2025-08-11T{hour}", 12, 120) for hour in (10, 11, 12)] + [
        ("2025-08-11T13", 0, 0)
    ]
    arrived = [(one.lines, one.rows, one.first_copies, one.other_lines) for one in account.hours]
    assert arrived == [(110, 110, 110, 10), (120, 120, 120, 0), (120, 120, 120, 0), (10, 10, 10, 0)]
    assert account.lateness.histogram["30 min to 1 h"] == 50
    assert account.lateness.by_second.total() == 360


@pytest.mark.parametrize(
    ("inject", "hidden"),
    [
        (balance_defects.doubles_that_pay_for_lost_records, 10),
        (balance_defects.doubles_that_pay_for_some, 3),
        (defects.nameless_lines, 2),
        (balance_defects.doubles_of_a_run_in_doubt_pay, 10),
        (balance_defects.doubles_of_strangers_pay, 5),
        (balance_defects.doubles_of_an_older_run_pay, 10),
        (balance_defects.doubles_of_a_young_run_pay, 10),
        (defects.second_attempt_in_doubt, 6),
        (defects.doubled_object, None),
        (defects.young_run, None),
    ],
)
def test_doubles_may_hide_no_more_than_what_is_said(
    lake: Lake, inject: Callable[[Lake], None], hidden: int | None
) -> None:
    inject(lake)
    verdict = reconciled().hops[6].verdict
    assert (verdict.level is Level.WARN) == (hidden is not None)
    assert (f"up to {hidden} records" in verdict.text) == (hidden is not None)


@pytest.mark.parametrize(
    "inject",
    [
        balance_defects.acked_and_never_in_the_topic,
        balance_defects.acked_and_never_in_the_topic_beside_a_doubled_object,
    ],
)
def test_what_was_acked_and_never_was_in_the_topic_is_told(
    lake: Lake, inject: Callable[[Lake], None]
) -> None:
    inject(lake)
    hops = reconciled().hops
    assert "At least 5 of the 5 acknowledged records that S3 lacks" in hops[6].verdict.text
    assert "were never in the topic" in hops[6].verdict.text
    assert "took all" not in hops[1].verdict.text
    assert "The topic took 365 records, at least as many as" in hops[1].verdict.text


def test_time_shared_with_ticks_before_the_range_is_seen(lake: Lake) -> None:
    defects.replay_over_ticks(lake)
    account = reconciliation.reconcile(OUTPUTS, since=at(11, 17), now=NOW)
    (hop,) = [hop for hop in account.hops if hop.name == verdicts.ONCE]
    assert [one.count for one in hop.partings] == [10, 10]


def test_copies_are_counted_by_hour_and_by_run(lake: Lake) -> None:
    defects.copy_an_hour_later(lake)
    account = reconciled()
    assert [one.rows - one.first_copies for one in account.hours] == [0, 0, 10, 0]
    assert [run.max_copies for run in account.runs if run.max_copies > 1] == [2]


def test_a_young_run_is_left_out_and_its_records_may_be_under_way(lake: Lake) -> None:
    defects.young_run(lake)
    account = reconciled()
    assert (account.younger, len(account.runs)) == (1, 36)
    assert "10 of 380 records are under way" in account.hops[6].verdict.text
    at_once = reconciliation.reconcile(OUTPUTS, since=SINCE, now=NOW, settle=timedelta(0))
    assert at_once.hops[2].verdict.level is Level.FAIL


@pytest.mark.parametrize(("minute", "level"), [(20, Level.WARN), (5, Level.FAIL)])
def test_a_run_without_its_end_is_dead_when_its_time_is_over(
    lake: Lake, minute: int, level: Level
) -> None:
    lake.account(run_of(13, minute), at(13, minute))
    lake.forget(13, minute, "closed")
    (account, *_) = reconciliation.reconcile(
        OUTPUTS, [run_of(13, minute)], since=SINCE, now=NOW, settle=timedelta(0)
    ).hops
    assert account.verdict.level is level
    assert account.partings[0].count == 10


def test_an_outage_that_began_before_the_range_is_seen(lake: Lake) -> None:
    gone = [at(10, 30) + n * STEP for n in range(24)]  # to 12:25
    for tick in gone:
        defects.missing_tick(lake, tick.hour, tick.minute)
    account = reconciliation.reconcile(OUTPUTS, since=at(12, 0), until=at(13, 0), now=NOW)
    assert account.ticks is not None
    assert [one.end for one in account.ticks.missing] == [
        tick for tick in gone if tick >= at(12, 0)
    ]
    assert account.verdict.level is Level.FAIL


def test_a_replay_is_looked_for_as_long_as_it_may_take_to_arrive(lake: Lake) -> None:
    defects.rejected_and_kept(lake)
    lake.replay([f"{run_of(11, 0)}-00000008"], ACKED, NOW + timedelta(days=10))
    lake.replay([f"{'f' * 16}-00000008"], ACKED, NOW + timedelta(days=20))  # of no run of these
    later = NOW + timedelta(days=30)
    account = reconciliation.reconcile(OUTPUTS, since=SINCE, until=at(13, 0), now=later)
    assert account.scope.arrival_until == NOW + timedelta(days=17)


def test_only_the_ticks_of_the_range_are_looked_for(lake: Lake) -> None:
    defects.missing_tick(lake)
    account = reconciliation.reconcile(OUTPUTS, since=at(11, 30), until=at(12, 0), now=NOW)
    assert account.ticks is not None
    assert [one.end for one in account.ticks.missing] == [at(11, 30)]
    assert len(account.ticks.seen) == 6
    later = reconciliation.reconcile(OUTPUTS, since=at(11, 30) + STEP, until=at(12, 0), now=NOW)
    assert later.verdict.level is Level.OK


@pytest.mark.parametrize(("until", "judged"), [(at(23, 59), 36), (at(13, 25), 37)])
def test_runs_of_a_range_that_has_not_ended_may_be_too_young(
    lake: Lake, until: datetime, judged: int
) -> None:
    defects.young_run(lake)
    account = reconciliation.reconcile(OUTPUTS, since=SINCE, until=until, now=NOW)
    assert len(account.runs) == judged
    assert (account.verdict.level is Level.OK) == (judged == 36)


@pytest.mark.parametrize("minute", [29, 30, 31])
@pytest.mark.parametrize("is_taken", [True, False])
def test_what_is_sent_while_it_is_counted_is_under_way(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, minute: int, is_taken: bool
) -> None:
    described = lake.invoke

    def sent(**asked: Any) -> dict[str, Any]:
        before = described(**asked)
        begun = NOW + timedelta(seconds=2)
        lake.tick(at(13, minute), began=begun, attempt=attempt_name(begun, "1"))
        if not is_taken:
            return before  # all of it came after the topic was described
        del lake.contents[lake.object(13, run_of(13, minute))]
        return described(**asked)

    monkeypatch.setattr(lake, "invoke", sent)
    assert reconciled().verdict.level is Level.OK


def test_events_whose_time_nobody_can_read_are_counted(lake: Lake) -> None:
    run = run_of(11, 0)
    lines = gzip.decompress(lake.contents[lake.object(11, run)]).decode().splitlines()
    lake.deliver(at(11, 0), run, [*lines[5:], *map(without_time, lines[:5])])
    late = reconciled().lateness
    assert (late.timeless, late.by_second.total()) == (5, 355)


def without_time(line: str) -> str:
    return json.dumps({**json.loads(line), "event_timestamp": "yesterday"})


def test_runs_that_nobody_named_are_asked_for_by_their_time(lake: Lake) -> None:
    every = reconciled().scope
    assert (every.runs, every.event_from, every.event_until) == ((), SINCE, at(13, 0))
    one = run_of(11, 30)
    named = reconciliation.reconcile(OUTPUTS, [one], since=SINCE, now=NOW).scope
    assert named.runs == (one,)
    assert named.event_from < at(11, 25) and at(11, 30) < named.event_until
