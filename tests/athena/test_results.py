"""Values as Athena writes them, and the CSV read back row by row."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest

from local.aws.athena import results


def of(kind: str, *inner: dict[str, Any]) -> dict[str, Any]:
    return {"rawType": kind, "arguments": [{"kind": "TYPE", "value": one} for one in inner]}


def field(name: str, kind: str) -> dict[str, Any]:
    signature = {"fieldName": {"name": name}, "typeSignature": of(kind)}
    return {"kind": "NAMED_TYPE", "value": signature}


@pytest.mark.parametrize(
    ("value", "signature", "expected"),
    [
        (None, of("bigint"), None),
        (True, of("boolean"), "true"),
        (7, of("bigint"), "7"),
        ("1.50", of("decimal"), "1.50"),
        (0.0, of("double"), "0.0"),
        (1.5, of("double"), "1.5"),
        (0.001, of("double"), "0.001"),
        (0.0001, of("double"), "1.0E-4"),
        (9999999.0, of("double"), "9999999.0"),
        (1e7, of("double"), "1.0E7"),
        (12345678.9, of("double"), "1.23456789E7"),
        (-1.5e300, of("double"), "-1.5E300"),
        (100000000, of("double"), "1.0E8"),
        ("NaN", of("double"), "NaN"),
        (base64.b64encode(b"\x00\xff").decode(), of("varbinary"), "00 ff"),
        ("2026-11-24 08:00:00", of("timestamp"), "2026-11-24 08:00:00.000"),
        (
            "2026-11-24 08:00:00.123456 UTC",
            of("timestamp with time zone"),
            "2026-11-24 08:00:00.123 UTC",
        ),
        (["a", None], of("array", of("varchar")), "[a, null]"),
        ({"k": [1.0]}, of("map", of("varchar"), of("array", of("double"))), "{k=[1.0]}"),
        (
            [1, None],
            {"rawType": "row", "arguments": [field("a", "integer"), field("b", "varchar")]},
            "{a=1, b=null}",
        ),
    ],
)
def test_text_of_a_value(value: Any, signature: dict[str, Any], expected: str | None) -> None:
    assert results.writer(signature)(value) == expected


@pytest.mark.parametrize(
    ("signature", "kind", "precision", "scale"),
    [
        (of("bigint"), "bigint", 19, 0),
        (of("real"), "float", 17, 0),
        (
            {
                "rawType": "decimal",
                "arguments": [{"kind": "LONG", "value": 12}, {"kind": "LONG", "value": 2}],
            },
            "decimal",
            12,
            2,
        ),
        (of("varchar"), "varchar", 2147483647, 0),
        (of("array", of("varchar")), "array", 0, 0),
    ],
)
def test_description_of_a_column(
    signature: dict[str, Any], kind: str, precision: int, scale: int
) -> None:
    found = results.column("a", signature)
    assert (found["Name"], found["Type"]) == ("a", kind)
    assert (found["Precision"], found["Scale"]) == (precision, scale)


ROWS: list[list[str | None]] = [["1", 'a"b,c'], [None, ""], ["", None], ["l1\nl2", "é"]]


def written(quoted: bool, rows: list[list[str | None]]) -> tuple[results.Table, bytes]:
    file = io.BytesIO()
    table = results.Table(file, quoted)
    table.head([results.text_column("x"), results.text_column("y")])
    for start in range(0, len(rows), 3):
        table.add(rows[start : start + 3])
    return table, file.getvalue()


def test_the_object_is_written_as_athena_writes_it() -> None:
    _, body = written(True, ROWS)
    assert body.decode() == '"x","y"\n"1","a""b,c"\n,""\n"",\n"l1\nl2","é"\n'


@pytest.mark.parametrize(("first", "count"), [(0, 2), (1, 1), (2, 3), (4, 9), (5, 9)])
def test_rows_are_read_back_by_their_place(first: int, count: int) -> None:
    table, body = written(True, ROWS)
    start, end = table.place(first, count)
    assert table.rows(body[start:end]) == [["x", "y"], *ROWS][first : first + count]


def test_a_listing_is_lines_with_tabs() -> None:
    table, body = written(False, [["a", "b"], ["c", None]])
    assert body == b"a\tb\nc\t\n"
    assert table.rows(body) == [["a", "b"], ["c", ""]]
