"""The statements in `queries/`, without the optional columns that a table lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

QUERIES = Path(__file__).resolve().parents[2] / "queries"
_COLUMN_LINE = re.compile(r"^\s+, (\w+)$")


def statement(name: str) -> str:
    """The text of `queries/<name>.sql`."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def with_columns(text: str, present: Iterable[str]) -> str:
    """`text` without the lines `, <column>` of columns that are not `present`."""
    kept = frozenset(present)
    return "\n".join(
        line
        for line in text.splitlines()
        if (match := _COLUMN_LINE.match(line)) is None or match[1] in kept
    )
