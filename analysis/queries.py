"""Reads `queries/*.sql`: the header of each file, its statement, and the values in `?` order.

The files name the tables as the default stack does; `Query.statement` puts another stack's tables
in their place. Nothing else is ever written into a statement: values are bound. The statements
`reference_*` belong to the data loader, which reads them itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import AnalysisError, shown

FOLDER = Path(__file__).resolve().parents[1] / "queries"
FIELDS = ("Question", "Grain", "Parameters", "Formula", "Partition bound")
LOADERS_OWN = "reference_"
DEFAULT_TABLES: Mapping[str, str] = {
    "events": "acme_telemetry.video_telemetry_json",
    "titles": "acme_streaming_data.titles",
    "customers": "acme_streaming_data.customers",
    "quarantine": "acme_telemetry.quarantine",
}
_FIELD = re.compile(rf"^-- ({'|'.join(FIELDS)}):\s*(.*)$")
_PARAMETER = re.compile(r"^--   (\d+(?:, \d+)*) ([a-z_]+): (.+)$")
_TABLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_LITERAL_OR_MARK = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|\?")


@dataclass(frozen=True)
class Parameter:
    """A value to bind; it stands at each of `positions` (from 1)."""

    name: str
    positions: tuple[int, ...]
    meaning: str


@dataclass(frozen=True)
class Query:
    """One file of `queries/`: what it answers and its text, header included."""

    name: str
    question: str
    grain: str
    parameters: tuple[Parameter, ...]
    formula: str
    partition_bound: str
    text: str

    def statement(self, tables: Mapping[str, str] = DEFAULT_TABLES) -> str:
        """The text on the given tables ("database.table", keys as in `DEFAULT_TABLES`).

        Raises AnalysisError (E_TABLE_NAME) for a name that is no plain identifier.
        """
        text = self.text
        for role, default in DEFAULT_TABLES.items():
            if default not in text:
                continue
            table = tables[role]
            if not (isinstance(table, str) and _TABLE.fullmatch(table)):
                raise AnalysisError(
                    "E_TABLE_NAME",
                    f"tables.{role}={shown(table)} is no table name; expected database.table "
                    "in lower case",
                    "take the tables from the stack's outputs",
                    exit_code=2,
                )
            text = re.sub(rf"\b{re.escape(default)}\b", table, text)
        return text

    def bind(self, values: Mapping[str, object]) -> list[object]:
        """The values in the order of the statement's `?`.

        Raises AnalysisError (E_QUERY_PARAMETER) that names every missing and every unknown one.
        """
        known = {parameter.name for parameter in self.parameters}
        missing, unknown = sorted(known - set(values)), sorted(set(values) - known)
        if missing or unknown:
            problems = [f"{name} is missing" for name in missing] + [
                f"{name} is unknown{_nearest(name, known)}" for name in unknown
            ]
            raise AnalysisError(
                "E_QUERY_PARAMETER",
                f"{self.name}: {', '.join(problems)}; "
                f"expected {', '.join(sorted(known)) or 'none'}",
                "give exactly the parameters of the file's header",
                exit_code=2,
            )
        placed = {at: values[p.name] for p in self.parameters for at in p.positions}
        return [placed[at] for at in sorted(placed)]


def names() -> list[str]:
    """The names of all queries, sorted."""
    stems = (path.stem for path in FOLDER.glob("*.sql"))
    return sorted(stem for stem in stems if not stem.startswith(LOADERS_OWN))


def load(name: str) -> Query:
    """The query of that name. Raises AnalysisError: E_QUERY_NAME, E_QUERY_HEADER."""
    path = FOLDER / f"{name}.sql"
    if name not in names():
        raise AnalysisError(
            "E_QUERY_NAME",
            f"query={shown(name)} is not in queries/{_nearest(name, set(names()))}",
            "use the name of a file in queries/, without .sql",
            exit_code=2,
        )
    return parse(name, path.read_text("utf-8"))


def text(name: str) -> str:
    """The text of a query, as the default stack runs it."""
    return load(name).text


def parse(name: str, text: str) -> Query:
    """The query that `text` is. Raises AnalysisError (E_QUERY_HEADER) with every problem."""
    fields, parameters = _header(text)
    problems = [f"{field} is missing" for field in FIELDS if not fields.get(field)]
    places = sorted(at for parameter in parameters for at in parameter.positions)
    marks = [mark for mark in _LITERAL_OR_MARK.findall(text) if mark == "?"]
    if places != list(range(1, len(marks) + 1)):
        problems.append(f"parameters stand at {places}, but the statement has {len(marks)} '?'")
    if problems:
        raise AnalysisError(
            "E_QUERY_HEADER",
            f"queries/{name}.sql: {'; '.join(problems)}",
            "write the header as the other files have it",
            exit_code=2,
        )
    return Query(
        name=name,
        question=fields["Question"],
        grain=fields["Grain"],
        parameters=tuple(parameters),
        formula=fields["Formula"],
        partition_bound=fields["Partition bound"],
        text=text,
    )


def _header(text: str) -> tuple[dict[str, str], list[Parameter]]:
    fields: dict[str, str] = {}
    parameters: list[Parameter] = []
    current = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        if field := _FIELD.match(line):
            current = field[1]
            fields[current] = field[2]
        elif current == "Parameters" and (given := _PARAMETER.match(line)):
            positions = tuple(int(at) for at in given[1].split(", "))
            parameters.append(Parameter(given[2], positions, given[3]))
            fields[current] = "given"
        elif current and line.startswith("--   "):
            fields[current] = f"{fields[current]} {line[2:].strip()}".strip()
    return fields, parameters


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" (nearest: {near[0]})" if near else ""
