"""A quarantine record is the table's row, and comes back from its object byte for byte."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from handlers.contract import quarantine
from handlers.contract.quarantine import COLUMNS, STAGE_DELIVERY, STAGE_PRODUCER, Record
from handlers.contract.shape import ShapeError

RECORD = Record(
    quarantine_id="0123456789abcdef-00000007",
    stage=STAGE_PRODUCER,
    reason="E_REC_COLUMN",
    detail="isp is missing",
    occurred_at="2025-08-11T03:00:02.000Z",
    topic="acme-telemetry",
    schema_version=1,
    content=bytes(range(256)),
    run_id="0123456789abcdef",
    event_index=7,
)


def test_a_row_has_the_columns_of_the_table_in_order() -> None:
    assert list(RECORD.as_row()) == [column.name for column in COLUMNS]
    assert RECORD.as_row()["content_bytes"] == 256
    types = {"string": str, "int": int, "bigint": int}
    for column in COLUMNS:
        value = RECORD.as_row()[column.name]
        assert isinstance(value, types[column.type]) or (value is None and not column.required)


def test_an_object_is_lines_and_gives_its_records_back() -> None:
    other = Record(**{**vars(RECORD), "content": b"\n\xff", "topic_offset": 2**40})
    body = quarantine.encode([RECORD, other])
    assert len(gzip.decompress(body).splitlines()) == 2
    assert quarantine.decode(body) == [RECORD, other]
    assert body == quarantine.encode([RECORD, other])


def test_a_key_names_day_stage_and_what_it_holds() -> None:
    name = quarantine.digest(["a", "b"])
    found = quarantine.key(STAGE_DELIVERY, RECORD.occurred_at, name)
    assert found == f"quarantine/day=2025-08-11/delivery-{name}.json.gz"
    assert name == "7e18f737311b2dc3" != quarantine.digest(["ab"])


def test_the_page_describes_every_column(repo: Path) -> None:
    page = (repo / "docs/quarantine.md").read_text("utf-8")
    rows = [f"| `{column.name}` | {column.type} | {column.meaning} |" for column in COLUMNS]
    assert "\n".join(rows) in page


@pytest.mark.parametrize(
    "line", [b"{}", b"[]", b"", b'{"content": 1}', json.dumps({"a": 1}).encode()]
)
def test_what_is_no_record_is_refused(line: bytes) -> None:
    with pytest.raises(ShapeError, match=r"^line 1: "):
        quarantine.decode(gzip.compress(line + b"\n"))
