"""`python -m analysis reconcile|report|scan|replay`: a stack's account, and its quarantine.

Exit codes: 0 every figure agrees or is explained, 1 a finding (the verdict is FAIL, lines are
malformed, records stay in quarantine), 2 wrong use, 3 wrong data, 4 something that this depends on
failed, 5 denied, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis import (
    gathering,
    ledger,
    notebook,
    outputs,
    pauses,
    quarantine_commands,
    reconciliation,
    report,
    scope,
    statement,
)
from analysis.command_line import CommandLine, moment, of_file, say
from analysis.errors import AnalysisError
from analysis.reconciliation import Account
from analysis.verdict import Level, Verdict

INTERRUPTED = 130
FILE_UNUSABLE = 4


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code and writes errors as one line on standard error."""
    given = _parser().parse_args(arguments)
    try:
        if given.command in quarantine_commands.COMMANDS:
            return quarantine_commands.run(given, outputs.load(given.stack))
        verdict = _report(given) if given.command == "report" else _reconcile(given)
    except AnalysisError as error:
        print(json.dumps(error.as_json()) if given.json else error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        line = of_file(error, "a folder that you may write to", "name another with --folder")
        print(line, file=sys.stderr)
        return FILE_UNUSABLE
    return 1 if verdict.level is Level.FAIL else 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandLine(prog="python -m analysis", description=__doc__)
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="reconcile|report|scan|replay"
    )
    for name, text in (
        ("reconcile", "compare what was generated with what can be queried, hop by hop"),
        ("report", "reconcile, verify, run the notebook and write all as pages into a folder"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--stack", required=True, help="the Pulumi stack, e.g. local or dev")
        command.add_argument(
            "--run", action="append", default=[], metavar="RUN_ID", help="only this run; repeatable"
        )
        begin = command.add_mutually_exclusive_group()
        begin.add_argument(
            "--since-hours", type=_hours, default=24.0, metavar="H", help="look back so far (24)"
        )
        begin.add_argument("--from", type=moment, metavar="T", help="windows that end from T on")
        command.add_argument("--to", type=moment, metavar="T", help="windows that end until T")
        command.add_argument(
            "--settle-minutes",
            type=_minutes,
            default=ledger.SETTLE.total_seconds() / 60,
            metavar="M",
            help="without --to and --run: leave out runs that ended less than this ago (20)",
        )
        command.add_argument(
            "--pause",
            action="append",
            type=pauses.parse,
            default=[],
            metavar="HH:MM-HH:MM",
            help="each day, UTC, no tick is due then: a pause of the schedule is meant; repeatable",
        )
        command.add_argument("--json", action="store_true", help="print one JSON object")
        if name == "report":
            command.add_argument("--folder", type=Path, default=Path(".local/report"))
    quarantine_commands.add(commands)
    return parser


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= 24 * 366:
        raise argparse.ArgumentTypeError(f"{text} is out of range; expected 0 < H <= 8784")
    return hours


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 <= minutes <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text} is out of range; expected 0 <= M <= 1440")
    return minutes


def _account(given: argparse.Namespace, found: dict[str, object]) -> Account:
    since = getattr(given, "from") or datetime.now(UTC) - timedelta(hours=given.since_hours)
    return reconciliation.reconcile(
        found,
        given.run,
        since=since,
        until=given.to,
        settle=timedelta(minutes=given.settle_minutes),
        pauses=given.pause,
    )


def _reconcile(given: argparse.Namespace) -> Verdict:
    account = _account(given, outputs.load(given.stack))
    if given.json:
        say(json.dumps(statement.as_json(account), indent=2))
    else:
        say(statement.as_text(account))
    return account.verdict


def _report(given: argparse.Namespace) -> Verdict:
    given.folder.mkdir(parents=True, exist_ok=True)  # where it cannot be: before all else
    scope.named(given.run)
    found = outputs.load(given.stack)
    outputs.need(found, gathering.NEEDED, given.stack)  # before minutes of counting
    account = _account(given, found)
    parameters = gathering.notebook_parameters(given.stack, account.scope)
    page = notebook.execute(gathering.NOTEBOOK, given.folder, **parameters)
    facts = gathering.facts(
        given.stack, found, account, notebook=page, endpoint=os.environ.get("AWS_ENDPOINT_URL")
    )
    path = report.write(given.folder, facts)
    if given.json:
        say(json.dumps({**statement.as_json(account), "report": str(path)}, indent=2))
    else:
        say(f"{facts.verdict}\n{path}")
    return facts.verdict


if __name__ == "__main__":
    sys.exit(main())
