"""What a replay may mend, as data: only what changes no value and guesses nothing.

A rule reads a value that is certainly meant; none fills in what is missing, cuts what is too long
or replaces bytes that are no text. What the rules leave malformed stays in quarantine.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from handlers.contract.batch import Rejection
from handlers.contract.event import COLUMNS
from handlers.contract.records import CONFLICT, DUPLICATE, Record, check, unique

PADDING = b"\x00\r\n\t "
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
RULES: Mapping[str, str] = {
    "padding": "NUL, CR, newline, tab and space around are left out, a CR between tokens too",
    "byte order mark": "the mark at the begin is left out",
    "several documents": "objects side by side, or in an array, become a line each",
    "column case": "a name that differs from a missing column's in case only is that column",
    "number as text": 'a text that is a number, for a column of numbers: "12" is 12',
    "whole number": "a whole number with a decimal point, for a column of whole numbers: 12.0",
    "unknown column": "a column that the table has not is left out; the original keeps it",
}
# Another record has the id already: sending this one would add nothing, or a second truth.
NEVER = (DUPLICATE, CONFLICT)
# 10**9 has this exponent, as has every whole number of 32 bits at most. What is above is never made
# an int: a short text like 1e9999999 would take an hour of it.
_INT_MAX_EXPONENT = 9
_INT = re.compile(r"[+-]?[0-9]{1,10}")
_DOUBLE = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?")
_GAP = re.compile(r"[ \t\r\n\0]*")
_TYPES = {column.name: column.type for column in COLUMNS}


@dataclass(frozen=True)
class Repair:
    """The records that a content gives, the rules that were needed, and what cannot be mended.

    The records' `index` is their place in the content.
    """

    records: tuple[Record, ...]
    rules: Counter[str]
    rejections: tuple[Rejection, ...]


def repair(content: bytes) -> Repair:
    """Mend a quarantined content as far as the rules go: the same for the same bytes."""
    rules = Counter[str]()
    text = _stripped(content, rules)
    documents, rest = _documents(text, rules)
    records: list[Record] = []
    rejections: list[Rejection] = []
    for index, document in enumerate([*documents, *rest]):
        good, bad = check([document])
        if bad and isinstance(event := _loaded(document), dict):
            mended, needed = _mended(event)
            good, bad = check([mended])
            rules += needed if good else Counter()
        records += [Record(index, one.key, one.value) for one in good]
        rejections += [Rejection(index, one.reason, one.detail) for one in bad]
    return Repair(tuple(records), rules, tuple(rejections))


def _stripped(content: bytes, rules: Counter[str]) -> bytes:
    without = content.strip(PADDING)
    if without.startswith(BYTE_ORDER_MARK):
        rules["byte order mark"] += 1
        without = without.removeprefix(BYTE_ORDER_MARK).strip(PADDING)
    elif without != content or b"\r" in without:
        rules["padding"] += 1
    return without


def _documents(content: bytes, rules: Counter[str]) -> tuple[list[bytes], list[bytes]]:
    """The JSON documents that `content` begins with, each as its own bytes, and what follows."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return [], [content]
    found, at = list[bytes](), 0
    while at < len(text):
        try:
            value, end = _READER.raw_decode(text, at)
            if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
                found += [_written(one) for one in value]
            else:
                found.append(text[at:end].encode())
        except (ValueError, RecursionError):
            break
        gap = _GAP.match(text, end)
        at = gap.end() if gap else end
    rest = text[at:].encode()
    if found and [content] != found:
        rules["several documents"] += 1
    return found, [rest] if rest or not found else []


def _as_written(text: str) -> Decimal:
    """A number with a point or exponent, until its column tells how to read it.

    Raises ValueError for an exponent beyond Decimal's own.
    """
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError("an exponent that no number has") from error


_READER = json.JSONDecoder(object_pairs_hook=unique, parse_float=_as_written)


def _loaded(document: bytes) -> object:
    try:
        return _READER.decode(document.decode())
    except (ValueError, RecursionError):
        return None


def _written(event: dict[str, object]) -> bytes:
    """An event of an array. Raises ValueError for a number that would be another one."""
    return json.dumps(event, separators=(",", ":"), default=_float).encode()


def _float(value: Decimal) -> float:
    number = float(value)
    if Decimal(repr(number)) != value:
        raise ValueError("a number that a float does not hold")
    return number


def _mended(event: dict[str, object]) -> tuple[dict[str, object], Counter[str]]:
    """The event with the rules of columns applied, in the contract's order, and which were."""
    named, rules = dict(event), Counter[str]()
    spellings = Counter(name.lower() for name in event)
    for name in event:
        column = name.lower()
        if name not in _TYPES and column in _TYPES and spellings[column] == 1:
            named[column] = named.pop(name)
            rules["column case"] += 1
    if not _TYPES.keys() >= named.keys():
        rules["unknown column"] += 1
    mended = {
        column: _number(named[column], type_, rules)
        for column, type_ in _TYPES.items()
        if column in named
    }
    return mended, rules


def _number(value: object, type_: str, rules: Counter[str]) -> object:
    read: Callable[[str], object] | None = {"int": _int, "double": _double}.get(type_)
    if read is None:
        return value
    if isinstance(value, str) and (number := read(value.strip())) is not None:
        rules["number as text"] += 1
        return number
    if isinstance(value, Decimal):
        small = value.adjusted() <= _INT_MAX_EXPONENT
        if type_ == "int" and small and value == value.to_integral_value():
            rules["whole number"] += 1
            return int(value)
        return float(value)
    return value


def _int(text: str) -> int | None:
    return int(text) if _INT.fullmatch(text) else None


def _double(text: str) -> float | None:
    return float(text) if _DOUBLE.fullmatch(text) else None
