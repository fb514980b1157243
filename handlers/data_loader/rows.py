"""Rows of the reference tables as columns of Python values: keys checked, NULL and NaN handled.

A NULL or repeated key makes the whole table unusable and is reported. A row that lacks another
required value (NULL, NaN, a duration of nothing or of weeks), or whose key is longer than
KEY_MAX_BYTES, is left out and counted.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from handlers.contract.reference import DURATION_MAX_MINUTES, KEY_MAX_BYTES
from handlers.contract.reference_document import Table
from handlers.runtime.errors import VALUE_MAX_CHARACTERS, Kind, PipelineError, escaped

NAMED_KEYS = 5
LEFT_OUT_FOR = f"a missing required value or a key of more than {KEY_MAX_BYTES} bytes"
_UNUSABLE = object()

# What Python reads is more: 1_0, 20250811, digits of other scripts.
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,12})?)?"
    r"( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+))?)?"
)
_COUNT = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Shape:
    """What is read of a table: its key, and how each text becomes a value (ValueError: unusable).

    A column not in `required` may be absent or NULL; its value is then None. Keys that
    `name_people` stay out of errors.
    """

    table: str
    key: str
    required: Mapping[str, Callable[[str], object]]
    optional: Mapping[str, Callable[[str], object]]
    name_people: bool = False


def read(shape: Shape, texts: Mapping[str, Sequence[str]]) -> tuple[Table, int]:
    """(columns sorted by key, number of rows left out) of columns of text, NULL being "".

    The key and what is required are among them.
    Raises PipelineError: E_REF_NULL and E_REF_DUPLICATE (naming up to 5 keys, unless they are of
    people), E_REF_EMPTY.
    """
    keys = texts[shape.key]
    named = [row for row, key in enumerate(keys) if key.strip()]
    _check_keys(shape, Counter(keys[row] for row in named), len(keys) - len(named))
    required = {shape.key: _key, **shape.required}
    columns = {name: _parsed(parse, texts[name], _UNUSABLE) for name, parse in required.items()}
    unusable = {
        row for column in columns.values() for row, one in enumerate(column) if one is _UNUSABLE
    }
    usable = sorted((row for row in named if row not in unusable), key=keys.__getitem__)
    left_out = len(named) - len(usable)
    if not usable:
        raise PipelineError(
            "E_REF_EMPTY",
            f"without a usable row ({left_out} left out for {LEFT_OUT_FOR})",
            field=shape.table,
            expected="rows with " + ", ".join(shape.required),
            fix="load the table, or set referenceMode to sample",
            kind=Kind.DATA,
        )
    absent = ("",) * len(keys)
    for name, parse in shape.optional.items():
        # NaN and its like are as good as NULL where nothing depends on it
        columns[name] = _parsed(parse, texts.get(name, absent), None)
    return {name: [column[row] for row in usable] for name, column in columns.items()}, left_out


def _check_keys(shape: Shape, keys: Counter[str], null_keys: int) -> None:
    problems: list[PipelineError] = []
    if null_keys:
        problems.append(
            PipelineError(
                "E_REF_NULL",
                f"NULL in {null_keys} of {null_keys + keys.total()} rows",
                field=f"{shape.table}.{shape.key}",
                fix="delete the rows or give them keys",
                kind=Kind.DATA,
            )
        )
    repeated = sorted(key for key, count in keys.items() if count > 1)
    if repeated:
        shown = (escaped(key, VALUE_MAX_CHARACTERS) for key in repeated[:NAMED_KEYS])
        named = "" if shape.name_people else f": {', '.join(shown)}"
        problems.append(
            PipelineError(
                "E_REF_DUPLICATE",
                f"repeated for {len(repeated)} keys{named}",
                field=f"{shape.table}.{shape.key}",
                fix=f"keep one row a key; count rows by {shape.key} to find them",
                kind=Kind.DATA,
            )
        )
    if problems:
        raise PipelineError.of(problems)


def _parsed(
    parse: Callable[[str], object], texts: Sequence[str], otherwise: object
) -> list[object]:
    """The value of each text, `otherwise` where it has none; many texts are alike."""
    values: dict[str, object] = {}
    for text in set(texts):
        try:
            values[text] = parse(text)
        except ValueError:
            values[text] = otherwise
    return [values[text] for text in texts]


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("empty")
    return text


def _key(text: str) -> str:
    if len(text.encode()) > KEY_MAX_BYTES:
        raise ValueError("too long")
    return _text(text)


def count(text: str) -> int:
    """The count of rows that `text` is. Raises ValueError."""
    if _COUNT.fullmatch(text) is None:
        raise ValueError("no count")
    return int(text)


def _number(text: str) -> float:
    if _NUMBER.fullmatch(text.strip()) is None:
        raise ValueError(text)
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _minutes(text: str) -> int:
    value = _number(text)
    if not 1 <= value <= DURATION_MAX_MINUTES or value != int(value):
        raise ValueError(text)
    return int(value)


def _date(text: str) -> str:
    """A date, or the day of a timestamp as its own zone has it."""
    if _DATE.fullmatch(text) is None:
        raise ValueError(text)
    return date.fromisoformat(text[:10]).isoformat()


def _boolean(text: str) -> bool:
    try:
        return {"true": True, "false": False}[text.lower()]
    except KeyError as error:
        raise ValueError(text) from error


TITLES = Shape(
    "titles",
    "title_id",
    required={
        "title_name": _text,
        "title_type": _text,
        "genre": _text,
        "duration_minutes": _minutes,
        "popularity_score": _number,
    },
    optional={
        "sub_genre": _text,
        "content_rating": _text,
        "release_date": _date,
        "original_language": _text,
        "is_original": _boolean,
    },
)
CUSTOMERS = Shape(
    "customers",
    "customer_id",
    required={
        "subscription_tier": _text,
        "subscription_start_date": _date,
        "country": _text,
        "is_active": _boolean,
    },
    optional={
        "age_group": _text,
        "state": _text,
        "city": _text,
        "timezone": _text,
        "preferred_genres": _text,
    },
    name_people=True,
)
