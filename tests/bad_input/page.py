"""docs/bad-input.md: what is given, what is answered, where and how it ends, for every case."""

from __future__ import annotations

from collections import Counter
from datetime import date

from local.settings import REPO
from tests.bad_input.case import TAKEN, Case, Surface, described
from tests.bad_input.catalogue import SURFACES

HEADING = "| given | code | where | ends |"
PAGE = REPO / "docs" / "bad-input.md"
_HEAD = """\
# Bad input and what is said

Every input below was given on {day}, and each was answered as its line says: with exactly that code
for each problem, with the field at fault, in at most three lines a problem, without a traceback,
without a value of more than 80 characters, and without a key, a token or a customer's id in answer
or log. `taken` is what looks wrong and is right. The cases are data in `tests/bad_input/surfaces/`;
this page is written by `python -m tests.bad_input`.

Codes are the same everywhere. Commands end with 2 for wrong use or settings, 3 for wrong data, 4
for something that this depends on, 5 for what is denied. A function replies `statusCode` 400 (use),
422 (data) or 403 (denied), and is *raised* where the platform should try again (503).

"""


def rows() -> list[str]:
    """The table lines of every case."""
    return [_row(surface, case) for surface in SURFACES for case in surface.cases]


def rendered(day: date) -> str:
    """The page as a whole, of a run on that day."""
    counts = Counter(surface.name for surface in SURFACES for _ in surface.cases)
    lines = [_HEAD.format(day=day.isoformat()), "| surface | cases | codes |\n|---|---:|---:|\n"]
    for surface in SURFACES:
        codes = len({case.code for case in surface.cases} - {TAKEN})
        lines.append(f"| {surface.name} | {counts[surface.name]} | {codes} |\n")
    codes = len({case.code for surface in SURFACES for case in surface.cases} - {TAKEN})
    lines.append(f"| **all** | **{counts.total()}** | **{codes}** |\n")
    for surface in SURFACES:
        lines.append(f"\n## {surface.name[0].upper()}{surface.name[1:]}\n\n")
        lines.append(f"Ends: {surface.ending}.\n\n{HEADING}\n|---|---|---|---|\n")
        lines += [f"{_row(surface, case)}\n" for case in surface.cases]
    return "".join(lines)


def listed(page: str) -> list[str]:
    """The table lines of the cases that a page has."""
    return [
        line
        for line in page.splitlines()
        if line.startswith("| ") and line.count(" | ") == 3 and line != HEADING
    ]


def _row(surface: Surface, case: Case) -> str:
    fields = case.where if isinstance(case.where, tuple) else (case.where,)
    where = ", ".join(_code(one) for one in fields if one is not None)
    ends = surface.ends if case.ends is None else case.ends
    return f"| {_code(described(case))} | {case.code} | {where} | {ends} |"


def _code(text: str) -> str:
    """A text as code in a cell of a table."""
    shown = text.replace("|", "¦").replace("`", "´")
    return f"`{shown}`" if shown.strip() else "(empty)"
