"""Gathers what a report tells of an account: its verification, where everything is, what to try."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analysis import athena, queries, verification
from analysis.reconciliation import Account
from analysis.report import Command, Facts, Step
from analysis.scope import ARRIVAL_MARGIN, Scope, of_events

NOTEBOOK = "are_the_events_real"
# What a report needs of the outputs besides what every command does.
NEEDED = ("ledger_location", "bootstrap_brokers")


def facts(
    stack: str,
    outputs: Mapping[str, Any],
    account: Account,
    *,
    steps: Sequence[Step] = (),
    notebook: Path | None = None,
    endpoint: str | None = None,
) -> Facts:
    """The facts of a report on `account`; `endpoint` is given where the stack is a laptop's.

    Asks Athena the questions of the verification; raises what `Athena.frame` raises.
    """
    return Facts(
        stack=stack,
        finished_at=datetime.now(UTC),
        account=account,
        verification=verification.verify(athena.connect(outputs), asked(account.scope)),
        steps=steps,
        places=places(outputs, endpoint),
        commands=commands(outputs, endpoint),
        notebook=notebook,
    )


def asked(scope: Scope) -> Scope:
    """`scope` in whole hours before its end, as the notebook asks."""
    start = scope.event_until - timedelta(hours=_hours(scope))
    return of_events(start, scope.event_until, scope.runs, now=_arrived_until(scope))


def notebook_parameters(stack: str, scope: Scope, reuse_minutes: int = 0) -> dict[str, Any]:
    """Parameters with which the notebook asks the report's own questions again."""
    return {
        "stack": stack,
        "hours": _hours(scope),
        "until": scope.event_until.isoformat(),
        "arrived_until": _arrived_until(scope).isoformat(),
        "runs": ",".join(scope.runs),
        "reuse_minutes": reuse_minutes,
    }


def _arrived_until(scope: Scope) -> datetime:
    return scope.arrival_until - ARRIVAL_MARGIN


def _hours(scope: Scope) -> int:
    return math.ceil((scope.event_until - scope.event_from).total_seconds() / 3600)


def places(outputs: Mapping[str, Any], endpoint: str | None) -> list[tuple[str, str]]:
    """(what, where) of all that a user may want to open."""
    first = [("Endpoint", endpoint)] if endpoint else []
    tables, functions = outputs["tables"], outputs["function_names"]
    return [
        *first,
        ("Region", outputs["region"]),
        ("Raw events", f"s3://{outputs['data_bucket']}/telemetry/"),
        ("Ledger", outputs["ledger_location"]),
        ("Query results", outputs["results_location"]),
        ("Table of events", tables["events"]),
        ("Table of titles", tables["titles"]),
        ("Table of customers", tables["customers"]),
        ("Workgroup", outputs["workgroup"]),
        ("Topic", outputs["topic"]),
        ("Brokers", outputs["bootstrap_brokers"]),
        ("Delivery stream", outputs["delivery_stream"]),
        # a stack with partition projection has no crawler
        *([("Crawler", outputs["crawler"])] if outputs.get("crawler") else []),
        ("Functions", ", ".join(functions.values())),
    ]


def commands(outputs: Mapping[str, Any], endpoint: str | None) -> list[Command]:
    """The commands to try, as a shell takes them."""
    region = outputs["region"]
    join = queries.load("events_with_titles").statement(outputs["tables"])
    statement = "\n".join(line for line in join.splitlines() if not line.startswith("--"))
    query = statement.replace("\n", "\n                  ").strip()
    own = [
        Command(
            "Generate 100 test events (AWS CLI 1: leave `--cli-binary-format …` out)",
            f"aws lambda invoke --function-name {outputs['function_names']['generator']} \\\n"
            '  --payload \'{"test": true, "batch_size": 100}\' \\\n'
            "  --cli-binary-format raw-in-base64-out /tmp/test.json \\\n"
            f"  --region {region}",
        ),
        Command(
            "Verify real ids (then `aws athena get-query-results --query-execution-id …`)",
            f'aws athena start-query-execution \\\n  --query-string "{query}" \\\n'
            f'  --query-execution-context "Database={outputs["databases"]["telemetry"]}" \\\n'
            f'  --result-configuration "OutputLocation={outputs["results_location"]}" \\\n'
            f"  --region {region}",
        ),
    ]
    if endpoint is None:
        if not outputs.get("crawler"):
            return own
        crawl = f"aws glue start-crawler --name {outputs['crawler']} --region {region}"
        return [*own, Command("Make a new hour visible at once", crawl)]
    return [
        Command("First: point your tools at this laptop", 'eval "$(make env)"'),
        *own,
        Command("See what runs and what arrived", "make status"),
        Command("Make a new hour visible at once", "make crawl"),
        Command("Stop everything", "make down"),
    ]
