"""Judges an account: where two neighbouring figures part, by how much, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analysis.figures import Arrival, RunFigures, TopicFigures
from analysis.resumption import again
from analysis.verdict import Verdict, fail, ok, warn

SHOWN_RUNS = 3
SHOWN_HOURS = 5


@dataclass(frozen=True)
class Parting:
    """`count` events of `what` (a run's id, or the time of a tick) that part in the UTC `hour`."""

    hour: str
    what: str
    count: int


@dataclass(frozen=True)
class Hop:
    """From one stage to the next: what should have come, what came, and the judgement.

    `partings` are what the judgement speaks of; which hour that is says the hop's row in
    docs/verification.md.
    """

    name: str
    expected: int
    found: int
    verdict: Verdict
    partings: tuple[Parting, ...] = ()


Judged = tuple[Verdict, tuple[Parting, ...]]


def hops(
    runs: Sequence[RunFigures], arrivals: Sequence[Arrival], topic: TopicFigures
) -> tuple[Hop, ...]:
    """Every hop of these runs, judged; a run that stands wrong at one hop is named there."""
    total = RunFigures.total(runs)
    accounted = total.acked + total.rejected + total.unresolved
    sent = total.sent_at_least
    return (
        Hop("generator → account", total.generated, accounted, *_account(runs, total)),
        Hop("producer → Kafka", sent, topic.records, _topic(total, topic)),
        Hop("Kafka → S3", sent, total.lines, *_objects(runs, total)),
        Hop("S3 → Athena", total.lines, total.rows, *_rows(runs, total, arrivals)),
        Hop("rows → events", total.acked, total.distinct, *_distinct(runs, total)),
    )


def _account(runs: Sequence[RunFigures], total: RunFigures) -> Judged:
    if not runs:
        return _plain(
            warn("The ledger has no run in this range.", "run the generator, or look further")
        )

    def difference(run: RunFigures) -> int:
        if run.is_open or run.is_failed:
            return 0
        return abs(run.generated - run.acked - run.rejected - run.unresolved)

    if wrong := _partings(runs, difference):
        return judged(
            fail,
            f"The account of {named(wrong)} does not add up to what was generated.",
            "read the generator's log of these runs",
            wrong,
        )
    if dead := _partings(runs, lambda run: run.is_dead and max(1, run.generated)):
        return judged(
            fail,
            f"{named(dead)} began and has no closing record: nobody knows what became of "
            f"{counted(dead):,} events.",
            f"look at the generator's log and dead letters; {again(_of(runs, dead))}",
            dead,
        )
    if failed := _partings(runs, lambda run: run.is_failed and max(1, run.generated)):
        return judged(
            fail,
            f"{named(failed)} ended by an error: some of its events may never have been sent.",
            f"read `error` in the ledger's closing record; {again(_of(runs, failed))}",
            failed,
        )
    if doubtful := _partings(runs, lambda run: run.unresolved):
        return judged(
            fail,
            f"Of {total.unresolved:,} events of {named(doubtful)} nobody knows whether Kafka has "
            "them.",
            again(_of(runs, doubtful)),
            doubtful,
        )
    if still_open := _partings(runs, lambda run: run.is_open and max(1, run.generated)):
        return judged(
            warn,
            f"{named(still_open)} has no closing record: it still runs, or it died.",
            "wait for its time-out, then look at the generator's log and dead letters",
            still_open,
        )
    if refused := _partings(runs, lambda run: run.rejected):
        return judged(
            warn,
            f"{total.rejected:,} events of {named(refused)} were rejected.",
            "read rejected_reasons in the ledger's closing record, and the quarantine",
            refused,
        )
    return _plain(ok(f"All {total.generated:,} generated events were acknowledged."))


def not_delivered(run: RunFigures) -> int:
    """Acknowledged records of the run that S3 lacks; 0 or less for none."""
    return run.sent_at_least - run.lines


def delivered_again(run: RunFigures) -> int:
    """Lines of the run that its attempts cannot have sent; 0 or less for none."""
    return run.lines - run.sent_at_most


def _topic(total: RunFigures, topic: TopicFigures) -> Verdict:
    if topic.records < total.sent_at_least:
        return fail(
            f"The topic took {total.sent_at_least - topic.records:,} records fewer than were "
            "acknowledged.",
            "see whether the topic was made anew since; if it was not, acknowledged data is lost",
        )
    others = topic.records - total.sent_at_most
    if others > 0:
        return ok(f"The topic took all of them, and {others:,} records of others.")
    return ok(f"The topic took {topic.records:,} records.")


def _objects(runs: Sequence[RunFigures], total: RunFigures) -> Judged:
    if late := _partings(runs, not_delivered, sent=True):
        return judged(
            fail,
            f"{counted(late):,} acknowledged events of {named(late)} are not in S3.",
            "wait for the delivery's buffer time and count again; then read the delivery's errors",
            late,
        )
    if extra := _partings(runs, delivered_again, sent=True):
        return judged(
            warn,
            f"The delivery wrote {counted(extra):,} lines of {named(extra)} again.",
            "nothing: queries count an event once; look for restarts of the delivery",
            extra,
        )
    return _plain(ok(f"{total.lines:,} lines in S3."))


def _rows(runs: Sequence[RunFigures], total: RunFigures, arrivals: Sequence[Arrival]) -> Judged:
    own = {run.run_id for run in runs}
    of_runs = [arrival for arrival in arrivals if arrival.run_id in own]
    if unseen := _by_hour(of_runs, lambda one: one.lines - one.rows):
        if all(_has_all_rows(arrivals, hour) for hour in {one.hour for one in unseen}):
            return _unread(runs, unseen)
        return judged(
            fail,
            f"{counted(unseen):,} lines of {named(unseen)} are not visible in Athena.",
            "start the crawler (`make crawl`): a new hour is visible after it; then count again",
            unseen,
        )
    if more := _by_hour(of_runs, lambda one: one.rows - one.lines):
        return judged(
            warn,
            f"Athena has {counted(more):,} rows of {named(more)} that the objects had not when "
            "they were counted.",
            "count again: data was still arriving",
            more,
        )
    if nameless := _by_hour([one for one in arrivals if not one.run_id], lambda one: one.lines):
        return judged(
            warn,
            f"{counted(nameless):,} lines of these hours hold no event id.",
            "copy them into quarantine (`python -m analysis scan`) and find their writer",
            nameless,
        )
    return _plain(ok(f"{total.rows:,} rows in Athena, one for each line."))


def _unread(runs: Sequence[RunFigures], unread: Sequence[Parting]) -> Judged:
    text = f"{counted(unread):,} lines of {named(unread)} are rows without an event id"
    incomplete = {run.run_id for run in runs if run.distinct < run.acked + run.recovered}
    if incomplete.isdisjoint(one.what for one in unread):
        action = "nothing: each of their events can be queried, as after a replay"
        return judged(warn, f"{text}.", action, unread)
    action = "find them with `python -m analysis scan`, then mend them with `replay`"
    return judged(fail, f"{text}: they are no whole events.", action, unread)


def _has_all_rows(arrivals: Iterable[Arrival], hour: str) -> bool:
    return sum(one.lines - one.rows for one in arrivals if one.hour == hour) <= 0


def _distinct(runs: Sequence[RunFigures], total: RunFigures) -> Judged:
    def too_many(run: RunFigures) -> int:
        if run.is_open or run.is_failed:
            return run.distinct - max(run.generated, run.sent_at_most)
        return run.distinct - min(run.generated, run.sent_at_most)

    def too_few(run: RunFigures) -> int:
        # what the hops above miss is named there
        lost_before = max(0, not_delivered(run)) + max(0, run.lines - run.rows)
        return run.acked + run.recovered - run.distinct - lost_before

    def copied(run: RunFigures) -> int:
        return run.rows - run.distinct - max(0, delivered_again(run))

    if fewer := _partings(runs, too_few):
        return judged(
            fail,
            f"{counted(fewer):,} acknowledged events of {named(fewer)} cannot be queried.",
            "others of the run are there twice instead: read the delivery's log of these hours",
            fewer,
        )
    if more := _partings(runs, too_many):
        return judged(
            fail,
            f"{named(more)} has {counted(more):,} more different events than it sent.",
            "look for another writer that uses the ids of this run",
            more,
        )
    if copies := _partings(runs, copied):
        return judged(
            warn,
            f"{counted(copies):,} rows of {named(copies)} are copies of events that are there "
            f"already, at most {total.max_copies:,} of one event.",
            "nothing: queries count an event once; their number tells of retries",
            copies,
        )
    return _plain(ok(f"{total.distinct:,} distinct events, no copies."))


def judged(
    level: Callable[[str, str], Verdict], text: str, action: str, partings: Sequence[Parting]
) -> Judged:
    """A verdict that names the hours of its partings, the numbers with them."""
    by_hour: Counter[str] = Counter()
    for parting in partings:
        by_hour[parting.hour] += parting.count
    hours = sorted(by_hour)
    shown = ", ".join(f"{hour} {by_hour[hour]:,}" for hour in hours[:SHOWN_HOURS])
    more = f" and {len(hours) - SHOWN_HOURS} hours more" if len(hours) > SHOWN_HOURS else ""
    return level(f"{text} By hour: {shown}{more}.", action), tuple(partings)


def counted(partings: Iterable[Parting]) -> int:
    """Their sum."""
    return sum(parting.count for parting in partings)


def named(partings: Iterable[Parting], kind: str = "run") -> str:
    """'run A', 'runs A, B, C and 7 more'."""
    names = list(dict.fromkeys(parting.what for parting in partings))
    more = f" and {len(names) - SHOWN_RUNS} more" if len(names) > SHOWN_RUNS else ""
    return f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names[:SHOWN_RUNS])}{more}"


def _of(runs: Iterable[RunFigures], partings: Iterable[Parting]) -> list[RunFigures]:
    wrong = {parting.what for parting in partings}
    return [run for run in runs if run.run_id in wrong]


def _plain(verdict: Verdict) -> Judged:
    return verdict, ()


def _partings(
    runs: Iterable[RunFigures], count: Callable[[RunFigures], int], *, sent: bool = False
) -> list[Parting]:
    """The runs that part, each in the hour of its window, or in that in which it was sent."""
    return [
        Parting(run.sent_hour if sent else run.hour, run.run_id, count(run))
        for run in runs
        if count(run) > 0
    ]


def _by_hour(arrivals: Iterable[Arrival], count: Callable[[Arrival], int]) -> list[Parting]:
    return [Parting(one.hour, one.run_id, count(one)) for one in arrivals if count(one) > 0]
