"""Structured logs: one JSON object a line, a constant message plus fields.

Payloads, tokens and ids of customers never belong in a log; fields of these names are refused.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TextIO

REFUSED_FIELDS = frozenset(
    {"payload", "event", "events", "body", "token", "password", "secret", "customer_id", "email"}
)


@dataclass(frozen=True)
class Log:
    """Writes log lines that all carry `fields`, e.g. the function's name and the request id."""

    fields: dict[str, object] = field(default_factory=dict)
    stream: TextIO | None = None

    def bound(self, **fields: object) -> Log:
        """A log whose lines carry these fields too."""
        return Log({**self.fields, **_checked(fields)}, self.stream)

    def info(self, message: str, **fields: object) -> None:
        """What happened, for the record."""
        self._write("INFO", message, fields)

    def warning(self, message: str, **fields: object) -> None:
        """What an operator should know though the function went on."""
        self._write("WARNING", message, fields)

    def error(self, message: str, **fields: object) -> None:
        """What made the function fail."""
        self._write("ERROR", message, fields)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        line = {"level": level, "message": message, **self.fields, **_checked(fields)}
        print(
            json.dumps(line, default=str, separators=(",", ":")),
            file=self.stream or sys.stdout,
            flush=True,
        )


def _checked(fields: dict[str, object]) -> dict[str, object]:
    refused = REFUSED_FIELDS & fields.keys()
    if refused:
        raise ValueError(f"fields that never belong in a log: {sorted(refused)}")
    return fields
