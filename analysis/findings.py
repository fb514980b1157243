"""Says what is wrong at a hop: each kind of fault for itself, the worst first. Finds nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.figures import RunFigures
from analysis.resumption import again
from analysis.verdict import Level, Verdict, ok
from analysis.wording import listed

SHOWN_RUNS = 3
SHOWN_HOURS = 5


@dataclass(frozen=True)
class Parting:
    """`count` events of `what` (a run's id, or the time of a tick) that part in the UTC `hour`.

    `kind` is the word of docs/verification.md for how they part.
    """

    hour: str
    what: str
    count: int
    kind: str


@dataclass(frozen=True)
class Finding:
    """A kind of fault as it was found; not at all where `partings` is empty."""

    level: Level
    text: str
    action: str
    partings: Sequence[Parting]

    @property
    def told(self) -> str:
        """The text, and the hours of the partings with their numbers."""
        by_hour: Counter[str] = Counter()
        for parting in self.partings:
            by_hour[parting.hour] += parting.count
        hours = sorted(by_hour)
        shown = ", ".join(f"{hour} {by_hour[hour]:,}" for hour in hours[:SHOWN_HOURS])
        more = f" and {len(hours) - SHOWN_HOURS} hours more" if len(hours) > SHOWN_HOURS else ""
        return f"{self.text} By hour: {shown}{more}."


@dataclass(frozen=True)
class Kind:
    """A kind of fault: its word, how bad it is, what is said of it and what to do.

    `text` and `action` may have {count}, {names}, {most} (copies of one event) and {again} (how
    the runs are made again) in them.
    """

    word: str
    level: Level
    text: str
    action: str

    def found(
        self, parted: Iterable[tuple[str, str, int]], runs: Iterable[RunFigures] = ()
    ) -> Finding:
        """The finding of these (hour, run, count); a count of 0 or less is none."""
        partings = [Parting(hour, what, n, self.word) for hour, what, n in parted if n > 0]
        wrong = {parting.what for parting in partings}
        concerned = [run for run in runs if run.run_id in wrong]
        said = {
            "count": f"{counted(partings):,}",
            "names": named(partings),
            "most": f"{max((run.max_copies for run in concerned), default=0):,}",
            "again": again(concerned),
        }
        return Finding(self.level, self.text.format(**said), self.action.format(**said), partings)


Judged = tuple[Verdict, tuple[Parting, ...]]


def judged(well: str, findings: Iterable[Finding]) -> Judged:
    """The verdict of a hop and all that parts there; `well` is what is said if nothing does.

    The first of the worst findings gives level and action, and the others follow it.
    """
    found = sorted((one for one in findings if one.partings), key=lambda one: -one.level)
    if not found:
        return ok(well), ()
    worst, *others = found
    also = (f"Also: {one.told} (For these: {one.action}.)" for one in others)
    partings = tuple(parting for one in found for parting in one.partings)
    return Verdict(worst.level, " ".join([worst.told, *also]), worst.action), partings


def counted(partings: Iterable[Parting]) -> int:
    """Their sum."""
    return sum(parting.count for parting in partings)


def named(partings: Iterable[Parting]) -> str:
    """'run A', 'runs A, B, C and 7 more'."""
    names = list(dict.fromkeys(parting.what for parting in partings))
    return f"run{'s' if len(names) > 1 else ''} {listed(names, SHOWN_RUNS)}"
