"""A repair reads what is certainly meant, the same for the same bytes, and invents nothing."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from analysis.repairs import RULES, repair
from tests.handlers.msk_producer.events import event, line

GOOD = line(1)
BOM = b"\xef\xbb\xbf"


def renamed(old: str, new: str) -> bytes:
    return GOOD.replace(f'"{old}"'.encode(), f'"{new}"'.encode())


@pytest.mark.parametrize(
    ("given", "expected", "rules"),
    [
        pytest.param(GOOD, [GOOD], [], id="good"),
        pytest.param(BOM + GOOD, [GOOD], ["byte order mark"], id="mark"),
        pytest.param(b"\0 \r" + BOM + b" " + GOOD, [GOOD], ["byte order mark"], id="both"),
        pytest.param(GOOD + b"\0\0\r\n", [GOOD], ["padding"], id="padding"),
        pytest.param(GOOD + line(2), [GOOD, line(2)], ["several documents"], id="two"),
        pytest.param(GOOD + b"\n\0 " + line(2), [GOOD, line(2)], ["several documents"], id="gap"),
        pytest.param(b"[" + GOOD + b"," + line(2) + b"]", [GOOD, line(2)],
                     ["several documents"], id="array"),
        pytest.param(b"[" + GOOD + b"]", [GOOD], ["several documents"], id="array of one"),
        pytest.param(line(1, error_count="0"), [GOOD], ["number as text"], id="int as text"),
        pytest.param(line(1, error_count=" +0 "), [GOOD], ["number as text"], id="int, spaces"),
        pytest.param(line(1, bandwidth_mbps="12.5"), [GOOD], ["number as text"], id="double"),
        pytest.param(line(1, error_count=0.0), [GOOD], ["whole number"], id="0.0"),
        pytest.param(line(1, shoe_size=43), [GOOD], ["unknown column"], id="unknown"),
        pytest.param(renamed("isp", "ISP"), [GOOD], ["column case"], id="case"),
        pytest.param(line(1, error_count="0", more=1, position_seconds=1.0), [GOOD],
                     ["number as text", "unknown column", "whole number"], id="three rules"),
        pytest.param(GOOD.replace(b",", b",\r", 1), [GOOD], ["padding"], id="CR inside"),
    ],
)  # fmt: skip
def test_what_is_certainly_meant_is_mended(
    given: bytes, expected: list[bytes], rules: list[str]
) -> None:
    found = repair(given)
    assert [one.value for one in found.records] == expected
    assert (sorted(found.rules), found.rejections) == (rules, ())
    assert set(found.rules) <= set(RULES)
    assert repair(given) == found


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b"", "E_REC_SHAPE"),
        (b"\0\0", "E_REC_SHAPE"),
        (BOM, "E_REC_SHAPE"),
        (b"{", "E_REC_SHAPE"),
        (GOOD[:-1], "E_REC_SHAPE"),
        (b"[]", "E_REC_SHAPE"),
        (b"7", "E_REC_SHAPE"),
        (b"[1,2]", "E_REC_SHAPE"),
        (b"[" * 100_000, "E_REC_SHAPE"),
        (bytes(range(128, 256)), "E_REC_ENCODING"),
        (GOOD.replace(b"Berlin", b"\xff"), "E_REC_ENCODING"),
        (line(1, city="\ud800"), "E_REC_ENCODING"),
        (line(1, city="x" * 300_000), "E_REC_SIZE"),
        (line(1, event_id="nobody"), "E_REC_ID"),
        (line(1, isp=None), "E_REC_COLUMN"),
        (line(1, bandwidth_mbps=float("nan")), "E_REC_COLUMN"),
        (line(1, bandwidth_mbps="NaN"), "E_REC_COLUMN"),
        (line(1, error_count=1.5), "E_REC_COLUMN"),
        (line(1, error_count=True), "E_REC_COLUMN"),
        (line(1, error_count="many"), "E_REC_COLUMN"),
        (line(1, error_count=str(2**31)), "E_REC_COLUMN"),
        (line(1, error_count="0x10"), "E_REC_COLUMN"),
        (line(1, app_version=7), "E_REC_COLUMN"),
        (renamed("isp", "provider"), "E_REC_COLUMN"),
        (renamed("isp", "ISP")[:-1] + b',"Isp":"second"}', "E_REC_COLUMN"),
        (line(1, error_count="7")[:-1] + b',"city":"Bonn"}', "E_REC_SHAPE"),
        (b"[" + GOOD[:-1] + b',"event_id":"0123456789abcdef-00000009"}]', "E_REC_SHAPE"),
        (GOOD.replace(b'"error_count":0', b'"error_count":1999999999.00000001'), "E_REC_COLUMN"),
        (GOOD.replace(b'"error_count":0', b'"error_count":1e400'), "E_REC_COLUMN"),
        *(
            (b"[%s]" % GOOD.replace(b'"error_count":0', b'"error_count":' + number), "E_REC_SHAPE")
            for number in (b"1999999999.00000001", b"1e-400", b"0.00000000000000000000000001e-400")
        ),
        (b"\xfe\xff" + GOOD.decode().encode("utf-16-be"), "E_REC_ENCODING"),
        (GOOD.decode().encode("utf-16-le"), "E_REC_SHAPE"),
    ],
)
def test_what_would_be_a_guess_stays(given: bytes, reason: str) -> None:
    found = repair(given)
    assert found.records == ()
    assert [one.reason for one in found.rejections] == [reason]


@pytest.mark.parametrize("column", ["error_count", "watch_duration_seconds", "bandwidth_mbps"])
@pytest.mark.parametrize("number", ["1e400000", "-1e400000", "1.5e400000", "1e1000000000000000000"])
@pytest.mark.parametrize("form", [b"%s", b"[%s]", b"%s %s"])
def test_a_number_of_a_huge_exponent_stays_and_costs_nothing(
    column: str, number: str, form: bytes
) -> None:
    given = line(1, **{column: "HERE"}).replace(b'"HERE"', number.encode())
    content = form.replace(b"%s", given)
    began = time.process_time()
    found = repair(content)
    assert time.process_time() - began < 1
    assert found.records == () and found.rejections
    assert {one.reason for one in found.rejections} <= {"E_REC_COLUMN", "E_REC_SHAPE"}


@pytest.mark.parametrize("number", ["0e400000", "10e9", "2147483648.0", "1e-400000", "1e-400001"])
def test_a_whole_number_that_no_column_holds_is_left_as_it_is(number: str) -> None:
    found = repair(GOOD.replace(b'"error_count":0', b'"error_count":' + number.encode()))
    assert ([one.reason for one in found.rejections], found.rules) == (["E_REC_COLUMN"], {})


def test_of_a_content_the_good_part_is_mended_and_the_rest_stays() -> None:
    found = repair(GOOD + b'{"event_id":')
    assert [one.value for one in found.records] == [GOOD]
    assert [one.reason for one in found.rejections] == ["E_REC_SHAPE"]


def test_the_bytes_of_a_good_document_are_not_spelt_anew() -> None:
    odd = GOOD.replace(b":12.5", b": 12.50")
    assert [one.value for one in repair(BOM + odd).records] == [odd]


def test_a_column_is_not_replaced_by_another_case_of_it() -> None:
    both = json.dumps({**event(1), "ISP": "other"}).encode()
    (record,) = repair(both).records
    assert json.loads(record.value) == event(1)


def test_many_documents_in_a_line_become_a_line_each() -> None:
    assert len(repair(b"".join(line(index) for index in range(2_000))).records) == 2_000


def test_the_page_names_every_rule(repo: Path) -> None:
    page = (repo / "docs/quarantine.md").read_text("utf-8")
    for rule, meaning in RULES.items():
        assert f"| {rule} | {meaning} |" in page
