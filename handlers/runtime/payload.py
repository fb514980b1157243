"""Payloads checked by a table of fields: every problem of a payload is reported at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handlers.runtime.errors import PROBLEMS_SHOWN, PipelineError, escaped, text_of

NAME_MAX_CHARACTERS = 40


class UnfitError(ValueError):
    """A value that a field refuses; `fix` where sending it like the field's example is none."""

    def __init__(self, code: str, problem: str, expected: str, fix: str | None = None) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.expected = expected
        self.fix = fix


@dataclass(frozen=True)
class Field:
    """A field of a payload: `parse` gives the value or raises UnfitError; `example` shows one.

    A wrong value is part of the error's text, unless it `holds_events`: those are of people.
    """

    name: str
    parse: Callable[[object], object]
    example: str
    holds_events: bool = False


def parse(payload: object, fields: Sequence[Field], max_bytes: int) -> dict[str, object]:
    """The values of the fields that `payload` has.

    A field that holds events may hold what JSON cannot: whoever takes them looks at each.
    Raises PipelineError: E_EVENT_SHAPE (not an object, or more than `max_bytes` as JSON),
    E_EVENT_FIELD (unknown, with the nearest name), and the codes of the fields.
    """
    if not isinstance(payload, dict):
        raise PipelineError(
            "E_EVENT_SHAPE",
            f"a {type(payload).__name__}",
            field="payload",
            expected="a JSON object",
            fix="send an object with some of " + ", ".join(field.name for field in fields),
        )
    known = {field.name: field for field in fields}
    size = _size(payload, {name for name, field in known.items() if field.holds_events})
    if size > max_bytes:
        raise PipelineError(
            "E_EVENT_SHAPE",
            "too long",
            field="payload",
            value=size,
            expected=f"at most {max_bytes} bytes",
            fix="send less in a call",
        )
    values: dict[str, object] = {}
    problems: list[PipelineError] = []
    for name, given in payload.items():
        if name not in known:
            # More than are shown are only counted: a hostile payload has hundreds of thousands.
            is_shown = len(problems) < PROBLEMS_SHOWN
            problems.append(_unknown(text_of(name), tuple(known)) if is_shown else problems[-1])
            continue
        try:
            values[name] = known[name].parse(given)
        except UnfitError as unfit:
            problems.append(
                PipelineError(
                    unfit.code,
                    unfit.problem,
                    field=name,
                    value=... if known[name].holds_events else given,
                    expected=unfit.expected,
                    fix=unfit.fix or f"send it like {known[name].example}",
                )
            )
    if problems:
        raise PipelineError.of(problems)
    return values


def boolean(given: object) -> bool:
    """A field that is true or false, and not a text or number that looks like it."""
    if not isinstance(given, bool):
        raise UnfitError("E_EVENT_TYPE", "not a boolean", "true or false")
    return given


def whole_number(low: int, high: int) -> Callable[[object], int]:
    """A field that is a whole number from `low` to `high`."""

    def parse_number(given: object) -> int:
        expected = f"a whole number from {low} to {high}"
        if isinstance(given, bool) or not isinstance(given, int):
            raise UnfitError("E_EVENT_TYPE", "not a whole number", expected)
        if not low <= given <= high:
            raise UnfitError("E_EVENT_LIMIT", "out of range", expected)
        return given

    return parse_number


def _size(payload: dict[object, object], of_events: set[str]) -> int:
    """The bytes of a payload as JSON, as far as it can be written.

    Raises PipelineError (E_EVENT_SHAPE) where a field that holds no events is nested too deeply.
    """
    try:
        return len(json.dumps(payload, default=str))
    except (RecursionError, TypeError, ValueError):
        return sum(_size_of(given) for name, given in payload.items() if name not in of_events)


def _size_of(given: object) -> int:
    try:
        return len(json.dumps(given, default=str))
    except RecursionError as error:
        raise PipelineError(
            "E_EVENT_SHAPE",
            "nested too deeply",
            field="payload",
            expected="a flat JSON object",
            fix="send fields with plain values",
        ) from error
    except (TypeError, ValueError):  # nor is it what any field takes
        return 0


def _unknown(name: str, known: tuple[str, ...]) -> PipelineError:
    near = difflib.get_close_matches(name, known, n=1)
    return PipelineError(
        "E_EVENT_FIELD",
        "unknown",
        field=escaped(name, NAME_MAX_CHARACTERS),
        expected=f"{near[0]} (the nearest name)" if near else "one of " + ", ".join(known),
        fix="correct the name" if near else "leave the field out",
        named_by_caller=True,
    )
