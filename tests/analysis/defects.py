"""Defects of a lake, one each; what the account must say of it is in `verdicts`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from analysis.replays import ACKED, UNRESOLVED
from handlers.contract import ledger
from tests.analysis.lake import EVENTS, Lake, at, line, run_of


def nothing(lake: Lake) -> None:
    pass


def lost_hour(lake: Lake) -> None:
    for key in [key for key in lake.contents if "/hour=11/" in key]:
        del lake.contents[key]


def lost_object(lake: Lake) -> None:
    del lake.contents[lake.object(12, run_of(12, 30))]


def doubled_object(lake: Lake) -> None:
    lake.contents[lake.object(11, "again")] = lake.contents[lake.object(11, run_of(11, 15))]


def lost_object_beside_a_doubled_one(lake: Lake) -> None:
    lost_object(lake)
    doubled_object(lake)


def lost_object_and_made_again(lake: Lake) -> None:
    lost_object(lake)
    made_again(lake)


def made_again(lake: Lake) -> None:
    """A second attempt of the tick of 12:30, in the next hour."""
    run = run_of(12, 30)
    lake.account(run, at(12, 30), attempt="2", began=at(13, 2))
    lake.deliver(at(13, 2), "again", [line(run, index, at(12, 26)) for index in range(EVENTS)])
    lake.records += EVENTS


def lost_object_and_made_again_with_a_loss(lake: Lake) -> None:
    """Of the second attempt event 0 did not come either."""
    lost_object_and_made_again(lake)
    events = [line(run_of(12, 30), index, at(12, 26)) for index in range(1, EVENTS)]
    lake.deliver(at(13, 2), "again", events)


def copy_an_hour_later(lake: Lake) -> None:
    lake.contents[lake.object(12, "again")] = lake.contents[lake.object(11, run_of(11, 15))]


def missing_tick(lake: Lake, hour: int = 11, minute: int = 30) -> None:
    lake.forget(hour, minute)
    del lake.contents[lake.object(hour, run_of(hour, minute))]
    lake.records -= EVENTS


def missing_ticks_around_noon(lake: Lake) -> None:
    missing_tick(lake, 12, 0)
    missing_tick(lake, 12, 5)


def ticks_that_are_not_due_yet_or_any_more(lake: Lake) -> None:
    missing_tick(lake, 10, 5)  # the first of all; that of 13:05 may be on its way


def silent_schedule(lake: Lake) -> None:
    missing_tick(lake, 13, 0)


def late_tick(lake: Lake) -> None:
    lake.account(run_of(11, 30), at(11, 30), began=at(11, 36))


def late_tick_beside_a_missing_one(lake: Lake) -> None:
    late_tick(lake)
    missing_tick(lake, 12, 0)


def dead_run(lake: Lake) -> None:
    lake.forget(12, 0, "closed")


def dead_run_beside_an_unresolved_one(lake: Lake) -> None:
    dead_run(lake)
    unresolved(lake)


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
    lake.deliver(at(13, 5), "replay", [line(run, index, at(10, 56)) for index in (8, 9)])
    lake.replay([f"{run}-{index:08d}" for index in (8, 9)], ACKED, at(13, 5))
    lake.records += 2


def lost_beside_a_replayed_event(lake: Lake) -> None:
    rejected_kept_and_replayed(lake)
    run, known = run_of(11, 0), [0, 1, 2, 3, 4, 5, 6, 6]  # 7 is lost, 6 is there twice
    lake.deliver(at(11, 0), run, [line(run, index, at(10, 56)) for index in known])


def second_attempt_in_doubt(lake: Lake) -> None:
    retried_run(lake)
    run = run_of(12, 10)
    doubtful = {"status": "unresolved", "acked": 4, "unresolved": 6}
    lake.account(run, at(12, 10), attempt="2", began=at(12, 12), **doubtful)


def second_attempt_without_an_end(lake: Lake) -> None:
    retried_run(lake)
    lake.forget(12, 10, "2-closed")


def replayed_and_lost(lake: Lake) -> None:
    rejected_kept_and_replayed(lake)
    del lake.contents[lake.object(13, "replay")]


def replayed_and_under_way(lake: Lake) -> None:
    rejected_and_kept(lake)
    lake.replay([f"{run_of(11, 0)}-00000008"], ACKED, at(13, 20))
    lake.replay([f"{run_of(11, 0)}-00000009"], UNRESOLVED, at(13, 5))


def replayed_in_doubt_and_written(lake: Lake) -> None:
    rejected_and_kept(lake)
    lake.deliver(at(13, 5), "replay", [line(run_of(11, 0), 8, at(10, 56))])
    lake.replay([f"{run_of(11, 0)}-00000008"], UNRESOLVED, at(13, 5))
    lake.records += 1


def lost_beside_a_replay_in_doubt(lake: Lake) -> None:
    replayed_in_doubt_and_written(lake)
    run, known = run_of(11, 0), [0, 1, 2, 3, 4, 5, 6, 6]  # 7 is lost, 6 is there twice
    lake.deliver(at(11, 0), run, [line(run, index, at(10, 56)) for index in known])


def foreign_run(lake: Lake) -> None:
    lake.deliver(at(11, 20), "foreign", [line("f" * 16, index, at(11, 20)) for index in range(5)])
    lake.records += 5


def hidden_hour(lake: Lake) -> None:
    lake.unseen_hours.add(12)


def hidden_object_beside_a_cut_line(lake: Lake) -> None:
    hidden_object(lake)
    cut_line(lake)


def hidden_object(lake: Lake) -> None:
    lake.unseen_keys.add(lake.object(10, run_of(10, 55)))


def nameless_lines(lake: Lake) -> None:
    lake.deliver(at(11, 20), "junk", ["{", '{"title_id": "T"}'])
    lake.records += 2


def cut_line(lake: Lake) -> None:
    run = run_of(12, 10)
    lines = [line(run, index, at(12, 6)) for index in range(EVENTS)]
    lake.deliver(at(12, 10), run, [*lines[:-1], lines[-1][:-3]])


def cut_line_replayed(lake: Lake) -> None:
    cut_line(lake)
    run = run_of(12, 10)
    lake.deliver(at(13, 5), "replay", [line(run, EVENTS - 1, at(12, 6))])
    lake.replay([f"{run}-{EVENTS - 1:08d}"], ACKED, at(13, 5))
    lake.records += 1


def swapped_line(lake: Lake) -> None:
    run = run_of(12, 10)
    lines = [line(run, index, at(12, 6)) for index in range(EVENTS)]
    lake.deliver(at(12, 10), run, [*lines[:-1], lines[0]])


def invented_event(lake: Lake) -> None:
    lake.deliver(at(12, 10), "invented", [line(run_of(12, 10), 99, at(12, 6))])
    lake.records += 1


def lost_event_behind_an_invented_one(lake: Lake) -> None:
    """Event 9 never came, and one that the run has not stands in its place."""
    run = run_of(12, 30)
    indices = [*range(EVENTS - 1), 77]
    lake.deliver(at(12, 30), run, [line(run, index, at(12, 26)) for index in indices])
    lake.records += 1  # both are in the topic


def invented_event_there_twice(lake: Lake) -> None:
    invented_event(lake)
    doubled = lake.contents[lake.object(12, "invented")]
    lake.contents[lake.object(12, "invented again")] = doubled


def retried_run(lake: Lake) -> None:
    lake.account(run_of(12, 10), at(12, 10), attempt="2", began=at(12, 12))
    copies = lake.contents[lake.object(12, run_of(12, 10))]
    lake.contents[lake.object(12, "retry")] = copies
    lake.records += EVENTS


def foreign_run_of_no_day(lake: Lake) -> None:
    """Strangers' events whose times no ledger can be of, or that are none."""
    days = ("9999-12-31", "9999-12-30", "0000-01-01", "0001-01-01", "1999-12-31", "2025-13-45")
    events = [
        json.dumps({"event_id": f"{'f' * 16}-{n:08d}", "event_timestamp": f"{day}T00:00:00.000Z"})
        for n, day in enumerate(days)
    ]
    lake.deliver(at(11, 20), "foreign", events)
    lake.records += len(events)


def young_run(lake: Lake) -> None:
    lake.account(run_of(13, 20), at(13, 20), scheduled_at=None)
    lake.records += EVENTS


def replay_over_ticks(lake: Lake) -> None:
    """Ten minutes of ticks are made again by start and end: each event has a second id."""
    window = {"start": "2025-08-11T11:10:00Z", "end": "2025-08-11T11:20:00Z"}
    lake.account("d" * 16, at(11, 20), window=window, scheduled_at=None, began=at(12, 40))
    lake.deliver(at(12, 40), "replay", [line("d" * 16, i, at(11, 16)) for i in range(EVENTS)])
    lake.records += EVENTS


def old_replay_that_died(lake: Lake) -> None:
    """A replay, begun in the range, of two hours three days before it has no end.

    An earlier replay of that time was there already.
    """
    end = datetime(2025, 8, 8, 10, tzinfo=UTC)
    window = {"start": "2025-08-08T08:00:00Z", "end": "2025-08-08T10:00:00Z"}
    began = at(12, 40)
    name = ledger.attempt_name(began, "r")
    lake.account("d" * 16, end, window=window, scheduled_at=None, began=began, attempt=name)
    del lake.contents[ledger.key(end, "d" * 16, name, ledger.CLOSED)]
    lake.account("c" * 16, end - timedelta(hours=1, minutes=30), scheduled_at=None)
