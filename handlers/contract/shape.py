"""Whether something kept as JSON is, read back, of the types that are declared for it.

What its values mean is up to whoever declares them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from handlers.contract.limits import FIRST_YEAR, LAST_YEAR
from handlers.runtime.clock import parse_rfc3339

VERSION = "schema_version"

T = TypeVar("T")
_NAMES: Mapping[object, str] = {str: "text", int: "whole number", NoneType: "null", object: "value"}


class ShapeError(ValueError):
    """Something kept is not of its form; the text names the field and shows nothing of a value."""


def loaded(text: bytes) -> object:
    """The value of a JSON text. Raises ShapeError."""
    try:
        return json.loads(text, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise ShapeError("no JSON") from error


def no_number(name: str) -> NoReturn:
    """Refuse NaN and infinities, which JSON has not and Python reads. Raises ValueError."""
    raise ValueError(f"{name} is no number")


def made(of: Callable[..., T], values: object, version: int) -> T:
    """The dataclass `of` these values, as its program of this schema version wrote them.

    Raises ShapeError for another version, and what `checked` raises it for.
    """
    if isinstance(values, dict) and values.get(VERSION, version) != version:
        raise ShapeError(f"its {VERSION} is not {version}")
    types, optional = _declared(of)
    return of(**checked(values, types, optional))


def checked(
    values: object, types: Mapping[str, object], optional: Collection[str] = ()
) -> dict[str, Any]:
    """`values`, if they are an object of exactly these fields, each of its type.

    A type is written as an annotation is: of `str`, `int`, `object`, unions with None, lists, and
    mappings with texts for names. Raises ShapeError.
    """
    if not isinstance(values, dict):
        raise ShapeError("no JSON object")
    if missing := [name for name in types if name not in values and name not in optional]:
        raise ShapeError(f"it has no {missing[0]}")
    if not values.keys() <= types.keys():
        raise ShapeError("it has a field that is unknown")
    for name, value in values.items():
        if not _fits(value, types[name]):
            raise ShapeError(f"its {name} is no {_named(types[name])}")
    return values


def moment(name: str, text: str) -> datetime:
    """The UTC time that the field `name` tells, as RFC 3339 has it. Raises ShapeError."""
    try:
        found = parse_rfc3339(text)
    except ValueError as error:
        raise ShapeError(f"its {name} is no RFC 3339 time") from error
    if text != text.upper():  # a reader without this module takes capitals alone
        raise ShapeError(f"its {name} is an RFC 3339 time in small letters")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ShapeError(f"its {name} is not of the years {FIRST_YEAR} to {LAST_YEAR}")
    return found


def is_text(value: object) -> bool:
    """True for a text without a half of a surrogate pair, which JSON spells and nobody prints."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def _declared(of: Any) -> tuple[Mapping[str, object], Collection[str]]:
    """The type of each field of a dataclass, and the names of those that may be left out."""
    optional = [
        one.name
        for one in fields(of)
        if one.default is not MISSING or one.default_factory is not MISSING
    ]
    return get_type_hints(of), optional


@cache
def _parts(type_: Any) -> tuple[object, tuple[Any, ...]]:
    return get_origin(type_), get_args(type_)


def _fits(value: object, type_: object) -> bool:
    kind, parts = _parts(type_)
    if kind in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if kind is list:
        return isinstance(value, list) and all(_fits(one, parts[0]) for one in value)
    if kind in (dict, Mapping):
        return isinstance(value, dict) and all(
            is_text(name) and _fits(one, parts[1]) for name, one in value.items()
        )
    if type_ is str:
        return is_text(value)
    return type_ is object or type(value) is type_  # and not `true`, which counts as 1


def _named(type_: object) -> str:
    kind, parts = _parts(type_)
    if kind in (Union, UnionType):
        return " or ".join(map(_named, parts))
    if kind is list:
        return f"list of {_named(parts[0])}"
    if kind in (dict, Mapping):
        return f"object of {_named(parts[1])}"
    return _NAMES[type_]
