"""What is counted: a run at every hop, an hour of arrival, the topic. Judges nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from analysis.ledger import Run


@dataclass(frozen=True)
class Replayed:
    """How many events of a run replays wrote to the topic again.

    `acked` are the indices of those that are known to be there, `by_hour` how many replays that
    began in a UTC hour are known to have written.
    """

    by_hour: Mapping[str, int] = field(default_factory=dict)
    at_most: int = 0
    acked: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """One run at every hop, in events.

    `generated`, `acked`, `rejected` and `unresolved` are those of its deciding attempt; of the
    rejected `quarantined` are kept and `recovered` of these replays brought in, as far as known.
    `sent_at_least` and `sent_at_most` bound what all its attempts, and replays, wrote to the topic.
    `invented` are the different events in S3 that it never generated; 0 while nobody knows what it
    generated.
    `hour` is the last that its window touches, `sent_hour` that in which its last attempt began;
    `sent_by_hour` is `sent_at_least` by the hours in which attempts and replays began. `is_dead` is
    an open run that nobody waits for any more, `is_failed` one that an error ended. `payload` makes
    the run again under the same ids; None where no call can.
    """

    run_id: str
    hour: str
    sent_hour: str
    attempts: int
    is_open: bool
    is_dead: bool
    is_failed: bool
    generated: int
    acked: int
    rejected: int
    unresolved: int
    quarantined: int
    recovered: int
    sent_at_least: int
    sent_at_most: int
    sent_by_hour: Mapping[str, int]
    objects: int
    lines: int
    rows: int
    distinct: int
    invented: int
    max_copies: int
    payload: Mapping[str, object] | None

    @property
    def own_lines(self) -> int:
        """Lines that may be of events which the run generated."""
        return self.lines - self.invented

    @property
    def own_distinct(self) -> int:
        """Different events in Athena that the run may have generated."""
        return self.distinct - self.invented

    @classmethod
    def of(
        cls,
        run: Run,
        *,
        dead_before: datetime,
        quarantined: Set[int],
        delivered: Set[int],
        replayed: Replayed,
        objects: int,
        lines: int,
        rows: int,
        distinct: int,
        invented: int,
        max_copies: int,
    ) -> RunFigures:
        """The figures of a run of the ledger and what was counted of it elsewhere.

        `quarantined` are the indices of its rejected events that are kept, `delivered` those of
        them that are in S3 all the same.
        """
        sent = Counter(replayed.by_hour)
        for attempt in run.attempts:
            sent[hour_text(datetime.fromisoformat(attempt.started_at))] += attempt.acked
        return cls(
            run_id=run.run_id,
            hour=hour_text(run.window[1] - timedelta(microseconds=1)),
            sent_hour=hour_text(run.sent_at),
            attempts=len(run.attempts),
            is_open=run.is_open,
            is_dead=run.is_open and run.sent_at < dead_before,
            is_failed=run.is_failed,
            generated=run.deciding.generated,
            acked=run.deciding.acked,
            rejected=run.deciding.rejected,
            unresolved=run.deciding.unresolved,
            quarantined=len(quarantined),
            recovered=min(run.deciding.rejected, len(quarantined & (replayed.acked | delivered))),
            sent_at_least=sent.total(),
            sent_at_most=run.sent_at_most + replayed.at_most,
            sent_by_hour=dict(sorted(sent.items())),
            objects=objects,
            lines=lines,
            rows=rows,
            distinct=distinct,
            invented=invented,
            max_copies=max_copies,
            payload=run.payload,
        )

    @classmethod
    def total(cls, runs: Iterable[RunFigures]) -> RunFigures:
        """All runs as one; an object that holds lines of two runs counts for each."""
        every = list(runs)
        sent = sum((Counter(run.sent_by_hour) for run in every), Counter[str]())

        def add(figure: Callable[[RunFigures], int]) -> int:
            return sum(map(figure, every))

        return cls(
            run_id="all",
            hour="",
            sent_hour="",
            attempts=add(lambda run: run.attempts),
            is_open=any(run.is_open for run in every),
            is_dead=any(run.is_dead for run in every),
            is_failed=any(run.is_failed for run in every),
            generated=add(lambda run: run.generated),
            acked=add(lambda run: run.acked),
            rejected=add(lambda run: run.rejected),
            unresolved=add(lambda run: run.unresolved),
            quarantined=add(lambda run: run.quarantined),
            recovered=add(lambda run: run.recovered),
            sent_at_least=add(lambda run: run.sent_at_least),
            sent_at_most=add(lambda run: run.sent_at_most),
            sent_by_hour=dict(sorted(sent.items())),
            objects=add(lambda run: run.objects),
            lines=add(lambda run: run.lines),
            rows=add(lambda run: run.rows),
            distinct=add(lambda run: run.distinct),
            invented=add(lambda run: run.invented),
            max_copies=max((run.max_copies for run in every), default=0),
            payload=None,
        )


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What arrived of one run in one UTC hour; `run_id` is empty for lines without an event id.

    `first_copies` are rows that are the earliest of their event: over all hours its distinct ones.
    """

    hour: str
    run_id: str
    objects: int = 0
    lines: int = 0
    rows: int = 0
    first_copies: int = 0


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


def hour_text(moment: datetime) -> str:
    """The UTC hour as YYYY-MM-DDTHH."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H}"


def hour_after(hour: str) -> str:
    """The next UTC hour."""
    return hour_text(datetime.fromisoformat(f"{hour}+00:00") + timedelta(hours=1))


def hour_of_number(number: int) -> str:
    """The hour of a partition (YYYYMMDDHH) as YYYY-MM-DDTHH."""
    text = str(number)
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:]}"
