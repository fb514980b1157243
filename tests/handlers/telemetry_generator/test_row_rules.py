"""Every row rule of the contract holds for every event of a large run, and of a day's window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.contract.event import (
    COLUMN_NAMES,
    COLUMNS,
    CONNECTION_TYPES,
    DEVICE_TYPES,
    EVENT_TYPES,
    QUALITIES,
    UHD_FLOOR_MBPS,
)
from handlers.contract.identity import EVENT_ID
from handlers.runtime.clock import parse_rfc3339
from handlers.telemetry_generator.connections import ISP_NAMES
from handlers.telemetry_generator.devices import SYSTEMS
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.run import Run

Rows = list[dict[str, Any]]
END = datetime(2025, 8, 11, 20, tzinfo=UTC)
START = END - timedelta(hours=6)
EVENTS = 120_000
PYTHON_TYPES = {"string": str, "int": int, "double": float}


@pytest.fixture(scope="module")
def rows(rows_of: Callable[[Run], Rows]) -> Rows:
    return rows_of(Run("00c0ffee00c0ffee", START, END, EVENTS, 7))


@pytest.fixture(scope="module")
def sessions(rows: Rows) -> dict[str, Rows]:
    grouped: dict[str, Rows] = defaultdict(list)
    for row in rows:
        grouped[row["session_id"]].append(row)
    return grouped


def seconds_since_start(session: Rows, row: dict[str, Any]) -> float:
    begin = parse_rfc3339(session[0]["event_timestamp"])
    return (parse_rfc3339(row["event_timestamp"]) - begin).total_seconds()


def test_the_columns_are_the_contracts_in_order_and_type(rows: Rows) -> None:
    assert {tuple(row) for row in rows} == {COLUMN_NAMES}
    types = {column.name: PYTHON_TYPES[column.type] for column in COLUMNS}
    assert all(type(row[name]) is kind for row in rows for name, kind in types.items())


def test_the_count_is_exact_and_ids_are_the_runs_in_order(rows: Rows) -> None:
    assert [row["event_id"] for row in rows] == [
        f"00c0ffee00c0ffee-{index:08d}" for index in range(EVENTS)
    ]
    assert all(EVENT_ID.fullmatch(row["event_id"]) for row in rows)


def test_times_lie_in_the_window_in_order(rows: Rows) -> None:
    stamps = [row["event_timestamp"] for row in rows]
    assert stamps == sorted(stamps)
    assert stamps[0] >= "2025-08-11T14:00:00.000Z" and stamps[-1] < "2025-08-11T20:00:00.000Z"
    assert all(len(stamp) == len("2025-08-11T14:00:00.000Z") for stamp in stamps)


def test_vocabularies_are_closed_and_all_used(rows: Rows) -> None:
    for name, allowed in (
        ("event_type", EVENT_TYPES),
        ("device_type", DEVICE_TYPES),
        ("quality", QUALITIES),
        ("connection_type", CONNECTION_TYPES),
    ):
        assert {row[name] for row in rows} == set(allowed)
    assert {row["isp"] for row in rows} <= set(ISP_NAMES)
    assert all(row["device_os"] in SYSTEMS[row["device_type"]] for row in rows)


def test_ids_are_real(rows: Rows, reference: Reference) -> None:
    assert {row["title_id"] for row in rows} <= set(reference.catalogue.ids)
    assert {row["customer_id"] for row in rows} <= set(reference.audience.ids)


def test_completion_is_the_share_of_the_title_watched(rows: Rows, reference: Reference) -> None:
    durations = dict(
        zip(reference.catalogue.ids, reference.catalogue.duration_seconds.tolist(), strict=True)
    )
    for row in rows:
        exact = 100 * row["position_seconds"] / durations[row["title_id"]]
        assert abs(row["completion_percentage"] - exact) <= 0.005 + 1e-9
        assert 0 <= row["completion_percentage"] <= 100
        if row["event_type"] == "complete":
            assert row["completion_percentage"] == 100


def test_rebuffers_and_their_time_go_together(rows: Rows) -> None:
    assert all(
        (row["buffering_events"] == 0) == (row["buffering_duration_seconds"] == 0) for row in rows
    )
    assert any(row["buffering_events"] > 1 for row in rows)


def test_4k_needs_throughput(rows: Rows) -> None:
    uhd = [row for row in rows if row["quality"] == "4K"]
    assert uhd and min(row["bandwidth_mbps"] for row in uhd) >= UHD_FLOOR_MBPS
    assert min(row["bandwidth_mbps"] for row in rows) > 0


def test_a_session_is_one_customer_title_and_device(sessions: dict[str, Rows]) -> None:
    same = ("customer_id", "title_id", "device_type", "device_id", "device_os", "app_version",
            "quality", "ip_address", "country", "isp", "connection_type")  # fmt: skip
    for session in sessions.values():
        assert len({tuple(row[name] for name in same) for row in session}) == 1


def test_a_session_runs_from_start_over_pauses_to_its_end(sessions: dict[str, Rows]) -> None:
    for session in sessions.values():
        types = [row["event_type"] for row in session]
        assert types[0] == "start" and "start" not in types[1:]
        middle = types[1:-1] if types[-1] in ("stop", "complete") else types[1:]
        assert middle[0::2] == ["pause"] * len(middle[0::2])
        assert middle[1::2] == ["resume"] * len(middle[1::2])
        if types[-1] in ("stop", "complete"):
            assert len(middle) % 2 == 0


def test_counters_and_position_never_decrease(sessions: dict[str, Rows]) -> None:
    cumulative = ("watch_duration_seconds", "position_seconds", "completion_percentage",
                  "buffering_events", "buffering_duration_seconds", "error_count")  # fmt: skip
    for session in sessions.values():
        for name in cumulative:
            values = [row[name] for row in session]
            assert values == sorted(values)
            assert values[0] == 0


def test_watching_and_buffering_fit_the_wall_clock(sessions: dict[str, Rows]) -> None:
    for session in sessions.values():
        for row in session:
            busy = row["watch_duration_seconds"] + row["buffering_duration_seconds"]
            assert busy <= seconds_since_start(session, row)


def test_a_device_belongs_to_one_customer_and_type(rows: Rows) -> None:
    owners: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in rows:
        owners[row["device_id"]].add((row["customer_id"], row["device_type"], row["device_os"]))
    assert all(len(owner) == 1 for owner in owners.values())


def test_at_home_the_address_and_provider_stay(rows: Rows) -> None:
    homes: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        if row["connection_type"] != "mobile":
            homes[row["customer_id"]].add((row["ip_address"], row["isp"]))
    assert all(len(home) == 1 for home in homes.values())


def test_a_country_and_an_absent_state_are_told(rows: Rows) -> None:
    assert {row["country"] for row in rows} == {"US", "DE", "GB", "ZZ"}
    assert {row["state"] for row in rows} == {"", 'Süd/"x"'}
