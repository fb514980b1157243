"""The truth of the account: one defect is put into a lake that is well, and the account names its
hop, its hours and its number, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from analysis import athena, reconciliation
from analysis.reconciliation import Account
from analysis.verdict import Level
from tests.analysis import lake as lakes
from tests.analysis.lake import EVENTS, NOW, OUTPUTS, SINCE, STEP, Lake, at, line, run_of

ACCOUNT, TO_KAFKA, TO_S3 = "generator → account", "producer → Kafka", "Kafka → S3"
TO_ATHENA, DISTINCT = "S3 → Athena", "rows → events"
KEPT, TICKS = "rejected → quarantine", "schedule → ticks"
DRAINED, KNOWN = "all Kafka → all S3", "S3 → ledger"

Partings = list[tuple[str, str, int]]
Expected = dict[str, tuple[Level, Partings]]


def ticks_of_hour(hour: int) -> Partings:
    """All events of the ticks that were sent, and arrived, in an hour."""
    first = 5 if hour == 10 else 0  # the first tick of all is that of 10:05
    return [(f"2025-08-11T{hour}", run_of(hour, minute), EVENTS) for minute in range(first, 60, 5)]


def nothing(lake: Lake) -> None:
    pass


def lost_hour(lake: Lake) -> None:
    for key in [key for key in lake.contents if "/hour=11/" in key]:
        del lake.contents[key]


def lost_object(lake: Lake) -> None:
    del lake.contents[lake.object(12, run_of(12, 30))]


def doubled_object(lake: Lake) -> None:
    lake.contents[lake.object(11, "again")] = lake.contents[lake.object(11, run_of(11, 15))]


def copy_an_hour_later(lake: Lake) -> None:
    lake.contents[lake.object(12, "again")] = lake.contents[lake.object(11, run_of(11, 15))]


def missing_tick(lake: Lake, hour: int = 11, minute: int = 30) -> None:
    lake.forget(hour, minute)
    del lake.contents[lake.object(hour, run_of(hour, minute))]
    lake.records -= EVENTS


def missing_ticks_around_noon(lake: Lake) -> None:
    missing_tick(lake, 12, 0)
    missing_tick(lake, 12, 5)


def last_tick_is_not_due(lake: Lake) -> None:
    missing_tick(lake, 13, 0)
    missing_tick(lake, 10, 5)


def late_tick(lake: Lake) -> None:
    lake.account(run_of(11, 30), at(11, 30), began=at(11, 36))


def dead_run(lake: Lake) -> None:
    lake.forget(12, 0, "closed")


def failed_run(lake: Lake) -> None:
    lake.account(run_of(12, 0), at(12, 0), status="failed", error="E_KAFKA", generated=0, acked=0)
    del lake.contents[lake.object(12, run_of(12, 0))]
    lake.records -= EVENTS


def unresolved(lake: Lake) -> None:
    run = run_of(12, 30)
    lake.account(run, at(12, 30), status="unresolved", acked=7, unresolved=3)
    lake.deliver(at(12, 30), run, [line(run, index, at(12, 26)) for index in range(7)])
    lake.records -= 3


def unresolved_but_written(lake: Lake) -> None:
    lake.account(run_of(12, 30), at(12, 30), status="unresolved", acked=7, unresolved=3)


def account_is_wrong(lake: Lake) -> None:
    lake.account(run_of(11, 0), at(11, 0), generated=EVENTS + 2)


def rejected(lake: Lake) -> None:
    run = run_of(11, 0)
    lake.account(run, at(11, 0), acked=8, rejected=2)
    lake.deliver(at(11, 0), run, [line(run, index, at(10, 56)) for index in range(8)])
    lake.records -= 2


def rejected_and_kept(lake: Lake) -> None:
    rejected(lake)
    lake.quarantine(run_of(11, 0), at(11, 0), 2)


def rejected_and_one_kept(lake: Lake) -> None:
    rejected(lake)
    lake.quarantine(run_of(11, 0), at(11, 0), 1)


def rejected_kept_and_replayed(lake: Lake) -> None:
    rejected_and_kept(lake)
    run = run_of(11, 0)
    lake.deliver(at(13, 10), "replay", [line(run, index, at(10, 56)) for index in (8, 9)])
    lake.records += 2


def foreign_run(lake: Lake) -> None:
    lake.deliver(at(11, 20), "foreign", [line("f" * 16, index, at(11, 20)) for index in range(5)])
    lake.records += 5


def hidden_hour(lake: Lake) -> None:
    lake.unseen_hours.add(12)


def hidden_object(lake: Lake) -> None:
    lake.unseen_keys.add(lake.object(10, run_of(10, 55)))


def nameless_lines(lake: Lake) -> None:
    lake.deliver(at(11, 20), "junk", ["{", '{"title_id": "T"}'])
    lake.records += 2


def cut_line(lake: Lake) -> None:
    run = run_of(12, 10)
    lines = [line(run, index, at(12, 6)) for index in range(EVENTS)]
    lake.deliver(at(12, 10), run, [*lines[:-1], lines[-1][:-3]])


def swapped_line(lake: Lake) -> None:
    run = run_of(12, 10)
    lines = [line(run, index, at(12, 6)) for index in range(EVENTS)]
    lake.deliver(at(12, 10), run, [*lines[:-1], lines[0]])


def invented_event(lake: Lake) -> None:
    lake.deliver(at(12, 10), "invented", [line(run_of(12, 10), 99, at(12, 6))])
    lake.records += 1


def retried_run(lake: Lake) -> None:
    lake.account(run_of(12, 10), at(12, 10), attempt="2", began=at(12, 12))
    copies = lake.contents[lake.object(12, run_of(12, 10))]
    lake.contents[lake.object(12, "retry")] = copies
    lake.records += EVENTS


def topic_made_anew(lake: Lake) -> None:
    lake.records = 300


def records_of_others_not_delivered(lake: Lake) -> None:
    lake.records += 7


def young_run(lake: Lake) -> None:
    lake.account(run_of(13, 20), at(13, 20), scheduled_at=None)
    lake.records += EVENTS


W, F = Level.WARN, Level.FAIL
DEFECTS: list[tuple[Callable[[Lake], None], Expected]] = [
    (nothing, {}),
    (lost_hour, {TO_S3: (F, ticks_of_hour(11))}),
    (lost_object, {TO_S3: (F, [("2025-08-11T12", run_of(12, 30), 10)])}),
    (doubled_object, {TO_S3: (W, [("2025-08-11T11", run_of(11, 15), 10)])}),
    (copy_an_hour_later, {TO_S3: (W, [("2025-08-11T11", run_of(11, 15), 10)])}),
    (missing_tick, {TICKS: (F, [("2025-08-11T11", "2025-08-11T11:30:00Z", 1)])}),
    (
        missing_ticks_around_noon,
        {
            TICKS: (
                F,
                [
                    ("2025-08-11T11", "2025-08-11T12:00:00Z", 1),
                    ("2025-08-11T12", "2025-08-11T12:05:00Z", 1),
                ],
            )
        },
    ),
    (last_tick_is_not_due, {}),
    (late_tick, {TICKS: (W, [("2025-08-11T11", "2025-08-11T11:30:00Z", 1)])}),
    (dead_run, {ACCOUNT: (F, [("2025-08-11T11", run_of(12, 0), 1)])}),
    (failed_run, {ACCOUNT: (F, [("2025-08-11T11", run_of(12, 0), 1)])}),
    (unresolved, {ACCOUNT: (F, [("2025-08-11T12", run_of(12, 30), 3)])}),
    (unresolved_but_written, {ACCOUNT: (F, [("2025-08-11T12", run_of(12, 30), 3)])}),
    (account_is_wrong, {ACCOUNT: (F, [("2025-08-11T10", run_of(11, 0), 2)])}),
    (
        rejected,
        {
            ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)]),
            KEPT: (F, [("2025-08-11T10", run_of(11, 0), 2)]),
        },
    ),
    (rejected_and_kept, {ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)])}),
    (
        rejected_and_one_kept,
        {
            ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)]),
            KEPT: (F, [("2025-08-11T10", run_of(11, 0), 1)]),
        },
    ),
    (rejected_kept_and_replayed, {ACCOUNT: (W, [("2025-08-11T10", run_of(11, 0), 2)])}),
    (foreign_run, {KNOWN: (W, [("2025-08-11T11", "f" * 16, 5)])}),
    (hidden_hour, {TO_ATHENA: (F, ticks_of_hour(12))}),
    (hidden_object, {TO_ATHENA: (F, [("2025-08-11T10", run_of(10, 55), 10)])}),
    (nameless_lines, {TO_ATHENA: (W, [("2025-08-11T11", "", 2)])}),
    (cut_line, {TO_ATHENA: (F, [("2025-08-11T12", run_of(12, 10), 1)])}),
    (swapped_line, {DISTINCT: (F, [("2025-08-11T12", run_of(12, 10), 1)])}),
    (
        invented_event,
        {
            TO_S3: (W, [("2025-08-11T12", run_of(12, 10), 1)]),
            DISTINCT: (F, [("2025-08-11T12", run_of(12, 10), 1)]),
        },
    ),
    (retried_run, {DISTINCT: (W, [("2025-08-11T12", run_of(12, 10), 10)])}),
    (topic_made_anew, {TO_KAFKA: (F, []), DRAINED: (W, [])}),
    (records_of_others_not_delivered, {DRAINED: (F, [])}),
    (young_run, {}),
]


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake that is well."""
    made = lakes.good()
    monkeypatch.setattr(reconciliation, "_client", made.client)
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
        *(ACCOUNT, TO_KAFKA, TO_S3, TO_ATHENA, DISTINCT, TICKS, DRAINED, KNOWN)
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


def test_copies_are_counted_by_hour_and_by_run(lake: Lake) -> None:
    copy_an_hour_later(lake)
    account = reconciled()
    assert [one.rows - one.first_copies for one in account.hours] == [0, 0, 10, 0]
    assert [run.max_copies for run in account.runs if run.max_copies > 1] == [2]


def test_a_young_run_is_left_out_and_its_records_may_be_under_way(lake: Lake) -> None:
    young_run(lake)
    account = reconciled()
    assert (account.younger, len(account.runs)) == (1, 36)
    assert "10 of 380 records are under way" in account.hops[6].verdict.text
    at_once = reconciliation.reconcile(OUTPUTS, since=SINCE, now=NOW, settle=timedelta(0))
    assert at_once.hops[2].verdict.level is Level.FAIL


def test_only_the_ticks_of_the_range_are_looked_for(lake: Lake) -> None:
    missing_tick(lake)
    account = reconciliation.reconcile(OUTPUTS, since=at(11, 30), until=at(12, 0), now=NOW)
    assert account.ticks is not None
    assert (account.ticks.missing, account.ticks.seen) == ((at(11, 30),), 6)
    later = reconciliation.reconcile(OUTPUTS, since=at(11, 30) + STEP, until=at(12, 0), now=NOW)
    assert later.verdict.level is Level.OK
