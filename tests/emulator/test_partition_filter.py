"""Expressions of GetPartitions: which partitions they select, and which are refused."""

from __future__ import annotations

import pytest

from local.aws.partition_filter import FilterError, compile_filter

KEYS = [("year", "int"), ("month", "int"), ("day", "int"), ("hour", "int"), ("kind", "string")]
VALUES = ["2026", "08", "11", "09", "raw_a"]


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("year = 2026", True),
        ("hour = 9", True),
        ("hour = '9'", True),
        ("hour = '09'", True),
        ("9 = hour", True),
        ("hour < 10", True),
        ("10 > hour AND hour >= 9", True),
        ("hour <> 9", False),
        ("hour != 8", True),
        ("hour BETWEEN 8 AND 9", True),
        ("hour BETWEEN 9 AND 10", True),
        ("hour = -9", False),
        ("hour NOT BETWEEN 8 AND 9", False),
        ("hour IN (1, 9)", True),
        ("hour NOT IN (1, 9)", False),
        ("NOT (hour = 9 OR day = 1)", False),
        ("(year = 2026) AND ((month = 8) AND (day > 31 OR hour > -1))", True),
        ("kind = 'raw_a'", True),
        ("kind > 'raw'", True),
        ("kind LIKE 'raw%'", True),
        ("kind LIKE 'raw\\_b'", False),
        ("kind NOT LIKE 'raw__'", False),
        ("KIND = 'RAW_A'", False),
        ("Year = 2026", True),
        ("year = 2026 AND month = 8 AND day = 12", False),
    ],
)
def test_selects(expression: str, selected: bool) -> None:
    assert compile_filter(expression, KEYS)(VALUES) is selected


@pytest.mark.parametrize(
    "expression",
    [
        "year =",
        "minute = 5",
        "year = 'x'",
        "year + 1 = 2027",
        "year = month",
        "length(kind) = 5",
        "year",
        "kind LIKE year",
        "select 1",
        "year = (select 2026)",
        "__import__('os').system('true')",
    ],
)
def test_refused(expression: str) -> None:
    with pytest.raises(FilterError):
        compile_filter(expression, KEYS)(VALUES)
