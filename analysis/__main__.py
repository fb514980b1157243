"""`python -m analysis reconcile|report`: the account of a stack's runs, as text, JSON or a page.

Exit codes: 0 every figure agrees or is explained, 1 the verdict is FAIL, 2 wrong use, 3 wrong data,
4 something that this depends on failed, 5 denied, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis import gathering, notebook, outputs, reconciliation, report
from analysis.command_line import CommandLine, of_file
from analysis.errors import AnalysisError
from analysis.reconciliation import Account
from analysis.verdict import Level, Verdict

INTERRUPTED = 130
FILE_UNUSABLE = 4


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code and writes errors as one line on standard error."""
    given = _parser().parse_args(arguments)
    try:
        verdict = _report(given) if given.command == "report" else _reconcile(given)
    except AnalysisError as error:
        shown = json.dumps({"error": {"code": error.code, "message": str(error)}})
        print(shown if given.json else error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read has left; keep the interpreter from flushing into the closed pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        line = of_file(error, "a folder that you may write to", "name another with --folder")
        print(line, file=sys.stderr)
        return FILE_UNUSABLE
    return 1 if verdict.level is Level.FAIL else 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandLine(prog="python -m analysis", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="reconcile|report")
    for name, text in (
        ("reconcile", "compare what was generated with what can be queried, hop by hop"),
        ("report", "reconcile, verify, run the notebook and write all as pages into a folder"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--stack", required=True, help="the Pulumi stack, e.g. local or dev")
        command.add_argument(
            "--run", action="append", default=[], metavar="RUN_ID", help="only this run; repeatable"
        )
        command.add_argument(
            "--since-hours", type=_hours, default=24.0, metavar="H", help="look back so far (24)"
        )
        command.add_argument("--json", action="store_true", help="print one JSON object")
        if name == "report":
            command.add_argument("--folder", type=Path, default=Path(".local/report"))
    return parser


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= 24 * 366:
        raise argparse.ArgumentTypeError(f"{text} is out of range; expected 0 < H <= 8784")
    return hours


def _account(given: argparse.Namespace, found: dict[str, object]) -> Account:
    since = datetime.now(UTC) - timedelta(hours=given.since_hours)
    return reconciliation.reconcile(found, given.run, since=since)


def _reconcile(given: argparse.Namespace) -> Verdict:
    account = _account(given, outputs.load(given.stack))
    if given.json:
        print(json.dumps(_as_json(account), indent=2))
    else:
        print(_as_text(account), flush=True)
    return account.verdict


def _report(given: argparse.Namespace) -> Verdict:
    given.folder.mkdir(parents=True, exist_ok=True)  # where it cannot be: before all else
    found = outputs.load(given.stack)
    account = _account(given, found)
    parameters = gathering.notebook_parameters(given.stack, account.scope)
    page = notebook.execute(gathering.NOTEBOOK, given.folder, **parameters)
    facts = gathering.facts(
        given.stack, found, account, notebook=page, endpoint=os.environ.get("AWS_ENDPOINT_URL")
    )
    path = report.write(given.folder, facts)
    if given.json:
        print(json.dumps({**_as_json(account), "report": str(path)}, indent=2))
    else:
        print(f"{facts.verdict}\n{path}", flush=True)
    return facts.verdict


def _as_json(account: Account) -> dict[str, object]:
    return {
        "taken_at": account.taken_at.isoformat(),
        "verdict": {**asdict(account.verdict), "level": account.verdict.level.name},
        "runs": [asdict(run) for run in account.runs],
        "total": asdict(account.total),
        "topic": asdict(account.topic),
        "nameless_lines": account.nameless_lines,
        "hops": [
            {**asdict(hop), "verdict": {**asdict(hop.verdict), "level": hop.verdict.level.name}}
            for hop in account.hops
        ],
    }


def _as_text(account: Account) -> str:
    total = account.total
    lines = [
        f"{len(account.runs)} runs: {total.generated:,} generated, {total.acked:,} acked, "
        f"{total.rejected:,} rejected, {total.unresolved:,} unresolved; "
        f"{total.lines:,} lines in {total.objects:,} objects; "
        f"{total.rows:,} rows, {total.distinct:,} distinct"
    ]
    lines += [f"  {hop.name:<20} {hop.verdict}" for hop in account.hops]
    return "\n".join([*lines, str(account.verdict)])


if __name__ == "__main__":
    sys.exit(main())
