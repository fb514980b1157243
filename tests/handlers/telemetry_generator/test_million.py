"""The row rules for every one of a million events, checked column by column; and a day in ticks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from handlers.contract.event import QUALITIES, UHD_FLOOR_MBPS
from handlers.telemetry_generator import sessions
from handlers.telemetry_generator.connections import measured_kbps
from handlers.telemetry_generator.draws import Ints
from handlers.telemetry_generator.lines import columns, lines
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.run import InForce, Run, events
from handlers.telemetry_generator.scenarios import SCENARIOS, Scenario
from handlers.telemetry_generator.sessions import Events
from handlers.telemetry_generator.timeline import COMPLETE, START, STOP

EVENTS = 1_000_000
AT_ONCE = 16_384
MIDDAY = datetime(2025, 8, 11, 12, tzinfo=UTC)
FROM_MS = int(MIDDAY.timestamp() * 1000)
TO_MS = FROM_MS + 12 * 3_600_000
TICK = timedelta(minutes=5)


def check_rows(made: Events) -> None:
    """Every row rule of the contract on the columns of `made`."""
    sent = made.timeline
    catalogue, audience = made.reference.catalogue, made.reference.audience
    duration_ms = 1000 * catalogue.duration_seconds[made.title[sent.session]]
    first = np.append(True, np.diff(sent.session) != 0)
    follows = ~first
    last = np.append(first[1:], True)
    kind = sent.type_index

    assert np.all((sent.at_ms >= FROM_MS) & (sent.at_ms < TO_MS))
    assert np.all((sent.position_ms >= 0) & (sent.position_ms <= duration_ms))
    assert np.array_equal(kind == COMPLETE, sent.position_ms == duration_ms)
    assert np.all(kind[first] == START) and not np.any(kind[follows] == START)
    assert np.all(last[(kind == STOP) | (kind == COMPLETE)])
    for counter in (sent.position_ms, sent.rebuffers, sent.rebuffering_seconds, sent.errors):
        assert np.all(np.diff(counter)[follows[1:]] >= 0) and not np.any(counter[first])
    assert np.array_equal(sent.rebuffers == 0, sent.rebuffering_seconds == 0)
    begin: Ints = sent.at_ms[first][np.cumsum(first) - 1]
    busy_ms = sent.position_ms + 1000 * sent.rebuffering_seconds
    assert np.all(busy_ms <= sent.at_ms - begin)
    kbps = measured_kbps(
        made.keys[sent.session], sent.ordinal, made.connections.throughput_kbps[sent.session]
    )
    uhd = made.connections.quality_index[sent.session] == QUALITIES.index("4K")
    assert np.all(kbps[uhd] >= 1000 * UHD_FLOOR_MBPS) and np.all(kbps >= 10)
    assert np.all((made.title >= 0) & (made.title < len(catalogue.ids)))
    assert np.all((made.customer >= 0) & (made.customer < len(audience.ids)))


def check_completion(made: Events) -> None:
    """What is written of the completion is its share of the title in per cent, half up."""
    made = made.without_idle()
    written = columns([made], len(made.keys), len(made.timeline.session))
    assert np.array_equal(
        np.sort(written.position_seconds), np.sort(made.timeline.position_ms // 1000)
    )
    position = written.position_seconds.astype(np.int64)
    duration = made.reference.catalogue.duration_seconds[made.title[written.session]]
    exact = 100 * position / duration
    assert np.abs(written.completion_hundredths / 100 - exact).max() <= 0.005 + 1e-9
    halves = 20_000 * position % (2 * duration) == duration
    assert np.all((written.completion_hundredths / 100 > exact)[halves]) and halves.any()


@pytest.mark.parametrize(
    ("profile", "events"),
    [("steady", EVENTS), ("isp_outage", 50_000), ("bad_release", 50_000)],
)
def test_a_million_events_keep_every_row_rule(
    reference: Reference, profile: str, events: int
) -> None:
    count = first = 0
    while count < events:
        ordinals = range(first, first + AT_ONCE)
        scenario = SCENARIOS[profile](0)
        starts = sessions.starts_by_ordinal(99, ordinals, FROM_MS, TO_MS, scenario)
        made = sessions.events(reference, starts, FROM_MS, TO_MS, scenario)
        check_rows(made)
        check_completion(made)
        count, first = count + len(made.timeline.session), ordinals.stop


class Thin(Scenario):
    """A twentieth of the usual starts: a day is quickly made, tick by tick."""

    name = "thin"

    def lift_permille(self, slots: Ints) -> Ints:
        return np.full(len(slots), 50, dtype=np.int64)


def test_the_ticks_of_a_day_are_the_day_at_once(
    reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCENARIOS, "thin", Thin)

    def texts(start: datetime, end: datetime) -> list[str]:
        run = Run("a" * 16, start, end, None, 5, "thin")
        made = events(run, [InForce(reference, datetime(2020, 1, 1, tzinfo=UTC))])
        # all columns but the first: {"event_id":"<16>-<8>",
        return [line[len('{"event_id":"') + 27 :] for line in lines(made, "a" * 16, 0, len(made))]

    starts = [MIDDAY + tick * TICK for tick in range(288)]
    ticks = [texts(start, start + TICK) for start in starts]
    day = texts(MIDDAY, MIDDAY + timedelta(days=1))
    assert len(day) > 50_000
    assert sorted(text for tick in ticks for text in tick) == sorted(day)
