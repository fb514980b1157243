"""Defects of the balance of the whole topic and all of S3, one each, as those of `defects`."""

from __future__ import annotations

from tests.analysis import defects
from tests.analysis.lake import EARLIER, EVENTS, Lake, at, line, run_of


def doubles_that_pay_for_lost_records(lake: Lake) -> None:
    """An object is there twice; 10 records of strangers never came."""
    defects.doubled_object(lake)
    lake.records += EVENTS


def doubles_that_pay_for_some(lake: Lake) -> None:
    defects.doubled_object(lake)
    lake.records += 3


def doubles_of_a_run_in_doubt_pay(lake: Lake) -> None:
    """A first attempt, of which nothing is known, never wrote; an object is there twice; 10 records
    of strangers never came."""
    run, when = run_of(12, 10), at(12, 10)
    nothing_known = {"status": "unresolved", "acked": 0, "unresolved": EVENTS}
    lake.account(run, when, attempt="0", began=when, **nothing_known)
    lake.contents[lake.object(12, "again")] = lake.contents[lake.object(12, run)]
    lake.records += EVENTS


def doubles_of_strangers_pay(lake: Lake) -> None:
    """Of 10 records of strangers 5 came twice and 5 never."""
    defects.foreign_run(lake)
    lake.contents[lake.object(11, "foreign again")] = lake.contents[lake.object(11, "foreign")]
    lake.records += 5


def doubles_of_an_older_run_pay(lake: Lake) -> None:
    lake.contents[lake.object(10, "again")] = lake.contents[lake.object(10, EARLIER)]
    lake.records += EVENTS


def doubles_of_a_young_run_pay(lake: Lake) -> None:
    delivered_young_run(lake)
    lake.contents[lake.object(13, "again")] = lake.contents[lake.object(13, run_of(13, 20))]
    lake.records += EVENTS


def young_run_made_twice(lake: Lake) -> None:
    """All is well: both attempts are in the topic and in S3."""
    doubles_of_a_young_run_pay(lake)
    lake.account(run_of(13, 20), at(13, 20), attempt="2", began=at(13, 22), scheduled_at=None)


def acked_and_never_in_the_topic(lake: Lake) -> None:
    run = run_of(12, 30)
    lake.deliver(at(12, 30), run, [line(run, index, at(12, 26)) for index in range(5)])
    lake.records -= 5


def acked_and_never_in_the_topic_and_made_again(lake: Lake) -> None:
    acked_and_never_in_the_topic(lake)
    defects.made_again(lake)


def acked_and_never_in_the_topic_beside_a_doubled_object(lake: Lake) -> None:
    acked_and_never_in_the_topic(lake)
    defects.doubled_object(lake)


def topic_made_anew(lake: Lake) -> None:
    lake.records = 300


def records_of_others_not_delivered(lake: Lake) -> None:
    lake.records += 7


def records_lost_beside_a_young_run(lake: Lake) -> None:
    delivered_young_run(lake)
    lake.records += 7


def delivered_young_run(lake: Lake) -> None:
    defects.young_run(lake)
    run = run_of(13, 20)
    lake.deliver(at(13, 20), run, [line(run, index, at(13, 16)) for index in range(EVENTS)])
