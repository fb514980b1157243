"""Queries and their values: names, tables, ranges, and texts that would be statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlglot
from sqlglot import expressions

from analysis import athena, outputs, pauses, queries, scope
from analysis.errors import AnalysisError
from tests.bad_input.case import TAKEN, Case, Outcome, Surface, crashed, of_lines

NOON = datetime(2025, 8, 11, 12, 0, tzinfo=UTC)
RUN = "0123456789abcdef"


def run(ask: Callable[[], Any]) -> Outcome:
    try:
        ask()
    except AnalysisError as error:
        outcome = of_lines(f"{error}\n", error.exit_code)
        return Outcome(outcome.code, (None,), outcome.ends, outcome.said)
    except Exception:  # noqa: BLE001 - to be told as what came of the case
        return crashed("")
    return Outcome(TAKEN, (), TAKEN)


def bound(text: str) -> Callable[[], None]:
    """The text as a value: one literal of the very same text, whatever stands in it."""

    def ask() -> None:
        (tree,) = sqlglot.parse(f"select {athena.literal(text)}", read="trino")
        (literal,) = tree.expressions
        assert isinstance(literal, expressions.Literal) and literal.this == text

    return ask


def tables(**changed: Any) -> Callable[[], object]:
    """A query on another stack's tables."""
    return lambda: queries.load("views_by_title").statement({**queries.DEFAULT_TABLES, **changed})


def values(**given: Any) -> Callable[[], object]:
    """A query with these values."""
    return lambda: queries.load("events_by_hour").bind(given)


def spanning(start: datetime, end: datetime, *runs: str) -> Callable[[], object]:
    """A range of events, and runs."""
    return lambda: scope.of_events(start, end, runs, now=end).events


NAIVE = NOON.replace(tzinfo=None)
HOUR = timedelta(hours=1)
CASES = (
    *(
        Case(lambda name=name: queries.load(name), "E_QUERY_NAME", given=f"query {name!r}"[:70])
        for name in (
            *("view_by_title", "", "../README", "views_by_title.sql", "a" * 300, "VIEWS_BY_TITLE"),
            *("views_by_title; drop table titles", "reference_titles", "/etc/passwd", "*", "a\nb"),
        )
    ),
    *(
        Case(tables(titles=name), "E_TABLE_NAME", given=f"table {name!r}")
        for name in ("events; drop table x", "a.b.c", "titles", 'a."b"', "", "A.b", "a.b--", 7,
                     None, ["a.b"])
    ),
    Case(values(), "E_QUERY_PARAMETER", given="a query without its values"),
    Case(values(arrival_from=1, arrival_until=2, event_from="x", event_until="y", runs="", x=1),
         "E_QUERY_PARAMETER", given="a value too many"),
    Case(values(arrival_form=1), "E_QUERY_PARAMETER", given="a misspelt value"),
    *(
        Case(lambda value=value: athena.literal(value), "E_QUERY_PARAMETER", given=f"a {value!r}")
        for value in (None, 1.5, True, ["x"], {"a": 1}, b"x", NOON, float("nan"))
    ),
    *(
        Case(bound(text), TAKEN, ends=TAKEN, given=f"value {text!r}")
        for text in ("x'; DROP TABLE titles --", "''", "' OR 1=1", "\\'", "a\nb", "?", "%s", "--")
    ),
    Case(spanning(NOON, NOON), "E_RANGE", given="an empty range"),
    Case(spanning(NOON, NOON - HOUR), "E_RANGE", given="a reversed range"),
    Case(spanning(NAIVE, NAIVE + HOUR), "E_RANGE", given="a range without a zone"),
    *(
        Case(spanning(NOON, NOON + HOUR, name), "E_RUN_ID", given=f"run {name!r}"[:70])
        for name in ("", "xyz", RUN.upper(), f"{RUN},{RUN}", "x" * 1_000, f"{RUN}\n", "' OR 1=1 --")
    ),
    Case(spanning(NOON, NOON + HOUR, *("a" * 16 for _ in range(61))), "E_RUN_COUNT",
         given="61 runs"),
    *(
        Case(lambda text=text: pauses.parsed(text), "E_PAUSE", given=f"pauses {text!r}")
        for text in ("night", "20:55", "24:00-07:00", "08:00-08:00,", "20:00-21:00;22:00-23:00")
    ),
    Case(lambda: outputs.chosen("", {}), "E_STACK", given="a notebook without a stack"),
)  # fmt: skip
SURFACE = Surface("queries and notebooks", "exit code of a command", 2, run, CASES)
