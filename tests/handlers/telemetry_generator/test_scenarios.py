"""Profiles: what is injected is in the events, and only there, as the truth says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.contract.limits import PROFILES
from handlers.contract.reference_document import Categories, Document
from handlers.contract.truth import Injection, Truth
from handlers.runtime.clock import rfc3339
from handlers.runtime.errors import PipelineError
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.run import InForce, Run, injections
from handlers.telemetry_generator.scenarios import SCENARIOS
from tests.handlers.references import small_document
from tests.handlers.telemetry_generator.stage import Stage, acked, unresolved

Rows = list[dict[str, Any]]
DAY = datetime(2025, 8, 11, tzinfo=UTC)
TICK = timedelta(minutes=5)


def told(reference: Reference, run: Run) -> list[Injection]:
    return injections(run, [InForce(reference, datetime(2020, 1, 1, tzinfo=UTC))])


def run_of(profile: str, start: datetime, end: datetime, count: int | None = 20_000) -> Run:
    return Run("a" * 16, start, end, count, 5, profile)


def hit(row: dict[str, Any], one: Injection) -> bool:
    return one.start <= row["event_timestamp"] < one.end and all(
        row[name] == value for name, value in one.scope.items()
    )


def sessions_that(rows: Rows, condition: Callable[[dict[str, Any]], bool]) -> set[str]:
    return {row["session_id"] for row in rows if row["event_type"] == "start" and condition(row)}


def test_each_profile_has_a_scenario() -> None:
    assert tuple(SCENARIOS) == PROFILES


def test_steady_injects_nothing(reference: Reference) -> None:
    assert told(reference, run_of("steady", DAY, DAY + timedelta(days=1))) == []


def test_the_evening_peak_lifts_its_hours_only(rows_of: Callable[[Run], Rows]) -> None:
    ratios = []
    for hour in (15, 20.5):
        end = DAY + timedelta(hours=hour)
        usual, peak = (
            len(rows_of(run_of(profile, end - TICK, end, None)))
            for profile in ("steady", "evening_peak")
        )
        ratios.append(peak / usual)
        assert peak <= 25_000
    assert ratios[0] == pytest.approx(1, abs=0.05)
    assert ratios[1] == pytest.approx(1.5, abs=0.12)


def test_a_launched_title_takes_its_share_of_starts(
    rows_of: Callable[[Run], Rows], reference: Reference
) -> None:
    run = run_of("launch", DAY + timedelta(hours=16), DAY + timedelta(hours=22))
    (one,) = told(reference, run)
    rows = rows_of(run)
    starts = sessions_that(rows, lambda row: True)
    launched = sessions_that(rows, lambda row: hit(row, one))
    share = one.effect["share_of_starts_permille"] / 1000
    assert share - 0.02 < len(launched) / len(starts) < share + 0.06


def test_an_outage_loses_starts_and_spoils_the_rest(
    rows_of: Callable[[Run], Rows], reference: Reference
) -> None:
    day = run_of("isp_outage", DAY, DAY + timedelta(hours=24), 60_000)
    outages = told(reference, day)
    assert len(outages) == 4 and all(set(one.scope) == {"isp"} for one in outages)
    one = max(outages, key=lambda one: one.start)
    begin = datetime.fromisoformat(one.start)
    end = datetime.fromisoformat(one.end)
    rows = rows_of(run_of("isp_outage", begin, end, 60_000))
    calm = rows_of(run_of("steady", begin, end, 60_000))
    out, usual = (sessions_that(made, lambda row: hit(row, one)) for made in (rows, calm))
    assert len(out) / len(usual) == pytest.approx(0.3, abs=0.06)
    buffering = [
        sum(row["buffering_events"] for row in made if row["session_id"] in chosen) / len(chosen)
        for made, chosen in ((rows, out), (calm, usual))
    ]
    assert buffering[0] > 2 * buffering[1]


def test_a_bad_release_reaches_devices_in_steps_and_buffers(
    rows_of: Callable[[Run], Rows], reference: Reference
) -> None:
    shares = []
    for hour in (5, 7, 10, 14, 23):
        start = DAY + timedelta(hours=hour)
        rows = rows_of(run_of("bad_release", start, start + timedelta(minutes=30), 12_000))
        bad = sessions_that(rows, lambda row: row["app_version"] == "8.5.0")
        shares.append(len(bad) / len(sessions_that(rows, lambda row: True)))
    assert shares == pytest.approx([0, 0.05, 0.25, 0.6, 0], abs=0.06)
    assert shares[0] == shares[4] == 0
    run = run_of("bad_release", DAY + timedelta(hours=12), DAY + timedelta(hours=22))
    (one,) = told(reference, run)
    rows = [row for row in rows_of(run) if row["event_type"] in ("stop", "complete")]
    rate = {
        bad: [row["buffering_events"] for row in rows if (row["app_version"] == "8.5.0") == bad]
        for bad in (True, False)
    }
    mean = {bad: sum(counts) / len(counts) for bad, counts in rate.items()}
    assert mean[True] > 1.8 * mean[False] and one.scope == {"app_version": "8.5.0"}


@pytest.mark.parametrize("profile", PROFILES[1:])
def test_ticks_of_a_profile_are_its_window_at_once(
    rows_of: Callable[[Run], Rows], profile: str
) -> None:
    start = DAY + timedelta(hours=5, minutes=50)

    def texts(run: Run) -> list[str]:
        return [json.dumps({**row, "event_id": ""}) for row in rows_of(run)]

    begins = [start + tick * TICK for tick in range(4)]
    ticks = [text for at in begins for text in texts(run_of(profile, at, at + TICK, None))]
    assert sorted(ticks) == sorted(texts(run_of(profile, start, start + 4 * TICK, None)))


def regrouped(document: Document) -> Document:
    """The same titles and customers, in other categories."""

    def turned(categories: Categories) -> Categories:
        names = list(categories)
        return dict(zip(names, [categories[name] for name in (*names[1:], names[0])], strict=True))

    return replace(
        document, titles=turned(document.titles), customers=turned(document.customers), version="b"
    )


@pytest.mark.parametrize("hour", [3.2, 10.5, 16.5, 20])
@pytest.mark.parametrize("profile", PROFILES[1:])
def test_another_version_of_the_same_titles_and_customers_injects_the_same(
    reference: Reference, profile: str, hour: float
) -> None:
    day = run_of(profile, DAY, DAY + timedelta(days=1), None)
    other = Reference.of(regrouped(small_document()))
    history = [
        InForce(reference, datetime(2020, 1, 1, tzinfo=UTC)),
        InForce(other, DAY + timedelta(hours=hour)),
    ]
    assert injections(day, history) == told(reference, day)


@pytest.mark.parametrize("profile", ["launch", "isp_outage"])
def test_each_version_injects_into_the_sessions_that_use_it(
    reference: Reference, profile: str
) -> None:
    day = run_of(profile, DAY, DAY + timedelta(days=1), None)
    one = told(reference, day)[-1]
    change = datetime.fromisoformat(one.start) + timedelta(minutes=20)
    other = Reference.of(small_document(salt="b", titles=59, customers=899))
    found = injections(
        day, [InForce(reference, datetime(2020, 1, 1, tzinfo=UTC)), InForce(other, change)]
    )
    before = [kept for kept in found if kept.scope == one.scope and kept.start == one.start]
    after = [kept for kept in found if kept.start == rfc3339(change)]
    assert [kept.end for kept in before] == [rfc3339(change)]
    assert [(kept.end, kept.effect) for kept in after] == [(one.end, one.effect)]
    assert after[0].scope != one.scope


def test_the_truth_is_kept_beside_the_ledger_the_same_for_each_attempt() -> None:
    stage = Stage()
    payload = {
        "start": "2025-08-11T00:00:00Z",
        "end": "2025-08-11T03:00:00Z",
        "batch_size": 50,
        "profile": "isp_outage",
    }
    stage.producer = unresolved
    with pytest.raises(PipelineError, match="E_RUN_UNRESOLVED"):
        stage.call(payload)
    stage.now += timedelta(minutes=2)
    stage.producer = acked
    reply = stage.call(payload, request_id="r-2")
    key = f"ledger/truth/year=2025/month=08/day=11/{reply['run_id']}.json"
    truth = Truth.of(json.loads(stage.s3.objects[key]))
    assert (truth.run_id, truth.profile, truth.window) == (
        reply["run_id"], "isp_outage", reply["window"],
    )  # fmt: skip


def test_a_steady_run_has_no_truth_document() -> None:
    stage = Stage()
    stage.call({"test": True})
    assert not any(key.startswith("ledger/truth/") for key in stage.s3.objects)
