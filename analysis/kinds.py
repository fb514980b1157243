"""What can be wrong with the account: each kind of fault, what counts it, what is said of it."""

from __future__ import annotations

from collections.abc import Callable

from analysis.figures import RunFigures
from analysis.findings import Kind
from analysis.verdict import Level


def not_delivered(run: RunFigures) -> int:
    """Acknowledged records of the run that S3 lacks; 0 or less for none."""
    return run.sent_at_least - run.own_lines


def delivered_again(run: RunFigures) -> int:
    """Lines of the run that its attempts cannot have sent; 0 or less for none."""
    return run.own_lines - run.sent_at_most


def has_all_events(run: RunFigures) -> bool:
    """Whether each event that is known or may be acknowledged can be queried, by any attempt."""
    if run.is_open or run.is_failed:
        return False
    wanted = max(run.acked, run.generated - run.rejected) + run.recovered
    return run.own_distinct >= wanted


def _unbalanced(run: RunFigures) -> int:
    is_closed = not (run.is_open or run.is_failed)
    return is_closed * abs(run.generated - run.acked - run.rejected - run.unresolved)


def _unresolved(run: RunFigures) -> int:
    return 0 if run.is_failed else run.unresolved


def _lost_later(run: RunFigures) -> int:
    lost_before = max(0, not_delivered(run)) + max(0, run.lines - run.rows)
    return run.acked + run.recovered - run.own_distinct - lost_before


def _never_sent(run: RunFigures) -> int:
    if run.is_open or run.is_failed:
        return run.own_distinct - max(run.generated, run.sent_at_most)
    return run.own_distinct - min(run.generated, run.sent_at_most)


def _copies(run: RunFigures) -> int:
    # those that stand where a lost event should are named with it
    return run.rows - run.distinct - max(0, delivered_again(run)) - max(0, _lost_later(run))


# what counts a run's faults of a kind (0 or less for none), and the kind
Table = tuple[tuple[Callable[[RunFigures], int], Kind], ...]

ACCOUNT: Table = (
    (
        _unbalanced,
        Kind(
            "unbalanced",
            Level.FAIL,
            "The account of {names} does not add up to what was generated.",
            "read the generator's log of these runs",
        ),
    ),
    (
        lambda run: run.is_dead * max(1, run.generated),
        Kind(
            "dead",
            Level.FAIL,
            "{names} began and has no closing record: nobody knows what became of {count} events.",
            "look at the generator's log and dead letters; {again}",
        ),
    ),
    (
        lambda run: run.is_failed * max(1, run.generated),
        Kind(
            "failed",
            Level.FAIL,
            "{names} ended by an error: some of its events may never have been sent.",
            "read `error` in the ledger's closing record; {again}",
        ),
    ),
    (
        _unresolved,
        Kind(
            "unresolved",
            Level.FAIL,
            "Of {count} events of {names} nobody knows whether Kafka has them.",
            "{again}",
        ),
    ),
    (
        lambda run: (run.is_open and not run.is_dead) * max(1, run.generated),
        Kind(
            "open",
            Level.WARN,
            "{names} has no closing record: it still runs, or it died.",
            "wait for its time-out, then look at the generator's log and dead letters",
        ),
    ),
    (
        lambda run: run.rejected,
        Kind(
            "rejected",
            Level.WARN,
            "{count} events of {names} were rejected.",
            "read rejected_reasons in the ledger's closing record, and the quarantine",
        ),
    ),
)
LOST = Kind(
    "lost",
    Level.FAIL,
    "{count} acknowledged events of {names} are not in S3.",
    "wait for the delivery's buffer time and count again; then read the delivery's errors; to make "
    "it good: {again}",
)
MADE_GOOD = Kind(
    "made_good",
    Level.WARN,
    "{count} records of {names} did not arrive, but each of their events did by another attempt.",
    "nothing: each event can be queried; look at the delivery's errors of these hours",
)
AGAIN = Kind(
    "again",
    Level.WARN,
    "The delivery wrote {count} lines of {names} again.",
    "nothing: queries count an event once; look for restarts of the delivery",
)
NOT_VISIBLE = Kind(
    "not_visible",
    Level.FAIL,
    "{count} lines of {names} are not visible in Athena.",
    "start the crawler (`make crawl`): a new hour is visible after it; then count again",
)
UNREADABLE = Kind(
    "unreadable",
    Level.FAIL,
    "{count} lines of {names} are rows without an event id: they are no whole events.",
    "find them with `python -m analysis scan`, then mend them with `replay`",
)
MENDED = Kind(
    "mended",
    Level.WARN,
    "{count} lines of {names} are rows without an event id.",
    "nothing: each of their events can be queried, as after a replay",
)
ARRIVING = Kind(
    "arriving",
    Level.WARN,
    "Athena has {count} rows of {names} that the objects had not when they were counted.",
    "count again: data was still arriving",
)
NAMELESS = Kind(
    "nameless",
    Level.WARN,
    "{count} lines of these hours hold no event id.",
    "copy them into quarantine (`python -m analysis scan`) and find their writer",
)
EVENTS: Table = (
    (
        _lost_later,
        Kind(
            "lost",
            Level.FAIL,
            "{count} acknowledged events of {names} cannot be queried.",
            "others of the run are there twice instead: read the delivery's log of these hours",
        ),
    ),
    (
        lambda run: run.invented,
        Kind(
            "invented",
            Level.FAIL,
            "{names} has {count} events that it never generated.",
            "look for another writer that uses the ids of this run: their index is not below the "
            "run's `generated`",
        ),
    ),
    (
        _never_sent,
        Kind(
            "never_sent",
            Level.FAIL,
            "{names} has {count} more different events than it sent.",
            "look for another writer that uses the ids of this run",
        ),
    ),
    (
        _copies,
        Kind(
            "copies",
            Level.WARN,
            "{count} rows of {names} are copies of events that are there already, at most {most} "
            "of one event.",
            "nothing: queries count an event once; their number tells of retries",
        ),
    ),
)
