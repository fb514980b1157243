"""What a reference document must hold so that the generator can pick from it.

It is looked at whenever a container reads a document of some 100,000 values: a column at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.contract.column import Column
from handlers.contract.reference import DURATION_MAX_MINUTES, KEY_MAX_BYTES

_TYPES: Mapping[str, frozenset[type]] = {
    "int": frozenset({int}),
    "double": frozenset({int, float}),
    "boolean": frozenset({bool}),
}


def check(
    categories: Mapping[str, Mapping[str, list[Any]]],
    names: Sequence[str],
    columns: Sequence[Column],
    traits: Sequence[str] = (),
) -> None:
    """Raise unless `categories` of a table can be picked from.

    That takes every category of `names`, one row at least, the required ones of `columns` (the key
    is the first), of their types, and `traits`: texts or None. Of all columns the values are in
    lists as long as each other. Raises ValueError, TypeError, KeyError, AttributeError or
    OverflowError; no text of theirs tells a value.
    """
    key = columns[0].name
    if set(categories) != set(names) or not any(categories[name][key] for name in names):
        raise ValueError(f"the categories of {key} are incomplete or empty")
    for name in names:
        _check_table(name, categories[name], columns, traits)


def _check_table(
    name: str, table: Mapping[str, list[Any]], columns: Sequence[Column], traits: Sequence[str]
) -> None:
    if not all(isinstance(values, list) for values in table.values()):
        raise TypeError(f"a column of {name} is no list")
    if len({len(values) for values in table.values()}) != 1:
        raise ValueError(f"the columns of {name} differ in length")
    for trait in traits:
        distinct = set(table[trait])  # a TypeError where one has no hash
        _check_texts(trait, [value for value in distinct if value is not None])
    for column in columns:
        if column.required:
            _check_column(column, table[column.name])
    key = columns[0].name
    # characters, which are no more than bytes: quick, and enough for the generator's memory
    if max(map(len, table[key]), default=0) > KEY_MAX_BYTES:
        raise ValueError(f"a {key} is too long")


def _check_column(column: Column, values: Sequence[Any]) -> None:
    if column.type in _TYPES:
        fits = set(map(type, values)) <= _TYPES[column.type]
    else:
        _check_texts(column.name, values)
        fits = all(values)
    if fits and column.type == "double":
        fits = all(map(math.isfinite, values))  # an OverflowError where one fits no float
    if not fits:
        raise TypeError(f"{column.name} holds what is no {column.type}")
    if column.name == "duration_minutes" and values:
        low, high = min(values), max(values)
        if low < 1 or high > DURATION_MAX_MINUTES:
            raise ValueError("a duration is out of range")


def _check_texts(name: str, texts: Sequence[Any]) -> None:
    """Raise TypeError unless all are texts that UTF-8 can hold: all at once, the fastest way."""
    try:
        "".join(texts).encode()
    except (TypeError, UnicodeEncodeError) as error:
        raise TypeError(f"{name} holds what is no text") from error
