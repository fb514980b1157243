"""What was kept as JSON is of the types declared for it, or the field at fault is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from handlers.contract import shape
from handlers.contract.shape import ShapeError


@dataclass(frozen=True)
class Kept:
    """A field of each kind that records have."""

    name: str
    count: int = 0
    end: str | None = None
    listed: list[dict[str, int]] = field(default_factory=list)
    named: Mapping[str, str] = field(default_factory=dict)
    free: dict[str, object] = field(default_factory=dict)
    schema_version: int = 3


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "\u00fc", "count": -(2**70), "end": None, "schema_version": 3},
        {"name": "x", "end": "x", "listed": [{}, {"a": 1}], "named": {"a": "b"}},
        {"name": "x", "free": {"a": None, "b": [{}], "c": 0.5}},
    ],
)
def test_values_of_their_types_are_taken_as_they_are(values: dict[str, object]) -> None:
    assert shape.made(Kept, values, 3) == Kept(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([], "no JSON object"),
        (None, "no JSON object"),
        ({}, "it has no name"),
        ({"name": "x", "CUST_0a_12": 1}, "it has a field that is unknown"),
        ({"name": None}, "its name is no text"),
        ({"name": "secret \udc00"}, "its name is no text"),
        ({"name": "x", "count": True}, "its count is no whole number"),
        ({"name": "x", "count": 1.0}, "its count is no whole number"),
        ({"name": "x", "end": 5}, "its end is no text or null"),
        ({"name": "x", "listed": {}}, "its listed is no list of object of whole number"),
        ({"name": "x", "listed": [{"a": "b"}]}, "its listed is no list"),
        ({"name": "x", "named": {"a": None}}, "its named is no object of text"),
        ({"name": "x", "named": {"\ud800": "a"}}, "its named is no object"),
        ({"name": "x", "free": []}, "its free is no object of value"),
        ({"name": "x", "schema_version": 2}, "its schema_version is not 3"),
        ({"more": "x", "schema_version": 4}, "its schema_version is not 3"),
        ({"name": "x", "schema_version": 3.0}, "its schema_version is no whole number"),
    ],
)
def test_the_field_at_fault_is_named_and_no_value_shown(values: object, problem: str) -> None:
    with pytest.raises(ShapeError, match=f"^{problem}") as refused:
        shape.made(Kept, values, 3)
    assert "CUST" not in str(refused.value) and "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"NaN", b"\xff", b"1 2", b"9" * 5000, b"[" * 100_000, b'{"a":' * 100_000]
)
def test_what_is_no_json_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(ShapeError, match=r"^no JSON$"):
        shape.loaded(text)


@pytest.mark.parametrize(
    "text",
    ["soon", "2025-08-11", "2025-08-11T12:00:00", "2025-08-11T12:00:00z", "2025-08-11t12:00:00Z",
     "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00"],
)  # fmt: skip
def test_a_time_is_rfc_3339_of_the_years_that_are_told_of(text: str) -> None:
    with pytest.raises(ShapeError, match=r"^its ended_at is "):
        shape.moment("ended_at", text)
    assert shape.moment("ended_at", "2099-12-31T23:59:59.9+00:00").year == 2099
