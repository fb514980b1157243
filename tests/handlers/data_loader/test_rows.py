"""Rows: keys checked, NULL and NaN handled, columns sorted by key."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlglot

from handlers.contract.column import Column
from handlers.contract.reference import CUSTOMERS, TITLES
from handlers.contract.reference_document import Table
from handlers.data_loader import rows
from handlers.data_loader.statements import statement, with_columns
from handlers.runtime.errors import PipelineError

TITLE = {"title_id": "T1", "title_name": "N", "title_type": "movie", "genre": "Drama",
         "duration_minutes": "90", "popularity_score": "5.5"}  # fmt: skip
CUSTOMER = {"customer_id": "C1", "subscription_tier": "basic", "country": "DE",
            "subscription_start_date": "2024-02-29", "is_active": "true"}  # fmt: skip


def read(shape: rows.Shape, given: list[dict[str, str]]) -> tuple[Table, int]:
    """As `rows.read`, of rows; a column that any of them lacks is absent."""
    names = set.intersection(*map(set, given)) if given else {shape.key, *shape.required}
    return rows.read(shape, {name: [row[name] for row in given] for name in names})


def test_values_have_their_types_and_absent_columns_are_none() -> None:
    table, left_out = read(rows.TITLES, [{**TITLE, "is_original": "false", "release_date": ""}])
    assert left_out == 0
    assert table["duration_minutes"] == [90] and table["popularity_score"] == [5.5]
    assert table["is_original"] == [False] and table["release_date"] == [None]
    assert table["sub_genre"] == [None]
    table, _ = read(rows.CUSTOMERS, [CUSTOMER])
    assert table["is_active"] == [True] and table["state"] == [None]


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5.0), ("5.50", 5.5), ("+5", 5.0), ("-0.5", -0.5), ("1.0E-5", 1e-5), ("1e2", 100.0),
     (".5", 0.5), ("5.", 5.0), (" 5 ", 5.0)],
)  # fmt: skip
def test_numbers_are_read_as_they_are_written(text: str, number: float) -> None:
    table, _ = read(rows.TITLES, [{**TITLE, "popularity_score": text}])
    assert table["popularity_score"] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-29",
        "2024-02-29 23:59:59.999",
        "2024-02-29T00:00:00",
        "2024-02-29 10:00:00.000 UTC",
        "2024-02-29T00:00:00Z",
        "2024-02-29T00:00:00.000Z",
        "2024-02-29T23:00:00+02:00",
        "2024-02-29 10:00",
        "2024-02-29 10:00:00.000 Europe/Berlin",
    ],
)
def test_the_day_of_a_date_or_a_timestamp_is_read(text: str) -> None:
    table, _ = read(rows.CUSTOMERS, [{**CUSTOMER, "subscription_start_date": text}])
    assert table["subscription_start_date"] == ["2024-02-29"]


def test_rows_are_sorted_by_key() -> None:
    table, _ = read(rows.TITLES, [{**TITLE, "title_id": name} for name in "cab"])
    assert table["title_id"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("duration_minutes", ""), ("duration_minutes", "0"), ("duration_minutes", "-5"),
     ("duration_minutes", "1.5"), ("duration_minutes", "x"), ("popularity_score", ""),
     ("popularity_score", "NaN"), ("popularity_score", "Infinity"), ("title_name", ""),
     ("genre", "  ")],
)  # fmt: skip
def test_a_title_without_a_required_value_is_left_out(column: str, value: str) -> None:
    table, left_out = read(rows.TITLES, [{**TITLE, column: value}, {**TITLE, "title_id": "T2"}])
    assert (left_out, table["title_id"]) == (1, ["T2"])


@pytest.mark.parametrize(
    ("column", "value"),
    [("subscription_start_date", "soon"), ("is_active", ""), ("is_active", "yes"), ("country", "")],
)
def test_a_customer_without_a_required_value_is_left_out(column: str, value: str) -> None:
    given = [{**CUSTOMER, column: value}, {**CUSTOMER, "customer_id": "C2"}]
    table, left_out = read(rows.CUSTOMERS, given)
    assert (left_out, table["customer_id"]) == (1, ["C2"])


@pytest.mark.parametrize(
    ("shape", "row"),
    [(rows.TITLES, TITLE), (rows.CUSTOMERS, CUSTOMER)],
    ids=["titles", "customers"],
)
@pytest.mark.parametrize(
    ("key", "left_out"),
    [("x" * 256, 0), ("x" * 257, 1), ("ü" * 128, 0), ("ü" * 129, 1), ("😀" * 1_000, 1)],
    ids=["256", "257", "256 in two", "258 in two", "4,000"],
)
def test_a_row_whose_key_is_too_long_is_left_out(
    shape: rows.Shape, row: dict[str, str], key: str, left_out: int
) -> None:
    table, found = read(shape, [{**row, shape.key: key}, {**row, shape.key: "A"}])
    assert (found, table[shape.key]) == (left_out, ["A"] if left_out else ["A", key])


@pytest.mark.parametrize(("column", "value"), [("release_date", "NaN"), ("is_original", "nan")])
def test_nan_in_an_optional_column_is_null(column: str, value: str) -> None:
    table, left_out = read(rows.TITLES, [{**TITLE, column: value}])
    assert (left_out, table[column]) == (0, [None])


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ([], "E_REF_EMPTY", "without a usable row"),
        ([{**TITLE, "genre": ""}], "E_REF_EMPTY", "1 left out"),
        ([{**TITLE, "title_id": "x" * 257}], "E_REF_EMPTY", "a key of more than 256 bytes"),
        ([TITLE, {**TITLE, "title_id": ""}, {**TITLE, "title_id": " "}], "E_REF_NULL", "2 of 3"),
        ([TITLE, TITLE], "E_REF_DUPLICATE", "1 keys: T1"),
        ([{**TITLE, "title_id": f"T{n % 9}"} for n in range(18)], "E_REF_DUPLICATE",
         "9 keys: T0, T1, T2, T3, T4;"),
        ([{**TITLE, "title_id": key * 99} for key in "ABAB"], "E_REF_DUPLICATE",
         f"2 keys: {'A' * 77}..., {'B' * 77}...;"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_used_are_refused(given: Any, code: str, says: str) -> None:
    with pytest.raises(PipelineError, match=re.escape(says)) as caught:
        read(rows.TITLES, given)
    assert caught.value.code == code and "titles" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "shape", "contract"),
    [("titles", rows.TITLES, TITLES), ("customers", rows.CUSTOMERS, CUSTOMERS)],
)
def test_statement_shape_and_contract_name_the_same_columns(
    name: str, shape: rows.Shape, contract: tuple[Column, ...]
) -> None:
    text = re.sub(r"--.*", "", statement(f"reference_{name}"))
    selected = re.findall(r"\w+", text.partition("select")[2].partition("from")[0])
    assert sorted(selected) == sorted([shape.key, *shape.required, *shape.optional])
    required = {column.name for column in contract if column.required}
    assert {shape.key, *shape.required} == required
    assert set(shape.optional) <= {column.name for column in contract}


def test_the_lines_of_absent_columns_are_left_out() -> None:
    text = with_columns(statement("reference_titles"), {"title_name", "genre"})
    assert re.findall(r"^\s+,? ?(\w+)$", text, re.M) == ["title_id", "title_name", "genre"]
    assert text.rstrip().endswith("from titles")


@pytest.mark.parametrize("name", ["titles", "customers", "activity"])
@pytest.mark.parametrize("present", [set(), {"state", "genre", "sub_genre"}])
def test_a_statement_is_one_of_trinos_whatever_is_left_out(name: str, present: set[str]) -> None:
    text = with_columns(statement(f"reference_{name}"), present)
    assert len(sqlglot.parse(text, read="trino")) == 1
