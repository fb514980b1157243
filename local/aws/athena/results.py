"""Results as Athena writes them: values as text, the CSV object, its rows read back by place.

Athena keeps a result in S3 alone, and so does this: in memory is only where each row begins.
"""

from __future__ import annotations

import base64
import re
from array import array
from collections.abc import Callable, Iterable
from typing import IO, Any

Value = str | None
Signature = dict[str, Any]
Writer = Callable[[Any], Value]

PRECISION = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "float": 17,
    "double": 17,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "varchar": 2147483647,
    "varbinary": 1073741824,
}
TIMESTAMP = re.compile(r"(\S+ \d\d:\d\d:\d\d)(?:\.(\d+))?(.*)")
SCIENTIFIC_BELOW, SCIENTIFIC_FROM = 1e-3, 1e7  # where Java's text of a double changes its form


def column(name: str, signature: Signature) -> dict[str, Any]:
    """ColumnInfo of GetQueryResults for a column of the engine."""
    kind = "float" if signature["rawType"] == "real" else signature["rawType"]
    numbers = [a["value"] for a in signature.get("arguments", []) if a["kind"] == "LONG"]
    precision, scale = PRECISION.get(kind, 0), 0
    if kind == "decimal":
        precision, scale = numbers
    elif kind == "char":
        precision = numbers[0]
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind in ("varchar", "char"),
    }


def text_column(name: str) -> dict[str, Any]:
    """ColumnInfo of a column of text."""
    return {**column(name, {"rawType": "varchar"}), "Type": "string", "Precision": 0}


def writer(signature: Signature) -> Writer:
    """How the values of a column, as the engine's protocol has them, become Athena's text.

    NULL stays None. Chosen once a column: a result has millions of values.
    """
    shown = _shown(signature)
    return lambda value: None if value is None else shown(value)


def _shown(signature: Signature) -> Callable[[Any], str]:
    """As `writer`, of values that are not NULL."""
    kind = signature["rawType"]
    inner = [argument["value"] for argument in signature.get("arguments", [])]
    if kind == "boolean":
        return lambda value: "true" if value else "false"
    if kind in ("double", "real"):
        return lambda value: value if isinstance(value, str) else _double(float(value))
    if kind == "varbinary":
        return lambda value: base64.b64decode(value).hex(" ")
    if kind.startswith("timestamp"):
        return _milliseconds
    if kind == "array":
        item = _nested(inner[0])
        return lambda value: f"[{', '.join(map(item, value))}]"
    if kind == "map":
        item = _nested(inner[1])
        return lambda value: f"{{{', '.join(f'{k}={item(v)}' for k, v in value.items())}}}"
    if kind == "row":
        fields = [_field(one) for one in inner]
        return lambda value: f"{{{', '.join(f(v) for f, v in zip(fields, value, strict=True))}}}"
    return str


def _nested(signature: Signature) -> Callable[[Any], str]:
    shown = _shown(signature)
    return lambda value: "null" if value is None else shown(value)


def _field(described: dict[str, Any]) -> Callable[[Any], str]:
    name = (described.get("fieldName") or {}).get("name")
    shown = _nested(described["typeSignature"])
    return (lambda value: f"{name}={shown(value)}") if name else shown


def _milliseconds(value: str) -> str:
    found = TIMESTAMP.fullmatch(value)
    return f"{found[1]}.{((found[2] or '') + '000')[:3]}{found[3]}" if found else value


def _double(value: float) -> str:
    """Java's Double.toString: the shortest digits that read back the same, E from 10^7 on."""
    if value == 0 or SCIENTIFIC_BELOW <= abs(value) < SCIENTIFIC_FROM:
        return repr(value)
    digits, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        digits, _, exponent = next(
            shortest.partition("e")
            for shortest in (format(value, f".{places}e") for places in range(1, 18))
            if float(shortest) == value
        )
    mantissa = digits if "." in digits else f"{digits}.0"
    whole, _, fraction = mantissa.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}E{int(exponent)}"


class Table:
    """The rows of one result on their way to S3, and where each lies in the object.

    `csv` results begin with a line of names and quote every value but NULL; others are lines of
    texts with tabs between them.
    """

    def __init__(self, file: IO[bytes], quoted: bool) -> None:
        self.file = file
        self.quoted = quoted
        self.columns: list[dict[str, Any]] = []
        self.starts = array("Q", [0])
        """Where each line begins, and where the last one ends."""

    def head(self, columns: list[dict[str, Any]]) -> None:
        """Say what the columns are, before the first row."""
        self.columns = columns
        if self.quoted and columns:
            self.add([[info["Name"] for info in columns]])

    def add(self, rows: Iterable[list[Value]]) -> None:
        """Write rows."""
        end, lines = self.starts[-1], []
        for row in rows:
            text = ",".join(map(_quoted, row)) if self.quoted else "\t".join(v or "" for v in row)
            lines.append(f"{text}\n".encode())
            end += len(lines[-1])
            self.starts.append(end)
        self.file.write(b"".join(lines))

    @property
    def lines(self) -> int:
        """How many lines the object has, the one of names included."""
        return len(self.starts) - 1

    def place(self, first: int, count: int) -> tuple[int, int]:
        """The bytes [start, end) of `count` lines from line `first` on."""
        last = min(first + count, self.lines)
        return self.starts[min(first, last)], self.starts[last]

    def rows(self, body: bytes) -> list[list[Value]]:
        """The rows of bytes that `place` told."""
        lines = body.decode()
        if not self.quoted:
            return [list(line.split("\t")) for line in lines.split("\n")[:-1]]
        return [_unquoted(row) for row in _records(lines)]


def _quoted(value: Value) -> str:
    if value is None:
        return ""
    return f'"{value}"' if '"' not in value else '"' + value.replace('"', '""') + '"'


FIELD = re.compile(r'"((?:[^"]|"")*)"|')


def _records(lines: str) -> list[list[str]]:
    """CSV records as their raw fields, quotes kept: they tell an empty text from NULL."""
    records: list[list[str]] = []
    at, record = 0, []
    while at < len(lines):
        found = FIELD.match(lines, at)
        assert found  # the empty alternative always matches
        record.append(found.group())
        at = found.end()
        if lines[at] == "\n":
            records.append(record)
            record = []
        at += 1
    return records


def _unquoted(record: list[str]) -> list[Value]:
    return [field[1:-1].replace('""', '"') if field else None for field in record]
