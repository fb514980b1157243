"""Payloads of any size are answered soon, and every problem is counted."""

from __future__ import annotations

import difflib
from typing import Any

import pytest

from handlers.runtime import payload
from handlers.runtime.errors import PROBLEMS_SHOWN, PipelineError
from handlers.runtime.payload import Field

FIELDS = (Field("test", payload.boolean, '"test": true'),)


def refusal(given: object) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        payload.parse(given, FIELDS, 1 << 26)
    return caught.value


def test_an_unknown_field_is_told_with_the_nearest() -> None:
    assert str(refusal({"tset": True})) == (
        "E_EVENT_FIELD: tset is unknown; expected test (the nearest name); fix: correct the name"
    )
    assert str(refusal({"colour": 1})).endswith("expected one of test; fix: leave the field out")
    assert str(refusal({"test": 1})).endswith('fix: send it like "test": true')


def test_names_are_compared_for_those_that_are_shown_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Any] = []
    near = difflib.get_close_matches
    monkeypatch.setattr(
        payload.difflib,  # type: ignore[attr-defined]
        "get_close_matches",
        lambda *given, **named: compared.append(given) or near(*given, **named),
    )
    many = 10 * PROBLEMS_SHOWN
    error = refusal({f"name{number}": 1 for number in range(many)})
    assert len(compared) == PROBLEMS_SHOWN
    assert len(error.problems) == PROBLEMS_SHOWN + 1
    assert error.problems[-1].message == f"{many - PROBLEMS_SHOWN} more problems"
