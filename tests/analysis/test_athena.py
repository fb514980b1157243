"""Values as literals of Athena's execution parameters."""

from __future__ import annotations

import pytest

from analysis.athena import literal
from analysis.errors import AnalysisError


@pytest.mark.parametrize(
    ("value", "written"),
    [("a", "'a'"), ("", "''"), ("x'; DROP", "'x''; DROP'"), ("''", "''''''"), (7, "7"), (-1, "-1")],
)
def test_a_literal(value: object, written: str) -> None:
    assert literal(value) == written


@pytest.mark.parametrize("value", [None, True, 1.5, ["a"], b"a"])
def test_nothing_else_is_bound(value: object) -> None:
    with pytest.raises(AnalysisError, match="E_QUERY_PARAMETER"):
        literal(value)
