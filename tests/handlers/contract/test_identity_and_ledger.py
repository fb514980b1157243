"""Ids follow from what they name; ledger keys and records keep their shape."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers.contract import ledger
from handlers.contract.identity import EVENT_ID, RUN_ID, event_id, key_of, run_id, session_id
from handlers.contract.ledger import Record
from handlers.contract.shape import ShapeError

AT = "2025-08-11T03:00:00.000Z"
RECORD = Record(
    run_id="0" * 16,
    attempt="a",
    status=ledger.STATUS_OPEN,
    window={"start": AT, "end": "2025-08-11T03:05:00.000Z"},
    scheduled_at=None,
    seed=1,
    profile="steady",
    reference_version="v",
    references=[{"version": "v", "in_force_from": AT}],
    request={},
    started_at=AT,
)


def test_a_run_id_is_64_bits_of_its_parameters_in_any_order() -> None:
    assert run_id({"a": 1, "b": None}) == run_id({"b": None, "a": 1}) == "46e0ff59f6164548"
    assert RUN_ID.fullmatch(run_id({})) and run_id({"a": 1}) != run_id({"a": "1"})


def test_an_event_id_is_its_run_and_index() -> None:
    assert event_id("0123456789abcdef", 42) == "0123456789abcdef-00000042"
    assert EVENT_ID.fullmatch(event_id(run_id({}), 99_999_999))


def test_a_session_id_spells_its_key() -> None:
    assert session_id(2**64 - 1) == "SESS_ffffffffffffffff" and session_id(1).endswith("0001")


def test_a_key_separates_its_parts() -> None:
    assert key_of("a", "bc") != key_of("ab", "c") and 0 <= key_of() < 2**64


def test_attempts_of_a_run_lie_together_by_the_windows_end() -> None:
    end = datetime.fromisoformat("2025-08-12T01:30:00+02:00")
    attempt = ledger.attempt_name(datetime(2025, 8, 12, 0, 5, 7, 9_999, tzinfo=UTC), "r")
    assert ledger.key(end, "run", attempt, ledger.OPENED) == (
        "ledger/year=2025/month=08/day=11/run/20250812T000507009Z-r-opened.json"
    )


def test_a_record_round_trips_and_refuses_another_shape() -> None:
    assert Record.of(RECORD.as_dict()) == RECORD
    with pytest.raises(ShapeError):
        Record.of({**RECORD.as_dict(), "extra": 1})
