"""Each bad event is named by index and reason; the good ones go through byte for byte."""

from __future__ import annotations

import json

import pytest

from handlers.contract import records
from handlers.contract.event import COLUMNS, RECORD_MAX_BYTES
from handlers.contract.records import check
from tests.handlers.msk_producer.events import event, line

REQUIRED = [column.name for column in COLUMNS if column.required and column.name != "event_id"]
TEXTS = [column.name for column in COLUMNS if column.type == "string" and column.name != "event_id"]
INTS = [column.name for column in COLUMNS if column.type == "int"]


def reason(given: object) -> tuple[str, str]:
    records, rejections = check([given])
    assert records == []
    return rejections[0].reason, rejections[0].detail


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param("x", id="text"),
        pytest.param(7, id="number"),
        pytest.param(b"", id="empty line"),
        pytest.param(b"   ", id="blank line"),
        pytest.param(b"{", id="cut"),
        pytest.param(b"null", id="null line"),
        pytest.param(b"[]", id="list line"),
        pytest.param(line(1) + line(2), id="two objects"),
        pytest.param(b"\xef\xbb\xbf" + line(1), id="byte order mark"),
        pytest.param(line(1, bandwidth_mbps=float("nan")), id="NaN"),
        pytest.param(line(1, bandwidth_mbps=float("inf")), id="Infinity"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"1" * 5_000, id="long number"),
    ],
)
def test_what_is_no_object_is_a_bad_shape(given: object) -> None:
    assert reason(given)[0] == "E_REC_SHAPE"


@pytest.mark.parametrize(
    "identity",
    [
        *(None, "", 7, True, [], "abc", "0123456789abcdef", "0123456789abcdef-1"),
        *("0123456789ABCDEF-00000001", "0123456789abcdef-000000001", " 0123456789abcdef-00000001"),
        *("0123456789abcdef-00000001\n", "0123456789abcdef-0000000x", "x" * 10_000),
    ],
    ids=repr,
)
def test_an_event_id_has_one_form(identity: object) -> None:
    assert reason(event(1, event_id=identity))[0] == "E_REC_ID"


@pytest.mark.parametrize("column", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_a_required_column_is_not_missing(column: str, value: object) -> None:
    without = event(1)
    del without[column]
    for given in (without, event(1, **{column: value})):
        assert reason(given) == ("E_REC_COLUMN", f"{column} is missing")


@pytest.mark.parametrize("column", TEXTS)
@pytest.mark.parametrize("value", [0, 1.5, True, ["x"], {"a": 1}])
def test_a_text_is_a_text(column: str, value: object) -> None:
    found, detail = reason(event(1, **{column: value}))
    assert (found, detail.split(" ")[0]) == ("E_REC_COLUMN", column)


@pytest.mark.parametrize("column", INTS)
@pytest.mark.parametrize("value", ["1", 1.0, True, 2**31, -(2**31) - 1, [1]])
def test_a_whole_number_fits_32_bits(column: str, value: object) -> None:
    found, detail = reason(event(1, **{column: value}))
    assert (found, detail.split(" ")[0]) == ("E_REC_COLUMN", column)


@pytest.mark.parametrize("value", ["1.5", True, None, float("nan"), float("-inf")])
def test_a_double_is_a_finite_number(value: object) -> None:
    assert reason(event(1, completion_percentage=value))[0] == "E_REC_COLUMN"


def test_an_unknown_column_is_refused_by_name() -> None:
    assert reason(event(1, shoe_size=43)) == ("E_REC_COLUMN", "unknown column 'shoe_size'")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(event(1, city="\ud800"), id="object, lone surrogate"),
        pytest.param(line(1, city="\ud800"), id="line, lone surrogate"),
        pytest.param(line(1, city="x").replace(b'"x"', b'"\\uDFFF"'), id="line, upper case"),
        pytest.param(line(1).replace(b"Berlin", b"\xff\xfe"), id="not UTF-8"),
    ],
)
def test_what_is_no_unicode_is_refused(given: object) -> None:
    assert reason(given)[0] == "E_REC_ENCODING"


@pytest.mark.parametrize(("over", "accepted"), [(0, True), (1, False)])
@pytest.mark.parametrize("as_line", [True, False])
def test_a_record_has_a_limit(over: int, accepted: bool, as_line: bool) -> None:
    room = RECORD_MAX_BYTES - len(line(1, city="")) + over
    given = line(1, city="x" * room) if as_line else event(1, city="x" * room)
    records, rejections = check([given])
    assert bool(records) is accepted
    assert [one.reason for one in rejections] == ([] if accepted else ["E_REC_SIZE"])


@pytest.mark.parametrize(
    "city", ["a\nb", "tab\t", "nul\x00", "\u2028", "\u202eRTL", "😀", "Köln", '"quoted"', "\\"]
)
def test_odd_characters_survive(city: str) -> None:
    for given in (event(1, city=city), line(1, city=city)):
        (record,), rejections = check([given])
        assert rejections == []
        assert json.loads(record.value)["city"] == city
        assert b"\n" not in record.value


def test_a_good_line_is_sent_as_it_came() -> None:
    odd = line(1).replace(b'"country":"DE"', b'"country" : "DE"')
    (record,), _ = check([odd])
    assert record.value == odd
    assert record.key == b"SESS_0000000000000000"


def test_a_line_that_would_break_in_two_is_written_anew() -> None:
    (record,), _ = check([line(1).replace(b",", b",\r", 1)])
    assert b"\r" not in record.value
    assert json.loads(record.value) == event(1)


def test_optional_columns_may_be_null_empty_or_absent() -> None:
    absent = event(3)
    del absent["state"], absent["city"]
    records, rejections = check([event(1, state=None, city=None), event(2, state=""), absent])
    assert (len(records), rejections) == (3, [])


def test_of_equal_ids_the_first_counts() -> None:
    records, rejections = check([event(1), event(1), event(1, city="Bonn"), line(2), line(2)])
    assert [record.index for record in records] == [0, 3]
    assert [(one.index, one.reason) for one in rejections] == [
        (1, "E_REC_DUPLICATE"),
        (2, "E_REC_ID_CONFLICT"),
        (4, "E_REC_DUPLICATE"),
    ]


def test_a_rejection_holds_nothing_of_the_event() -> None:
    _, rejections = check([event(1, customer_id=["CUST_secret"]), event(2, isp=12345)])
    assert "secret" not in str(rejections) and "12345" not in str(rejections)


@pytest.mark.parametrize("column", [column.name for column in COLUMNS])
def test_the_short_way_accepts_nothing_that_the_long_way_refuses(
    column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = (
        *("", "x", None, True, 0, -1, 1.0, 1.5, float("nan"), float("inf"), float("-inf")),
        *(2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 10**400, ["x"], {"a": 1}),
    )
    without, reordered = event(1), {column: event(1)[column], **event(1)}
    del without[column]
    renamed = {("x" if name == column else name): value for name, value in event(1).items()}
    given = [*(event(1, **{column: value}) for value in values), without, reordered, renamed]
    given += [event(1, **{column: event(1)[column], "one_more": 1})]
    short = [check([one]) for one in given]
    monkeypatch.setattr(records, "_is_usual", lambda event: False)
    assert short == [check([one]) for one in given]


def test_a_usual_event_goes_the_short_way() -> None:
    assert records._is_usual(event(1, completion_percentage=1.25))
