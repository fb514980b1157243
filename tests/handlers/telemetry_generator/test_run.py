"""Windows fit together, counts are exact, and the same run is the same bytes everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handlers.contract.limits import RUN_MAX_EVENTS
from handlers.runtime.errors import PipelineError
from handlers.telemetry_generator import run as runs
from handlers.telemetry_generator.lines import lines
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.run import InForce, Run, events
from tests.handlers.references import small_document

Rows = list[dict[str, Any]]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NIGHT = datetime(2025, 8, 12, 3, tzinfo=UTC)
TICK = timedelta(minutes=5)


def without_ids(rows: Rows) -> list[tuple[Any, ...]]:
    return sorted(tuple(value for name, value in row.items() if name != "event_id") for row in rows)


def test_ticks_together_are_the_window_at_once(rows_of: Callable[[Run], Rows]) -> None:
    ticks = [
        rows_of(Run(f"{tick:016x}", NIGHT + tick * TICK, NIGHT + (tick + 1) * TICK, None, 5))
        for tick in range(6)
    ]
    whole = rows_of(Run("f" * 16, NIGHT, NIGHT + 6 * TICK, None, 5))
    assert without_ids([row for tick in ticks for row in tick]) == without_ids(whole)
    ids = [row["event_id"] for tick in ticks for row in tick]
    assert len(set(ids)) == len(ids)


def test_sessions_outlive_a_tick(rows_of: Callable[[Run], Rows]) -> None:
    rows = rows_of(Run("a" * 16, NIGHT, NIGHT + TICK, None, 5))
    started = {row["session_id"] for row in rows if row["event_type"] == "start"}
    assert any(row["session_id"] not in started for row in rows)


def test_another_seed_is_another_audience(rows_of: Callable[[Run], Rows]) -> None:
    one, two = (rows_of(Run("a" * 16, NIGHT, NIGHT + TICK, None, seed)) for seed in (5, 6))
    assert {row["session_id"] for row in one}.isdisjoint(row["session_id"] for row in two)


@pytest.mark.parametrize("seconds", [0.001, 1, 60, 86_400])
def test_events_of_one_millisecond_come_in_the_order_of_their_sessions(
    rows_of: Callable[[Run], Rows], seconds: float
) -> None:
    rows = rows_of(Run("a" * 16, NIGHT, NIGHT + timedelta(seconds=seconds), 4_999, 5))
    order = [(row["event_timestamp"], row["session_id"]) for row in rows]
    assert order == sorted(order)


@pytest.mark.parametrize("wanted", [1, 2, 3, 7, 100, 4999])
@pytest.mark.parametrize("seconds", [0.001, 1, 61, 900, 86_400])
def test_an_exact_run_has_exactly_so_many(
    rows_of: Callable[[Run], Rows], wanted: int, seconds: float
) -> None:
    start = NIGHT + timedelta(seconds=17, milliseconds=250)
    end = start + timedelta(seconds=seconds)
    rows = rows_of(Run("b" * 16, start, end, wanted, 0))
    assert len(rows) == wanted
    stamps = [datetime.fromisoformat(row["event_timestamp"]) for row in rows]
    assert start <= min(stamps) and max(stamps) < end
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row["session_id"], row["event_type"])
    assert set(first.values()) == {"start"}


@pytest.mark.parametrize(
    ("size", "at_once"), [(None, 1_000), (None, 5_000), (400, 1), (400, 37), (5_000, 1_000)]
)
def test_how_many_sessions_are_made_at_once_decides_nothing(
    reference: Reference, monkeypatch: pytest.MonkeyPatch, size: int | None, at_once: int
) -> None:
    of = Run("a" * 16, NIGHT, NIGHT + timedelta(seconds=20), size, 5, "isp_outage")
    usual = events(of, [InForce(reference, LONG_AGO)])
    monkeypatch.setattr(runs, "SESSIONS_AT_ONCE", at_once)
    made = events(of, [InForce(reference, LONG_AGO)])
    assert list(lines(made, "a" * 16, 0, len(made))) == list(lines(usual, "a" * 16, 0, len(usual)))


def test_no_more_sessions_are_made_than_the_events_need(reference: Reference) -> None:
    wanted = 20_000
    of = Run("a" * 16, NIGHT, NIGHT + timedelta(days=1), wanted, 5)
    made = events(of, [InForce(reference, LONG_AGO)])
    assert len(np.unique(made.session)) > 0.9 * len(made.sessions.viewer.items)
    tick = events(Run("a" * 16, NIGHT, NIGHT + TICK, None, 5), [InForce(reference, LONG_AGO)])
    assert len(np.unique(tick.session)) == len(tick.sessions.viewer.items)


def test_exact_runs_have_sessions_of_their_own(rows_of: Callable[[Run], Rows]) -> None:
    one, two = (rows_of(Run(run * 16, NIGHT, NIGHT + TICK, 500, 5)) for run in "cd")
    assert {row["session_id"] for row in one}.isdisjoint(row["session_id"] for row in two)


def test_a_session_uses_the_version_in_force_at_its_start(reference: Reference) -> None:
    other = Reference.of(small_document(salt="b"))
    change = NIGHT - timedelta(minutes=20)
    history = [InForce(reference, LONG_AGO), InForce(other, change)]
    run = Run("e" * 16, NIGHT, NIGHT + TICK, None, 5)
    made = events(run, history)
    rows = [json.loads(line) for line in lines(made, run.run_id, 0, len(made))]
    new = {row["session_id"] for row in rows if row["title_id"].startswith("TITLE_b")}
    assert new and len(new) < len({row["session_id"] for row in rows})
    assert all(row["session_id"] in new for row in rows if row["event_type"] == "start")
    before = events(Run("e" * 16, NIGHT - 10 * TICK, change, None, 5), history[:1])
    after = events(Run("e" * 16, NIGHT - 10 * TICK, change, None, 5), history)
    assert list(lines(before, "e" * 16, 0, len(before))) == list(
        lines(after, "e" * 16, 0, len(after))
    )


@pytest.mark.parametrize("wanted", [1, 50, 4_999])
def test_a_session_of_an_exact_run_uses_the_version_in_force_at_its_start(
    reference: Reference, monkeypatch: pytest.MonkeyPatch, wanted: int
) -> None:
    other = Reference.of(small_document(salt="b"))
    run = Run("e" * 16, NIGHT, NIGHT + TICK, wanted, 5)

    def made(*history: InForce) -> list[Any]:
        found = events(run, history)
        return list(lines(found, run.run_id, 0, len(found)))

    old = made(InForce(reference, LONG_AGO))
    changed = made(InForce(reference, LONG_AGO), InForce(other, NIGHT + timedelta(seconds=90)))
    rows = [json.loads(line) for line in changed]
    starts = [row for row in rows if row["event_type"] == "start"]
    assert len(rows) == wanted and len({row["event_id"] for row in rows}) == wanted
    used = "2025-08-12T03:02:00.000Z"  # the next full minute
    for row in starts:
        assert row["title_id"].startswith("TITLE_b") == (row["event_timestamp"] >= used)
    assert wanted == 1 or {row["event_timestamp"] >= used for row in starts} == {True, False}
    monkeypatch.setattr(runs, "SESSIONS_AT_ONCE", 37)
    history = InForce(reference, LONG_AGO), InForce(other, NIGHT + timedelta(seconds=90))
    assert made(*history) == changed
    # another attempt that sees a version published meanwhile makes the same
    assert made(InForce(reference, LONG_AGO), InForce(other, NIGHT + TICK)) == old
    in_force = InForce(other, NIGHT)
    assert made(InForce(reference, LONG_AGO), in_force) == made(InForce(other, LONG_AGO)) != old
    assert made(InForce(reference, NIGHT + TICK)) == old  # the oldest known is for all before


@pytest.mark.parametrize("wanted", [None, 500])
def test_versions_of_two_clocks_make_no_session_twice(
    reference: Reference, wanted: int | None
) -> None:
    salted = [Reference.of(small_document(salt=salt)) for salt in "bc"]
    later, earlier = NIGHT + timedelta(seconds=110), NIGHT + timedelta(seconds=60)
    history = [
        InForce(reference, LONG_AGO), InForce(salted[0], later), InForce(salted[1], earlier)
    ]  # fmt: skip
    run = Run("e" * 16, NIGHT, NIGHT + TICK, wanted, 5)
    made = events(run, history)
    rows = [json.loads(line) for line in lines(made, run.run_id, 0, len(made))]
    titles = {(row["session_id"], row["title_id"]) for row in rows}
    assert len(titles) == len({row["session_id"] for row in rows})
    starts = [row for row in rows if row["event_type"] == "start"]
    after = [row for row in starts if row["event_timestamp"] >= "2025-08-12T03:01:00.000Z"]
    assert after and all(row["title_id"].startswith("TITLE_c") for row in after)


def test_a_window_of_too_many_events_is_refused_before_they_are_made(
    reference: Reference,
) -> None:
    run = Run("a" * 16, NIGHT - timedelta(hours=24), NIGHT, None, 5)
    with pytest.raises(PipelineError, match=f"at most {RUN_MAX_EVENTS} events") as caught:
        events(run, [InForce(reference, LONG_AGO)])
    assert caught.value.code == "E_EVENT_LIMIT"


PROGRAM = """
import hashlib, sys
from datetime import UTC, datetime, timedelta
from handlers.contract.limits import PROFILES
from handlers.telemetry_generator import run as runs
from handlers.telemetry_generator.lines import lines
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.run import InForce, Run, events
from tests.handlers.references import small_document
end = datetime(2025, 8, 12, 3, tzinfo=UTC)
digest = hashlib.sha256()
cases = [
    (None, "steady", 5),
    *((1000, profile, 5) for profile in PROFILES),
    (100, "steady", 24 * 60),
    (5000, "launch", 24 * 60),
    (50000, "isp_outage", 6 * 60),
]
for size, profile, minutes in cases:
    run = Run("a" * 16, end - timedelta(minutes=minutes), end, size, 5, profile)
    made = events(run, [InForce(Reference.of(small_document()), datetime(2020, 1, 1, tzinfo=UTC))])
    for line in lines(made, run.run_id, 0, len(made)):
        digest.update(line.encode() + b"\\n")
print(digest.hexdigest())
"""
# Changes only when the events of a run change: every change of it breaks retries under way.
EXPECTED = "9b6079237ad6ce2ccfc74a6c239e2b56ec8c99f1cea0d0c335a3bb5b261d08bd"


def other_pythons() -> list[str]:
    """Interpreters of other versions with the pinned numpy, as the environment names them."""
    return os.environ.get("ACME_OTHER_PYTHONS", "").split(os.pathsep)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "0"},
        {"PYTHONHASHSEED": "4242", "TZ": "America/Los_Angeles", "LC_ALL": "C"},
        {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512_SKX"},
    ],
)
@pytest.mark.parametrize("python", [sys.executable, *filter(None, other_pythons())])
def test_another_process_makes_the_same_bytes(environment: dict[str, str], python: str) -> None:
    made = subprocess.run(
        [python, "-W", "ignore", "-c", PROGRAM],
        cwd=Path(__file__).resolve().parents[3],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == EXPECTED


def test_lines_in_parts_are_the_lines_at_once(reference: Reference) -> None:
    run = Run("a" * 16, NIGHT, NIGHT + TICK, 300, 5)
    made = events(run, [InForce(reference, LONG_AGO)])
    whole = list(lines(made, run.run_id, 0, 300))
    parts = [*lines(made, run.run_id, 0, 7), *lines(made, run.run_id, 7, 300)]
    assert whole == parts
    assert np.all(np.diff(made.at_ms) >= 0)


@pytest.mark.parametrize(("first", "last"), [(7, 10_020), (9_999, 10_001), (4_999, 20_003)])
def test_lines_from_any_number_are_those_of_the_whole(
    reference: Reference, first: int, last: int
) -> None:
    run = Run("a" * 16, NIGHT, NIGHT + timedelta(hours=1), 20_003, 5)
    made = events(run, [InForce(reference, LONG_AGO)])
    whole = list(lines(made, run.run_id, 0, len(made)))
    assert list(lines(made, run.run_id, first, last)) == whole[first:last]
