"""Judges an account: where two neighbouring figures part, by how much, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.ledger import Run
from analysis.verdict import Verdict, fail, ok, warn

SHOWN_RUNS = 3


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """One run at every hop, in events.

    `generated`, `acked`, `rejected` and `unresolved` are those of its last attempt;
    `sent_at_least` and `sent_at_most` bound what all its attempts wrote to the topic.
    """

    run_id: str
    attempts: int
    is_open: bool
    generated: int
    acked: int
    rejected: int
    unresolved: int
    sent_at_least: int
    sent_at_most: int
    objects: int
    lines: int
    rows: int
    distinct: int

    @classmethod
    def of(cls, run: Run, *, objects: int, lines: int, rows: int, distinct: int) -> RunFigures:
        """The figures of a run of the ledger and what was counted of it behind the topic."""
        return cls(
            run_id=run.run_id,
            attempts=len(run.attempts),
            is_open=run.is_open,
            generated=run.last.generated,
            acked=run.last.acked,
            rejected=run.last.rejected,
            unresolved=run.last.unresolved,
            sent_at_least=run.sent_at_least,
            sent_at_most=run.sent_at_most,
            objects=objects,
            lines=lines,
            rows=rows,
            distinct=distinct,
        )

    @classmethod
    def total(cls, runs: Iterable[RunFigures]) -> RunFigures:
        """All runs as one; an object that holds lines of two runs counts for each."""
        every = list(runs)

        def add(figure: Callable[[RunFigures], int]) -> int:
            return sum(map(figure, every))

        return cls(
            run_id="all",
            attempts=add(lambda run: run.attempts),
            is_open=any(run.is_open for run in every),
            generated=add(lambda run: run.generated),
            acked=add(lambda run: run.acked),
            rejected=add(lambda run: run.rejected),
            unresolved=add(lambda run: run.unresolved),
            sent_at_least=add(lambda run: run.sent_at_least),
            sent_at_most=add(lambda run: run.sent_at_most),
            objects=add(lambda run: run.objects),
            lines=add(lambda run: run.lines),
            rows=add(lambda run: run.rows),
            distinct=add(lambda run: run.distinct),
        )


@dataclass(frozen=True)
class TopicFigures:
    """The topic: `records` taken since a known point, `expired` ones of all, and its partitions."""

    partitions: int
    records: int
    expired: int
    end_offset: int

    @classmethod
    def of(cls, partitions: Sequence[Mapping[str, int]], records_before: int) -> TopicFigures:
        """From [{"partition", "begin", "end"}] and the end offset known from before."""
        end = sum(partition["end"] for partition in partitions)
        expired = sum(partition["begin"] for partition in partitions)
        return cls(len(partitions), end - records_before, expired, end)


@dataclass(frozen=True)
class Hop:
    """From one stage to the next: what should have come, what came, and the judgement."""

    name: str
    expected: int
    found: int
    verdict: Verdict


def hops(runs: Sequence[RunFigures], topic: TopicFigures, nameless_lines: int) -> tuple[Hop, ...]:
    """Every hop, judged; a run that stands wrong at one hop is named there."""
    total = RunFigures.total(runs)
    return (
        Hop(
            "generator → account",
            total.generated,
            total.acked + total.rejected + total.unresolved,
            _account(runs, total),
        ),
        Hop("producer → Kafka", total.sent_at_least, topic.records, _topic(total, topic)),
        Hop("Kafka → S3", total.sent_at_least, total.lines, _objects(runs, total)),
        Hop("S3 → Athena", total.lines, total.rows, _rows(runs, total, nameless_lines)),
        Hop("rows → events", total.acked, total.distinct, _distinct(runs, total)),
    )


def _account(runs: Sequence[RunFigures], total: RunFigures) -> Verdict:
    if not runs:
        return warn("The ledger has no run in this range.", "run the generator, or look further")
    if wrong := [r for r in runs if r.generated != r.acked + r.rejected + r.unresolved]:
        return fail(
            f"The account of {_named(wrong)} does not add up to what was generated.",
            "read the generator's log of these runs",
        )
    if still_open := [run for run in runs if run.is_open]:
        return warn(
            f"{_named(still_open)} has no closing record: it still runs, or it died.",
            "wait for its time-out, then look at the generator's log and dead letters",
        )
    if total.unresolved:
        doubtful = [run for run in runs if run.unresolved]
        return fail(
            f"Of {total.unresolved:,} events of {_named(doubtful)} nobody knows whether Kafka has "
            "them.",
            "invoke the generator again with the run's own payload: the ids stay the same",
        )
    if total.rejected:
        refused = [run for run in runs if run.rejected]
        return warn(
            f"{total.rejected:,} events of {_named(refused)} were rejected.",
            "read rejected_reasons in the ledger's closing record",
        )
    return ok(f"All {total.generated:,} generated events were acknowledged.")


def _topic(total: RunFigures, topic: TopicFigures) -> Verdict:
    missing = total.sent_at_least - topic.records
    if missing > 0:
        return fail(
            f"The topic took {missing:,} records fewer than were acknowledged.",
            "check whether the topic was made anew since; if it was not, acknowledged data is lost",
        )
    others = topic.records - total.sent_at_most
    if others > 0:
        return ok(f"The topic took all of them, and {others:,} records of others.")
    return ok(f"The topic took {topic.records:,} records.")


def _objects(runs: Sequence[RunFigures], total: RunFigures) -> Verdict:
    if late := [run for run in runs if run.lines < run.sent_at_least]:
        missing = sum(run.sent_at_least - run.lines for run in late)
        return fail(
            f"{missing:,} acknowledged events of {_named(late)} are not in S3.",
            "wait for the delivery's buffer time and count again; then read the delivery's errors",
        )
    if extra := [run for run in runs if run.lines > run.sent_at_most]:
        copies = sum(run.lines - run.sent_at_most for run in extra)
        return warn(
            f"The delivery wrote {copies:,} lines of {_named(extra)} again.",
            "nothing: queries count an event once; look for restarts of the delivery",
        )
    return ok(f"{total.lines:,} lines in S3.")


def _rows(runs: Sequence[RunFigures], total: RunFigures, nameless_lines: int) -> Verdict:
    if unseen := [run for run in runs if run.rows < run.lines]:
        missing = sum(run.lines - run.rows for run in unseen)
        return fail(
            f"{missing:,} lines of {_named(unseen)} are not visible in Athena.",
            "start the crawler (`make crawl`): a new hour is visible after it; then count again",
        )
    if more := [run for run in runs if run.rows > run.lines]:
        return warn(
            f"Athena has {sum(run.rows - run.lines for run in more):,} rows of {_named(more)} that "
            "the objects had not when they were counted.",
            "count again: data was still arriving",
        )
    if nameless_lines:
        return warn(
            f"{nameless_lines:,} lines of these hours hold no event id.",
            "run rows_by_partition and find their writer",
        )
    return ok(f"{total.rows:,} rows in Athena, one for each line.")


def _distinct(runs: Sequence[RunFigures], total: RunFigures) -> Verdict:
    if fewer := [run for run in runs if run.distinct < run.acked]:
        missing = sum(run.acked - run.distinct for run in fewer)
        return fail(
            f"{missing:,} acknowledged events of {_named(fewer)} cannot be queried.",
            "see the first hop above that fails",
        )
    if more := [run for run in runs if run.distinct > run.generated - run.rejected]:
        return fail(
            f"{_named(more)} has more different events than it generated.",
            "look for another writer that uses the ids of this run",
        )
    copies = total.rows - total.distinct
    if copies:
        return warn(
            f"{copies:,} rows are copies of events that are there already.",
            "nothing: queries count an event once; their number tells of retries",
        )
    return ok(f"{total.distinct:,} distinct events, no copies.")


def _named(runs: Sequence[RunFigures]) -> str:
    """'run A', 'runs A, B and 7 more'."""
    names = ", ".join(run.run_id for run in runs[:SHOWN_RUNS])
    more = f" and {len(runs) - SHOWN_RUNS} more" if len(runs) > SHOWN_RUNS else ""
    return f"run{'s' if len(runs) > 1 else ''} {names}{more}"
