"""Sessions: who watches what, from when; and their events within a window.

A session is a function of its stream, its counter and the reference version. A stream's counters
are either start slots and ordinals (a tick rebuilds the sessions that are still open) or ordinals
alone (a run of an exact number of events).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from handlers.contract.limits import SESSION_MAX_SECONDS
from handlers.telemetry_generator import playback, volumes
from handlers.telemetry_generator.connections import Connections, Viewers, connections
from handlers.telemetry_generator.devices import Devices, devices
from handlers.telemetry_generator.draws import Ints, Keys, Lane, below, happens, session_keys
from handlers.telemetry_generator.interruptions import error_permille, rebuffer_permille
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.scenarios import Scenario
from handlers.telemetry_generator.timeline import Timeline, timeline
from handlers.telemetry_generator.volumes import SLOT_MS

# More sessions than ever start in a slot.
_SLOT_ORDINALS = 1 << 20


class Starts(NamedTuple):
    """Sessions by key and start, ms since 1970; `number` is their order among those of a run."""

    keys: Keys
    start_ms: Ints
    number: Ints

    def of(self, chosen: npt.NDArray[np.bool_] | Ints | slice) -> Starts:
        """The sessions that `chosen` marks or names."""
        return Starts(self.keys[chosen], self.start_ms[chosen], self.number[chosen])


class Events(NamedTuple):
    """The events of some sessions in a window, and those sessions, column by column.

    The timeline's `session` is a row in the session columns, its `at_ms` counts from 1970.
    """

    reference: Reference
    keys: Keys
    number: Ints
    customer: Ints
    title: Ints
    devices: Devices
    connections: Connections
    timeline: Timeline

    def without_idle(self) -> Events:
        """The events, without the sessions that have none of them."""
        has = np.zeros(len(self.keys), dtype=np.bool_)
        has[self.timeline.session] = True
        if has.all():
            return self
        row = np.cumsum(has) - 1
        return self._replace(
            keys=self.keys[has],
            number=self.number[has],
            customer=self.customer[has],
            title=self.title[has],
            devices=Devices._make(column[has] for column in self.devices),
            connections=Connections._make(column[has] for column in self.connections),
            timeline=self.timeline._replace(session=row[self.timeline.session]),
        )


def starts_by_slot(stream: int, from_ms: int, to_ms: int, scenario: Scenario) -> Starts:
    """All sessions of `stream` that start in [from_ms, to_ms), by the hour-of-day volumes."""
    slots = np.arange(from_ms // SLOT_MS, -(-to_ms // SLOT_MS), dtype=np.int64)
    counts = volumes.starts(stream, slots, scenario.lift_permille(slots))
    slot = np.repeat(slots, counts)
    ordinal = np.arange(len(slot)) - np.repeat(np.cumsum(counts) - counts, counts)
    keys = session_keys(stream, slot * _SLOT_ORDINALS + ordinal)
    start_ms = slot * SLOT_MS + below(keys, Lane.START, SLOT_MS)
    starts = Starts(keys, start_ms, np.arange(len(keys)))
    return starts.of((starts.start_ms >= from_ms) & (starts.start_ms < to_ms))


def starts_by_ordinal(
    stream: int, ordinals: range, from_ms: int, to_ms: int, scenario: Scenario
) -> Starts:
    """Sessions number `ordinals` of `stream`, spread over [from_ms, to_ms) as the volumes are.

    They come in the order in which they start, so that events sent together lie together in memory;
    of equal starts in any: no byte depends on it.
    """
    number = np.arange(ordinals.start, ordinals.stop, dtype=np.int64)
    keys = session_keys(stream, number)
    slots = np.arange(from_ms // SLOT_MS, -(-to_ms // SLOT_MS), dtype=np.int64)
    begins = np.maximum(slots * SLOT_MS, from_ms)
    lengths = np.minimum((slots + 1) * SLOT_MS, to_ms) - begins
    # Hundredths of an expected start keep the sum of a day below 2^31.
    milli = volumes.expected_starts_milli(slots) * scenario.lift_permille(slots) // 1000
    weights = np.maximum(milli * lengths // SLOT_MS // 10, 1)
    sums = np.cumsum(weights)
    slot = np.searchsorted(sums, below(keys, Lane.START_SLOT, int(sums[-1])), side="right")
    starts = Starts(keys, begins[slot] + below(keys, Lane.START, lengths[slot]), number)
    return starts.of(np.argsort(starts.start_ms))


def events(
    reference: Reference, starts: Starts, from_ms: int, to_ms: int, scenario: Scenario
) -> Events:
    """The events in [from_ms, to_ms) of sessions that begin as `starts` say."""
    title = reference.catalogue.pick(starts.keys)
    title = scenario.titles(reference, starts.keys, starts.start_ms, title)
    views = playback.viewing(
        starts.keys,
        reference.catalogue.type_index[title],
        reference.catalogue.duration_seconds[title],
    )
    longest = views.watched_ms + views.pause_ms.sum(axis=0) + playback.REBUFFERING_MAX_MS
    open_ = starts.start_ms + longest >= from_ms
    if not open_.all():
        starts, views, title = starts.of(open_), views.of(open_), title[open_]
    customer = reference.audience.pick(starts.keys, starts.start_ms)
    device, line, suffers = _equipment(reference, starts, customer, scenario)
    made = timeline(
        starts.keys,
        views,
        rebuffer_permille(line, np.where(suffers, scenario.rebuffer_percent, 100)),
        error_permille(line, device, np.where(suffers, scenario.error_percent, 100)),
    )
    lost = suffers & happens(starts.keys, Lane.OUTAGE_LOSES, scenario.lost_permille)
    at_ms = starts.start_ms[made.session] + made.at_ms
    inside = (at_ms >= from_ms) & (at_ms < to_ms)
    sent = np.flatnonzero(inside & ~lost[made.session])
    return Events(
        reference,
        starts.keys,
        starts.number,
        customer,
        title,
        device,
        line,
        made._replace(at_ms=at_ms).of(sent),
    )


def _equipment(
    reference: Reference, starts: Starts, customer: Ints, scenario: Scenario
) -> tuple[Devices, Connections, npt.NDArray[np.bool_]]:
    """The device and connection of each session, and whether its playback suffers."""
    audience = reference.audience
    keys, tier = audience.keys[customer], audience.tier_index[customer]
    device = devices(starts.keys, keys, tier, audience.age_index[customer])
    version = scenario.versions(device.keys, starts.start_ms, device.version_index)
    device = device._replace(version_index=version)

    def suffering(isp: Ints) -> npt.NDArray[np.bool_]:
        return scenario.afflicted(reference, starts.start_ms, isp, version)

    line = connections(
        Viewers(starts.keys, keys, audience.market_index[customer], tier, device.type_index),
        lambda isp: np.where(suffering(isp), scenario.throughput_permille, 1000),
    )
    return device, line, suffering(line.isp_index)


def look_back_ms(from_ms: int) -> int:
    """The start before which no session is still open at `from_ms`."""
    return from_ms - SESSION_MAX_SECONDS * 1000
