"""Checks beside the way of the events: the whole topic, the refused events, runs of strangers.

Each is judged only where what it needs is known; then it is one more hop of the account.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from analysis import aws, ledger, replays
from analysis.delivered import Delivered
from analysis.figures import Arrival, Replayed, RunFigures, TopicFigures, hour_of_number, hour_text
from analysis.findings import Kind, counted, judged
from analysis.hops import Hop
from analysis.kinds import has_all_events, not_delivered
from analysis.ledger import Run
from analysis.quarantine import read
from analysis.verdict import Level, fail, ok, warn
from handlers.contract import quarantine
from handlers.contract.limits import FIRST_YEAR, LAST_YEAR

NOT_KEPT = Kind(
    "not_kept",
    Level.FAIL,
    "{count} rejected events of {names} are not in quarantine.",
    "read the generator's log; to keep them, {again}",
)
UNKNOWN = Kind(
    "unknown",
    Level.WARN,
    "{count} lines belong to {names}, which the ledger lacks.",
    "nothing, if another writer may use the topic; else find it by these hours",
)


def drained(
    topic: TopicFigures,
    found: Delivered,
    arrivals: Iterable[Arrival],
    runs: Sequence[RunFigures],
    *,
    younger: Sequence[Run],
    meanwhile: Sequence[Run],
) -> Hop:
    """Does S3 hold as many lines as the topic ever took records? `found` is all of S3.

    What single `runs` lack or have twice is named at their own hop; `younger` runs may be under
    way. Runs that sent `meanwhile`, while this was counted, are in the one and not in the other. A
    line that is there twice, or that has no event id, may stand for a record that is lost: whether
    the topic has it too, as after a producer's resend, nobody can tell.
    """
    taken = topic.end_offset
    lines = found.all_lines - sum(found.lines[run.run_id] for run in meanwhile)
    under_way = sum(max(0, run.sent_at_most - found.lines[run.run_id]) for run in younger)
    under_way += sum(run.sent_at_most for run in meanwhile)
    lacking = [run for run in runs if not_delivered(run) > 0]
    named_missing = sum(map(not_delivered, lacking))
    # Lines under invented ids as well: they are named at their hop, those of the run at theirs.
    named_again = sum(max(0, run.lines - run.sent_at_most) for run in runs)
    doubles = _doubles(found, arrivals, [*runs, *younger, *meanwhile])
    missing = taken - lines - named_missing
    hidden = missing + doubles + found.nameless_lines
    never_taken = min(named_missing, -hidden)
    if missing > under_way:
        verdict = fail(
            f"{missing:,} of the {taken:,} records that the topic ever took are not in S3, besides "
            "those of the runs named above.",
            "wait for the delivery's buffer time and count again; then read the delivery's errors",
        )
    elif never_taken > 0:
        # another attempt may have made it good
        level = warn if all(map(has_all_events, lacking)) else fail
        verdict = level(
            f"At least {never_taken:,} of the {named_missing:,} acknowledged records that S3 lacks "
            f"were never in the topic: it took {taken:,} in all, and S3 holds {lines:,} lines. Or "
            "the topic was made anew, or S3 holds lines that it never took.",
            "see whether the topic was made anew; if it was not, read the brokers' logs: what they "
            "acknowledged is lost",
        )
    elif hidden > under_way:
        verdict = warn(
            f"{lines:,} lines for {taken:,} records, but up to {hidden:,} records that are not in "
            f"S3 may be hidden by doubles: {doubles:,} lines may be there again, "
            f"{found.nameless_lines:,} have no event id.",
            "read the delivery's errors; nothing, if it had none: then the topic took these lines "
            "too, as after a producer's resend",
        )
    elif missing < -named_again:
        condition = ", if it had all that S3 is said to lack above" if named_missing else ""
        verdict = warn(
            f"S3 holds {-missing - named_again:,} lines for which the topic took no record"
            f"{condition}: they are doubles, or never were its records.",
            "nothing, if the topic was made anew; else find who writes to the bucket",
        )
    elif missing > 0:
        verdict = ok(f"{missing:,} of {taken:,} records are under way, of runs that just ended.")
    else:
        besides = " but for what is named above" if named_missing or named_again else ""
        verdict = ok(f"Drained{besides}: {lines:,} lines for {taken:,} records.")
    return Hop("all Kafka → all S3", taken, lines, verdict)


def _doubles(
    found: Delivered, arrivals: Iterable[Arrival], runs: Iterable[RunFigures | Run]
) -> int:
    """The most lines that may be there again without a record of their own in the topic.

    Copies of one of these `runs` may be those of its attempts, as many as are known to be sent;
    of any other run nobody knows how often it was sent.
    """
    copies: Counter[str] = Counter()
    for one in arrivals:
        copies[one.run_id] += one.rows - one.first_copies
    sent = {run.run_id: run for run in runs}

    def of(run: str, lines: int) -> int:
        if run not in sent:
            return copies[run]
        beyond = lines - sent[run].sent_at_least
        return max(0, lines - sent[run].sent_at_most, min(copies[run], beyond))

    return sum(of(run, lines) for run, lines in found.lines.items())


def kept(runs: Sequence[RunFigures]) -> Hop:
    """Is every event that the producer refused in quarantine?"""
    rejected = sum(run.rejected for run in runs)
    found = sum(min(run.rejected, run.quarantined) for run in runs)
    lacking = NOT_KEPT.found(
        ((run.hour, run.run_id, run.rejected - run.quarantined) for run in runs), runs
    )
    verdict = judged(f"All {rejected:,} rejected events are in quarantine.", [lacking])
    return Hop("rejected → quarantine", rejected, found, *verdict)


def strangers(found: Delivered, unknown: Collection[str]) -> Hop:
    """Do all lines belong to runs of the ledger? `unknown` are the run ids that it lacks."""
    strange = UNKNOWN.found(
        (hour_of_number(hour), run, lines)
        for (hour, run), lines in sorted(found.lines_by_hour.items())
        if run in unknown
    )
    all_lines = found.lines.total()
    verdict = judged("Every line with an event id is of a known run.", [strange])
    return Hop("S3 → ledger", all_lines, all_lines - counted(strange.partings), *verdict)


def unknown_runs(s3: Any, bucket: str, found: Delivered, known: Iterable[str]) -> set[str]:
    """The run ids in S3 that are not among `known` nor in the ledger of their events' days.

    A run's window, after whose end its ledger is filed, holds its events and is no longer than a
    day. A day that is none, or of a year that no window is in, has no ledger.
    """
    others = set(found.lines) - set(known)
    texts = {text for run in others for text in found.event_days.get(run, ())}
    recorded: set[str] = set()
    for day in sorted(day for text in texts if (day := _day(text)) is not None):
        recorded |= ledger.run_ids(s3, bucket, day, day + timedelta(days=1))
    return others - recorded


def _day(text: str) -> datetime | None:
    """The UTC day YYYY-MM-DD; None where an event's text names none that a run can be of."""
    try:
        day = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def replayed(s3: Any, bucket: str, runs: Sequence[Run], now: datetime) -> dict[str, Replayed]:
    """What replays since the first of `runs` wrote of each run to the topic.

    The latest may still be under way. Raises what `replays.read` raises.
    """
    by_hour: dict[str, Counter[str]] = defaultdict(Counter)
    at_most: Counter[str] = Counter()
    acked: dict[str, set[int]] = defaultdict(set)
    since = min((run.started_at for run in runs), default=now)
    for batch in replays.read(s3, bucket, since):
        started_at = datetime.fromisoformat(batch.started_at)
        is_settled = started_at <= now - ledger.SETTLE
        for event, fate in batch.fates.items():
            if fate in (replays.ACKED, replays.UNRESOLVED):
                at_most[event[:16]] += 1
                if is_settled and fate == replays.ACKED:
                    by_hour[event[:16]][hour_text(started_at)] += 1
                    acked[event[:16]].add(int(event[17:]))
    return {run: Replayed(by_hour[run], at_most[run], frozenset(acked[run])) for run in at_most}


def last_replay(s3: Any, bucket: str, runs: Sequence[Run]) -> datetime | None:
    """When events of `runs` were last replayed. Raises what `replays.read` raises."""
    names = {run.run_id for run in runs}
    since = min((run.started_at for run in runs), default=None)
    if since is None:
        return None
    return max(
        (
            datetime.fromisoformat(batch.started_at)
            for batch in replays.read(s3, bucket, since)
            if not names.isdisjoint(event[:16] for event in batch.fates)
        ),
        default=None,
    )


def quarantined(s3: Any, bucket: str, runs: Sequence[Run]) -> dict[str, set[int]]:
    """The indices of the events of each run that the generator keeps in quarantine.

    Asks only for runs with rejected events. Raises AnalysisError (E_QUARANTINE_OBJECT).
    """
    found: dict[str, set[int]] = defaultdict(set)
    for run in runs:
        if any(attempt.rejected for attempt in run.attempts):
            day = quarantine.day_prefix(f"{run.started_at:%Y-%m-%d}")
            prefix = f"{day}{quarantine.STAGE_PRODUCER}-{run.run_id}-"
            keys = aws.keys(s3, bucket, prefix)
            for key in keys:
                for one in read(s3, bucket, key):
                    if one.event_index is not None:
                        found[run.run_id].add(one.event_index)
    return found
