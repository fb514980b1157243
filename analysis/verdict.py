"""A judgement with the next action: OK, WARN or FAIL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad it is; the higher, the worse."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True)
class Verdict:
    """What is claimed (`text`) and what to do next (`action`; empty for nothing)."""

    level: Level
    text: str
    action: str = ""

    def __str__(self) -> str:
        return f"{self.level.name}: {self.text}" + (f" Next: {self.action}" if self.action else "")


def ok(text: str) -> Verdict:
    """All is well."""
    return Verdict(Level.OK, text)


def warn(text: str, action: str) -> Verdict:
    """Explained or passing; look at it."""
    return Verdict(Level.WARN, text, action)


def fail(text: str, action: str) -> Verdict:
    """Something is wrong; act."""
    return Verdict(Level.FAIL, text, action)


def worst(verdicts: Iterable[Verdict]) -> Level:
    """The worst level of `verdicts`; OK for none."""
    return max((verdict.level for verdict in verdicts), default=Level.OK)


def overall(verdicts: Iterable[Verdict], well: str) -> Verdict:
    """The first of the worst verdicts, where an operator starts; `well` when all are OK."""
    every = list(verdicts)
    level = worst(every)
    if level is Level.OK:
        return ok(well)
    return next(verdict for verdict in every if verdict.level is level)
