"""The account of runs, hop by hop: generated, acked, in Kafka, in S3, in Athena, distinct.

Gathers the figures; `analysis.hops` judges them. The ledger, the topic, the objects and the table
are each counted by their own means, so that no hop can vouch for itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import boto3

from analysis import athena, delivered, ledger
from analysis.errors import AnalysisError
from analysis.hops import Hop, RunFigures, TopicFigures, hops
from analysis.scope import Scope
from analysis.verdict import Verdict, overall

DEFAULT_SINCE = timedelta(hours=24)


@dataclass(frozen=True)
class Account:
    """What was found of some runs. `topic` speaks of all that the topic ever took, not of the runs.

    `nameless_lines` are lines of the arrival range without an event id, of whatever run.
    """

    runs: tuple[RunFigures, ...]
    topic: TopicFigures
    scope: Scope
    nameless_lines: int
    taken_at: datetime

    @cached_property
    def total(self) -> RunFigures:
        """The figures of all runs, summed."""
        return RunFigures.total(self.runs)

    @cached_property
    def hops(self) -> tuple[Hop, ...]:
        """The hops in the order in which the data flows."""
        return hops(self.runs, self.topic, self.nameless_lines)

    @property
    def verdict(self) -> Verdict:
        """The first of the worst hops, or that all agree."""
        return overall(
            (hop.verdict for hop in self.hops),
            f"Every event is accounted for: {self.total.generated:,} generated, "
            f"{self.total.distinct:,} distinct in Athena.",
        )


def reconcile(
    outputs: Mapping[str, Any],
    run_ids: Sequence[str] = (),
    *,
    since: datetime | None = None,
    now: datetime | None = None,
    topic_records_before: int = 0,
) -> Account:
    """Count the runs at every hop.

    Without `run_ids` all runs whose window ends since `since` (24 h before `now`).
    `topic_records_before` is what the topic held before the first of them, where that is known.
    Raises AnalysisError: E_RUN_UNKNOWN, E_LEDGER_RECORD, E_OBJECT_BROKEN, E_DESCRIBE_TOPIC and
    those of `Athena.frame`.
    """
    now = now or datetime.now(UTC)
    since = since or now - DEFAULT_SINCE
    s3 = _client(outputs, "s3")
    bucket = outputs["data_bucket"]
    known = ledger.runs(s3, bucket, since, now, tuple(run_ids))
    scope = _scope(known, now)
    topic = describe_topic(outputs, topic_records_before)
    found = delivered.count(s3, bucket, scope.arrival_from, scope.arrival_until)
    rows = athena.connect(outputs).frame("rows_by_run", **scope.events)
    in_athena = {
        row["run_id"]: (row["raw_rows"], row["distinct_events"])
        for row in rows.to_dict(orient="records")
    }
    return Account(
        runs=tuple(
            RunFigures.of(
                run,
                objects=found.objects[run.run_id],
                lines=found.lines[run.run_id],
                rows=in_athena.get(run.run_id, (0, 0))[0],
                distinct=in_athena.get(run.run_id, (0, 0))[1],
            )
            for run in known
        ),
        topic=topic,
        scope=scope,
        nameless_lines=found.nameless_lines,
        taken_at=now,
    )


def describe_topic(outputs: Mapping[str, Any], records_before: int = 0) -> TopicFigures:
    """The topic's offsets as the producer function reports them, from inside the network.

    Raises AnalysisError (E_DESCRIBE_TOPIC).
    """
    reply = _client(outputs, "lambda").invoke(
        FunctionName=outputs["function_names"]["producer"],
        Payload=json.dumps({"describe_topic": True}).encode(),
    )
    body = json.loads(reply["Payload"].read())
    if reply.get("FunctionError") or not isinstance(body, dict) or "partitions" not in body:
        problem = body.get("error", body) if isinstance(body, dict) else {"message": body}
        reason = problem.get("message") or problem.get("errorMessage") or problem
        raise AnalysisError(
            "E_DESCRIBE_TOPIC",
            f"{outputs['function_names']['producer']} did not describe {outputs['topic']}: "
            f"{str(reason)[:200]}",
            "read the producer's log; is the broker up?",
            exit_code=4,
        )
    return TopicFigures.of(body["partitions"], records_before)


def _client(outputs: Mapping[str, Any], service: str) -> Any:
    """A client in a session of its own: boto3's shared one keeps an earlier environment."""
    session: Any = boto3.session.Session(region_name=outputs["region"])
    return session.client(service)


def _scope(runs: Sequence[ledger.Run], now: datetime) -> Scope:
    """All events of the runs, whenever they arrived; a day wider than their windows."""
    event_from = min((run.window[0] for run in runs), default=now) - DEFAULT_SINCE
    event_until = max((run.window[1] for run in runs), default=now) + DEFAULT_SINCE
    started = min((run.started_at for run in runs), default=now - DEFAULT_SINCE)
    return Scope(
        event_from=event_from,
        event_until=event_until,
        arrival_from=started - timedelta(hours=1),
        arrival_until=now + timedelta(hours=1),
        runs=tuple(run.run_id for run in runs),
    )
