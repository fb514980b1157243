"""The commands `scan` and `replay`: their arguments, and what they print."""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from analysis import aws, replay, scan
from analysis.command_line import moment, say
from analysis.delivered import MEND
from analysis.errors import AnalysisError, shown
from analysis.quarantine import Hours, Quarantine
from analysis.replay import Replay
from analysis.scan import Scan

COMMANDS: Mapping[str, str] = {
    "scan": "find delivered lines that are no events, and copy them into quarantine",
    "replay": "send quarantined records again, mended where that guesses nothing",
}
_REASON = re.compile(r"E_[A-Z_]{1,40}")


def add(commands: Any) -> None:
    """Add both commands to the parser's sub-commands."""
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text}; whole hours, UTC")
        command.add_argument("--stack", required=True, help="the Pulumi stack, e.g. local or dev")
        for option, what in (("--from", "begin"), ("--to", "end")):
            command.add_argument(
                option,
                dest=what,
                required=True,
                type=moment,
                metavar="TIME",
                help=f"{what} of the range: 2025-08-11T10:00Z, or a UTC day",
            )
        if name == "replay":
            command.add_argument("--reason", type=_reason, help="only this, e.g. E_REC_COLUMN")
            command.add_argument("--dry-run", action="store_true", help="send and write nothing")
        command.add_argument("--json", action="store_true", help="print one JSON object")


def _reason(text: str) -> str:
    if not _REASON.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{shown(text)} is no reason; expected e.g. E_REC_SHAPE")
    return text


def run(given: argparse.Namespace, outputs: Mapping[str, Any]) -> int:
    """Run one command; returns its exit code. Raises AnalysisError."""
    hours = Hours.around(given.begin, given.end)
    s3, bucket = aws.client(outputs, "s3"), outputs["data_bucket"]
    if given.command == "scan":
        found = scan.scan(s3, bucket, outputs["topic"], hours)
        say(json.dumps(vars(found)) if given.json else scanned(found, hours))
        return 1 if found.malformed or found.broken else 0
    call = None if given.dry_run else replay.producer(outputs)
    store = Quarantine(s3, bucket)
    done = replay.replay(store, hours, given.reason or "", call, datetime.now(UTC))
    said = {**vars(done), "hours": str(hours)}
    say(json.dumps(said) if given.json else replayed(done, given.dry_run))
    if done.unresolved:
        raise AnalysisError(
            "E_REPLAY_UNRESOLVED",
            f"of {done.sent:,} events nobody knows {done.unresolved:,} ({done.cause})",
            "replay again: what came through is not sent twice, and is one event if it was",
            exit_code=4,
        )
    return 1 if done.stay or done.rejected else 0


def scanned(found: Scan, hours: Hours) -> str:
    """What a scan found, as text."""
    return "\n".join(
        [
            f"{found.lines:,} lines in {found.objects:,} objects that arrived from {hours}: "
            f"{found.malformed.total():,} malformed",
            *_counted("", found.malformed),
            *(f"  {key}" for key in found.kept),
            *(
                f"E_OBJECT_BROKEN: {key} is not whole gzip, none of it was judged; fix: {MEND}"
                for key in found.broken
            ),
        ]
    )


def replayed(done: Replay, dry_run: bool) -> str:
    """What a replay did, as text."""
    what = "to send" if dry_run else "sent"
    lines = [
        f"{done.selected:,} records of {done.hours}: {done.sent:,} events {what}, "
        f"{done.known:,} replayed before, {done.copies:,} copies, {done.stay.total():,} stay",
        *_counted("mended: ", done.rules),
        *_counted("stays: ", done.stay),
    ]
    if not dry_run:
        lines.append(
            f"{done.acked:,} acked, {done.rejected.total():,} rejected, "
            f"{done.unresolved:,} unresolved"
        )
        lines += _counted("rejected: ", done.rejected)
    return "\n".join(lines)


def _counted(prefix: str, counts: Counter[str]) -> list[str]:
    return [f"  {prefix}{name} {count:,}" for name, count in counts.most_common()]
