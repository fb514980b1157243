"""Errors name the code, the field, what was given, what was expected and what to do."""

from __future__ import annotations

import pytest

from handlers.runtime.errors import Kind, PipelineError
from tests.bad_input.surfaces.generator import nested


def test_the_sentence_has_every_part_in_order() -> None:
    error = PipelineError(
        "E_X", "too big", field="size", value=9, expected="≤ 3", fix="send less", kind=Kind.DATA
    )
    assert str(error) == "E_X: size=9 is too big; expected ≤ 3; fix: send less"
    assert (error.kind.status, error.kind.retried) == (422, False)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb\x00", r"'a\nb\x00'"),
        ("x" * 300, "'" + "x" * 77 + "...'"),
        ([1], "[1]"),
        (None, "None"),
        ("\ud800", r"'\ud800'"),
        pytest.param(10**5_000, "<int>", id="more digits than Python writes"),
        pytest.param([10**5_000], "<list>", id="a list with such a number"),
        pytest.param(nested(50_000), "<list>", id="deep"),
    ],
)
def test_a_value_is_shown_escaped_and_short(value: object, shown: str) -> None:
    assert f"f={shown} is wrong" in PipelineError("E_X", "wrong", field="f", value=value).message


def test_all_problems_of_a_document_are_listed() -> None:
    error = PipelineError.of([PipelineError("E_A", "one"), PipelineError("E_B", "two", field="f")])
    assert str(error) == "E_A: one\nE_B: f is two"
    assert error.as_reply() == {
        "code": "E_A",
        "message": "one",
        "problems": [
            {"code": "E_A", "message": "one"},
            {"code": "E_B", "message": "f is two", "field": "f"},
        ],
    }


def test_of_very_many_problems_the_rest_is_counted() -> None:
    error = PipelineError.of([PipelineError("E_A", f"problem {n}") for n in range(500)])
    assert len(error.problems) == 101
    assert str(error).splitlines()[-1] == "E_A: 400 more problems"


def test_no_problem_is_no_error() -> None:
    with pytest.raises(ValueError, match="no problem"):
        PipelineError.of([])
