"""Events as JSON lines: columns in the contract's order, compact, UTF-8, the same bytes always.

What is the same for all events of a session is spelt once a session; numbers with decimals are
spelt from whole numbers, so no float decides how a line looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from handlers.contract.event import CONNECTION_TYPES, DEVICE_TYPES, EVENT_TYPES, QUALITIES
from handlers.contract.identity import session_id
from handlers.telemetry_generator.connections import ISP_NAMES, measured_kbps
from handlers.telemetry_generator.devices import SYSTEM_NAMES, VERSION_NAMES
from handlers.telemetry_generator.draws import Ints
from handlers.telemetry_generator.sessions import Events

_HUNDREDTHS = [f"{value // 100}.{value % 100:02d}" for value in range(10_001)]


@dataclass(frozen=True)
class Columns:
    """Events in the order in which they are sent, one list an event's property, ready to spell.

    `heads`, `middles` and `tails` are the texts of each session; `session` points at them.
    """

    heads: list[str]
    middles: list[str]
    tails: list[str]
    session: Ints
    type_index: Ints
    at_ms: Ints
    position_seconds: Ints
    completion_hundredths: Ints
    bandwidth_hundredths: Ints
    rebuffers: Ints
    rebuffering_seconds: Ints
    errors: Ints

    def __len__(self) -> int:
        """How many events there are."""
        return len(self.session)


def columns(parts: Sequence[Events]) -> Columns:
    """The events of all `parts`, ordered by time, then session, then place in the session."""
    offsets = np.cumsum([0, *(len(part.keys) for part in parts)])
    heads: list[str] = []
    middles: list[str] = []
    tails: list[str] = []
    for part in parts:
        used = np.unique(part.session)
        texts: tuple[list[str], ...] = tuple([""] * len(part.keys) for _ in range(3))
        for row, *spelt in zip(used.tolist(), *_session_texts(part, used), strict=True):
            for text, target in zip(spelt, texts, strict=True):
                target[row] = text
        heads += texts[0]
        middles += texts[1]
        tails += texts[2]
    at_ms = np.concatenate([part.at_ms for part in parts])
    keys = np.concatenate([part.keys[part.session] for part in parts])
    ordinal = np.concatenate([part.ordinal for part in parts])
    order = np.lexsort((ordinal, keys, at_ms))

    def ordered(arrays: list[Ints]) -> Ints:
        joined: Ints = np.concatenate(arrays)[order]
        return joined

    return Columns(
        heads,
        middles,
        tails,
        ordered([part.session + offset for part, offset in zip(parts, offsets[:-1], strict=True)]),
        ordered([part.type_index for part in parts]),
        at_ms[order],
        ordered([part.position_ms // 1000 for part in parts]),
        ordered([_completion(part) for part in parts]),
        ordered([_bandwidth(part) for part in parts]),
        ordered([part.rebuffers for part in parts]),
        ordered([part.rebuffering_seconds for part in parts]),
        ordered([part.errors for part in parts]),
    )


def lines(events: Columns, run: str, first: int, last: int) -> Iterator[str]:
    """The lines of events number `first` to `last` - 1 of the run, without newlines."""
    part = slice(first, last)
    heads, middles, tails = events.heads, events.middles, events.tails
    types, hundredths = EVENT_TYPES, _HUNDREDTHS
    stamps = np.datetime_as_string(events.at_ms[part].astype("datetime64[ms]")).tolist()
    values = zip(
        range(first, last),
        events.session[part].tolist(),
        events.type_index[part].tolist(),
        stamps,
        events.position_seconds[part].tolist(),
        events.completion_hundredths[part].tolist(),
        events.bandwidth_hundredths[part].tolist(),
        events.rebuffers[part].tolist(),
        events.rebuffering_seconds[part].tolist(),
        events.errors[part].tolist(),
        strict=True,
    )
    return (
        f'{{"event_id":"{run}-{index:08d}",{heads[row]}"event_type":"{types[kind]}",'
        f'"event_timestamp":"{stamp}Z","watch_duration_seconds":{position},'
        f'"position_seconds":{position},"completion_percentage":{hundredths[complete]},'
        f'{middles[row]}"bandwidth_mbps":{mbps // 100}.{mbps % 100:02d},'
        f'"buffering_events":{rebuffers},"buffering_duration_seconds":{seconds},'
        f'"error_count":{errors},{tails[row]}'
        for index, row, kind, stamp, position, complete, mbps, rebuffers, seconds, errors in values
    )


def _completion(part: Events) -> Ints:
    """100 * position / duration in hundredths, rounded half up."""
    duration = part.reference.catalogue.duration_seconds[part.title[part.session]]
    position = part.position_ms // 1000
    value: Ints = (20_000 * position + duration) // (2 * duration)
    return value


def _bandwidth(part: Events) -> Ints:
    """Hundredths of Mbit/s."""
    return (
        measured_kbps(
            part.keys[part.session],
            part.ordinal,
            part.connections.throughput_kbps[part.session],
        )
        // 10
    )


def _session_texts(
    part: Events, rows: npt.NDArray[np.int64]
) -> tuple[Iterator[str], Iterator[str], Iterator[str]]:
    """The head, middle and tail of the lines of the sessions `rows`."""
    customer = part.customer[rows].tolist()
    ids = part.reference.audience.ids
    title_ids = part.reference.catalogue.ids
    heads = (
        f'"customer_id":{_quoted(ids[who])},"title_id":{_quoted(title_ids[what])},'
        f'"session_id":"{session_id(key)}",'
        for who, what, key in zip(
            customer, part.title[rows].tolist(), part.keys[rows].tolist(), strict=True
        )
    )
    device, line = part.devices, part.connections
    middles = (
        f'"device_type":"{DEVICE_TYPES[kind]}","device_id":"DEV_{key:016x}",'
        f'"device_os":"{SYSTEM_NAMES[system]}","app_version":"{VERSION_NAMES[version]}",'
        f'"quality":"{QUALITIES[quality]}",'
        for kind, key, system, version, quality in zip(
            device.type_index[rows].tolist(),
            device.keys[rows].tolist(),
            device.system_index[rows].tolist(),
            device.version_index[rows].tolist(),
            line.quality_index[rows].tolist(),
            strict=True,
        )
    )
    audience = part.reference.audience
    tails = (
        f'"ip_address":"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.'
        f'{address & 255}","country":{_quoted(audience.country[who])},'
        f'"state":{_quoted(audience.state[who])},"city":{_quoted(audience.city[who])},'
        f'"isp":"{ISP_NAMES[isp]}","connection_type":"{CONNECTION_TYPES[kind]}"}}'
        for who, address, isp, kind in zip(
            customer,
            line.address[rows].tolist(),
            line.isp_index[rows].tolist(),
            line.type_index[rows].tolist(),
            strict=True,
        )
    )
    return heads, middles, tails


def _quoted(text: str | None) -> str:
    """`text` as JSON spells it; an absent one as the empty string."""
    return json.dumps(text or "", ensure_ascii=False)
