"""Judges an account: where two neighbouring figures part, by how much, and what to do about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis import kinds, losses
from analysis.figures import Arrival, RunFigures, TopicFigures
from analysis.findings import Finding, Judged, Kind, Parting, judged
from analysis.verdict import Verdict, fail, ok, warn


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
        Hop("Kafka → S3", sent, total.lines, *_objects(runs, total, arrivals)),
        Hop("S3 → Athena", total.lines, total.rows, *_rows(runs, total, arrivals)),
        Hop("rows → events", total.acked, total.distinct, *_distinct(runs, total)),
    )


def _account(runs: Sequence[RunFigures], total: RunFigures) -> Judged:
    if not runs:
        verdict = warn("The ledger has no run in this range.", "run the generator, or look further")
        return verdict, ()
    well = f"All {total.generated:,} generated events were acknowledged."
    return judged(well, _found(kinds.ACCOUNT, runs))


def _topic(total: RunFigures, topic: TopicFigures) -> Verdict:
    if topic.records < total.sent_at_least:
        return fail(
            f"The topic took {total.sent_at_least - topic.records:,} records fewer than were "
            "acknowledged.",
            "see whether the topic was made anew since; if it was not, acknowledged data is lost",
        )
    others = topic.records - total.sent_at_most
    more = f", and {others:,} more than these runs can have sent" if others > 0 else ""
    return ok(
        f"The topic took {topic.records:,} records, at least as many as were acknowledged{more}."
    )


def _objects(runs: Sequence[RunFigures], total: RunFigures, arrivals: Sequence[Arrival]) -> Judged:
    arrived: dict[str, dict[str, int]] = defaultdict(dict)
    for one in arrivals:
        arrived[one.run_id][one.hour] = one.lines

    def lost(kind: Kind, *, has_all: bool) -> Finding:
        parted = (
            (hour, run.run_id, count)
            for run in runs
            if kinds.has_all_events(run) == has_all
            for hour, count in losses.by_hour(
                run, arrived[run.run_id], kinds.not_delivered(run)
            ).items()
        )
        return kind.found(parted, runs)

    again = ((run.sent_hour, run.run_id, kinds.delivered_again(run)) for run in runs)
    return judged(
        f"{total.lines:,} lines in S3.",
        (
            lost(kinds.LOST, has_all=False),
            lost(kinds.MADE_GOOD, has_all=True),
            kinds.AGAIN.found(again),
        ),
    )


def _rows(runs: Sequence[RunFigures], total: RunFigures, arrivals: Sequence[Arrival]) -> Judged:
    known = {run.run_id for run in runs}
    incomplete = {run.run_id for run in runs if run.own_distinct < run.acked + run.recovered}
    own = [one for one in arrivals if one.run_id in known]
    unseen: Counter[str] = Counter()
    for one in arrivals:
        unseen[one.hour] += one.lines - one.rows

    def fewer(kind: Kind, *, is_visible: bool, of: set[str]) -> Finding:
        hours = [one for one in own if (unseen[one.hour] <= 0) == is_visible and one.run_id in of]
        return kind.found((one.hour, one.run_id, one.lines - one.rows) for one in hours)

    return judged(
        f"{total.rows:,} rows in Athena, one for each line.",
        (
            fewer(kinds.NOT_VISIBLE, is_visible=False, of=known),
            fewer(kinds.UNREADABLE, is_visible=True, of=incomplete),
            fewer(kinds.MENDED, is_visible=True, of=known - incomplete),
            kinds.ARRIVING.found((one.hour, one.run_id, one.rows - one.lines) for one in own),
            kinds.NAMELESS.found((one.hour, "", one.lines) for one in arrivals if not one.run_id),
        ),
    )


def _distinct(runs: Sequence[RunFigures], total: RunFigures) -> Judged:
    return judged(f"{total.distinct:,} distinct events, no copies.", _found(kinds.EVENTS, runs))


def _found(table: kinds.Table, runs: Sequence[RunFigures]) -> Iterator[Finding]:
    """The findings of a table's kinds, each run in the hour of its window."""
    for count, kind in table:
        yield kind.found(((run.hour, run.run_id, count(run)) for run in runs), runs)
