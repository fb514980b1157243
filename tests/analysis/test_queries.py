"""The loader of queries: headers, bound values, table names; and the rules every file keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot

from analysis import queries
from analysis.errors import AnalysisError

GOOD = """-- Question: What?
-- Grain: one row
-- Parameters:
--   1, 3 first: a number
--   2 second: a text
-- Formula: f
--   and more
-- Partition bound: none
select '?' as mark, "a?b" as name from acme_telemetry.video_telemetry_json where a = ?
and b = ? and c = ?
"""
ALL = [pytest.param(name, id=name) for name in queries.names()]


def test_a_header_is_read() -> None:
    query = queries.parse("good", GOOD)
    assert (query.question, query.grain, query.formula) == ("What?", "one row", "f and more")
    assert [(p.name, p.positions) for p in query.parameters] == [
        ("first", (1, 3)),
        ("second", (2,)),
    ]


def test_values_stand_where_the_header_says() -> None:
    assert queries.parse("good", GOOD).bind({"second": "b", "first": 1}) == [1, "b", 1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("-- Question: What?\n", ""), "Question is missing"),
        (GOOD.replace("Grain: one row", "Grain:"), "Grain is missing"),
        (GOOD.replace("--   2 second: a text\n", ""), r"stand at \[1, 3\], but .* has 3"),
        (GOOD.replace("1, 3 first", "1, 2 first"), r"stand at \[1, 2, 2\]"),
        ("select 1", "Question is missing; Grain is missing; Parameters is missing"),
    ],
)
def test_a_wrong_header_is_refused(text: str, problem: str) -> None:
    with pytest.raises(AnalysisError, match=f"E_QUERY_HEADER: queries/bad.sql: .*{problem}"):
        queries.parse("bad", text)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"first": 1}, "second is missing; expected first, second"),
        ({"first": 1, "second": 2, "third": 3}, "third is unknown; expected"),
        ({"first": 1, "secnd": 2}, r"second is missing, secnd is unknown \(nearest: second\)"),
    ],
)
def test_values_must_be_exactly_the_parameters(values: dict[str, object], problem: str) -> None:
    with pytest.raises(AnalysisError, match=f"E_QUERY_PARAMETER: good: {problem}"):
        queries.parse("good", GOOD).bind(values)


def test_an_unknown_query_is_told_its_nearest() -> None:
    with pytest.raises(AnalysisError, match=r"E_QUERY_NAME: .*nearest: views_by_title"):
        queries.load("view_by_title")


def test_another_stacks_tables_take_the_place_of_the_defaults() -> None:
    tables = {
        "events": "other_telemetry.video_telemetry_json",
        "titles": "catalogue.titles",
        "customers": "catalogue.customers",
        "quarantine": "other_telemetry.quarantine",
    }
    for name in queries.names():
        statement = queries.load(name).statement(tables)
        assert "acme_" not in statement
        assert "other_telemetry." in statement


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dialect", ["athena", "trino"])
def test_a_statement_parses(name: str, dialect: str) -> None:
    assert len(sqlglot.parse(queries.text(name), dialect=dialect)) == 1


@pytest.mark.parametrize("name", ALL)
def test_a_statement_keeps_the_rules(name: str) -> None:
    text = queries.text(name)
    tree = sqlglot.parse_one(text, dialect="athena")
    assert not [s for s in tree.find_all(sqlglot.exp.Star) if s.parent_select is s.parent]
    for division in tree.find_all(sqlglot.exp.Div):
        assert isinstance(division.expression, sqlglot.exp.Nullif)
    reads_hours = queries.load(name).partition_bound.startswith("arrival_from")
    assert reads_hours == bool(re.search(r"year \* 1000000 .* < \?", text, re.S))


def test_the_seeds_count_join_is_verbatim() -> None:
    lines = queries.text("events_with_titles").splitlines()
    assert "\n".join(line for line in lines if not line.startswith("--")) == (
        "SELECT COUNT(*) FROM acme_telemetry.video_telemetry_json vt\n"
        "JOIN acme_streaming_data.titles t ON vt.title_id = t.title_id"
    )


def test_the_loader_reads_the_folder_of_the_repository(repo: Path) -> None:
    assert repo / "queries" == queries.FOLDER
