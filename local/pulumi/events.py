"""What the engine says while it works, as short lines for a person; and why it failed, as one text.

Reads the events of the Automation API. Does not decide what to do about a failure.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pulumi.automation import EngineEvent, OpType

Say = Callable[[str], None]
TAKEN = re.compile(r"Already(Exists|OwnedByYou)|already exists")
# Nobody but the engine makes things here.
FORGOTTEN = "fix: `make reset`, then the same again: the engine's record of what exists is gone"
LONGEST_REASON = 600
_DONE = {
    OpType.CREATE: "created",
    OpType.UPDATE: "updated",
    OpType.DELETE: "deleted",
    OpType.REPLACE: "replaced",
    OpType.CREATE_REPLACEMENT: "created anew",
    OpType.DELETE_REPLACED: "deleted the old",
}
# What the engine adds to a failure that it has already explained on the resource.
_ECHOES = (
    "update failed",
    "preview failed",
    "destroy failed",
    "refresh failed",
    "resource registration failed",
    "error while running the program",
)


def short(urn: str) -> str:
    """`aws:s3/bucket:Bucket lake-data` of a URN; empty for the stack itself and for providers."""
    *_, type_, name = urn.split("::")
    own_type = type_.split("$")[-1]
    return "" if own_type.startswith("pulumi:p") else f"{own_type} {name}"


@dataclass
class Listener:
    """Receives the events of one operation; writes all to the log, tells the user a few."""

    log: Path
    say: Say | None
    changes: dict[str, int] = field(default_factory=dict)
    """Operation (create, update, same …) to the number of resources, when the engine sums up."""
    failures: dict[str, str] = field(default_factory=dict)
    """Resource (empty: the program) to the reason, in the order of their coming."""

    def on_event(self, event: EngineEvent) -> None:
        """Take one event."""
        done = event.res_outputs_event
        if done is not None and done.metadata.op in _DONE and short(done.metadata.urn):
            self._tell(f"{_DONE[done.metadata.op]} {short(done.metadata.urn)}")
        if event.diagnostic_event is not None:
            self._diagnose(
                event.diagnostic_event.severity,
                event.diagnostic_event.urn or "",
                event.diagnostic_event.message.strip(),
            )
        if event.summary_event is not None:
            self.changes = {
                OpType(kind).value: count
                for kind, count in event.summary_event.resource_changes.items()
            }

    def on_output(self, line: str) -> None:
        """Take one line of the CLI's own display, for the log."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")

    def begin(self, what: str) -> None:
        """Head the log of an operation."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.on_output(f"==== {time.strftime('%Y-%m-%dT%H:%M:%S%z')} {what}")

    def _tell(self, text: str) -> None:
        if self.say is not None:
            self.say(text)

    def _diagnose(self, severity: str, urn: str, message: str) -> None:
        if severity == "warning":
            self._tell(f"warning: {message.splitlines()[0]}" if message else "warning")
        if severity == "error" and not any(message.endswith(echo) for echo in _ECHOES):
            resource = short(urn) if urn else ""
            known = self.failures.get(resource, "")
            if message not in known:
                self.failures[resource] = f"{known}\n{message}".strip()

    def explanation(self, code: str, fallback: str) -> str:
        """The failure in words: what the program says itself as it is, else resource and reason."""
        said = self.failures.get("", "")
        if said.startswith("E_"):
            return said
        lines = [
            f"{code}: {f'resource={name}' if name else 'the program'}: {_one_line(reason)}"
            for name, reason in self.failures.items()
        ] or [f"{code}: {_one_line(fallback)}"]
        if any(TAKEN.search(reason) for reason in self.failures.values()):
            return "\n".join([*lines, FORGOTTEN])
        return "\n".join([*lines, f"fix: see {self.log}"])


def _one_line(text: str) -> str:
    """The text on one line; of a traceback the exception and where it was raised."""
    if "Traceback (most recent call last)" in text:
        lines = [line.strip() for line in text.strip().splitlines()]
        places = [line for line in lines if line.startswith("File ")]
        text = " ".join([lines[-1], "at", *places[-1:]])
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_REASON else f"{line[:LONGEST_REASON]} …"
