"""Events as JSON lines: columns in the contract's order, compact, UTF-8, the same bytes always.

Owns the order of events and what each column is spelt from; `spelling` and `texts` make the bytes.
Numbers with decimals are spelt from whole numbers, so no float decides how a line looks.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from handlers.contract.event import CONNECTION_TYPES, DEVICE_TYPES, EVENT_TYPES, QUALITIES
from handlers.contract.identity import session_id
from handlers.contract.limits import SESSION_MAX_SECONDS
from handlers.telemetry_generator import spelling
from handlers.telemetry_generator.connections import ISP_NAMES, measured_kbps
from handlers.telemetry_generator.devices import SYSTEM_NAMES, VERSION_NAMES, Devices
from handlers.telemetry_generator.draws import Ints, Keys
from handlers.telemetry_generator.memory import Growing
from handlers.telemetry_generator.playback import (
    ERROR_PLACES,
    REBUFFER_PLACES,
    REBUFFERING_MAX_MS,
)
from handlers.telemetry_generator.sessions import Events
from handlers.telemetry_generator.texts import Lines, Table, Texts, beside, constant

Small = npt.NDArray[np.int32]  # half as wide: a run holds many events
BLOCK_EVENTS = 5_000  # spelt at once, so that Python's own share is small; a part of 10,000
_SESSION_PREFIX = f',"session_id":"{session_id(0)[:-16]}'
_EVENT_TYPES = [f'","event_type":"{name}","event_timestamp":"' for name in EVENT_TYPES]
_DEVICE_TYPES = Texts.of(f',"device_type":"{name}","device_id":"DEV_' for name in DEVICE_TYPES)
_SYSTEMS = Texts.of(
    f'","device_os":"{system}","app_version":"{version}","quality":"{quality}","bandwidth_mbps":'
    for system, version, quality in product(SYSTEM_NAMES, VERSION_NAMES, QUALITIES)
)
_LINES = Texts.of(
    f',"isp":"{isp}","connection_type":"{kind}"}}\n'
    for isp, kind in product(ISP_NAMES, CONNECTION_TYPES)
)
# How many rebuffers, seconds of them and errors a session may have: each from 0 to below these.
_SUFFERED = (REBUFFER_PLACES + 1, REBUFFERING_MAX_MS // 1000 + 1, ERROR_PLACES + 1)


class Sessions(NamedTuple):
    """What is the same for all events of a session, spelt once: a row a session.

    `viewer` spells customer, title and session, `device` from its type to the quality, `place`
    from the address to the line's end but for the bandwidth and what was suffered between.
    """

    viewer: Texts
    device: Texts
    place: Texts


@dataclass(frozen=True)
class Columns:
    """Events in the order in which they are sent, one array an event's property, ready to spell.

    `session` is an event's row in `sessions`; `suffered` stands for rebuffers, seconds of them and
    errors.
    """

    sessions: Sessions
    at_ms: Ints
    session: Small
    type_index: Small
    position_seconds: Small
    completion_hundredths: Small
    bandwidth_hundredths: Small
    suffered: Small

    def __len__(self) -> int:
        """How many events there are."""
        return len(self.session)


def columns(parts: Iterable[Events], sessions: int, events: int) -> Columns:
    """The events of all `parts`, ordered by time, then session, then place in the session.

    `sessions` and `events` say about how many there are of both.
    """
    tables = tuple(Table(sessions) for _ in Sessions._fields)
    keys = Growing(sessions, np.uint64)
    at_ms = Growing(events, np.int64)
    others = tuple(Growing(events, np.int32) for _ in range(7))
    for part in map(Events.without_idle, parts):
        for growing, values in zip(others, _properties(part, len(keys.values())), strict=True):
            growing.add(values)
        at_ms.add(part.timeline.at_ms)
        keys.add(part.keys)
        for table, texts in zip(tables, _sessions(part), strict=True):
            table.add(texts)
    ordinal, *properties = (growing.values() for growing in others)
    order = _order(at_ms.values(), keys.values(), properties[0], ordinal)
    for values in (at_ms.values(), *properties):
        values[:] = values[order]
    return Columns(Sessions(*(table.texts() for table in tables)), at_ms.values(), *properties)


def _properties(part: Events, first_session: int) -> tuple[Ints, ...]:
    """The place of each event in its session, then its properties as `Columns` has them."""
    return (
        part.timeline.ordinal,
        part.timeline.session + first_session,
        part.timeline.type_index,
        part.timeline.position_ms // 1000,
        _completion(part),
        _bandwidth(part),
        _suffered(part),
    )


def lines(events: Columns, run: str, first: int, last: int) -> Iterator[str]:
    """The lines of events number `first` to `last` - 1 of the run, without newlines."""
    return iter(str(text(events, run, first, last), "utf-8").split("\n")[:-1])


def text(events: Columns, run: str, first: int, last: int) -> memoryview:
    """The lines of events number `first` to `last` - 1 of the run, each ending in a newline."""
    written = Lines(last - first)
    while first < last:
        # a block ends where the upper digits of the events' numbers change
        end = min(last, first + BLOCK_EVENTS, spelling.same_upper(first))
        written.add(_spelt(events, run, first, end))
        first = end
    return written.written()


def _spelt(events: Columns, run: str, first: int, last: int) -> list[Texts]:
    """The lines of some events, column by column; the texts between belong to a column beside."""
    part = slice(first, last)
    of, row = events.sessions, events.session[part]
    mbps, mbps_hundredth = np.divmod(events.bandwidth_hundredths[part], 100)
    return [
        *spelling.counted(first, last, f'{{"event_id":"{run}-', '",'),
        of.viewer.take(row),
        spelling.minutes(events.at_ms[part], _EVENT_TYPES, events.type_index[part]),
        spelling.seconds(events.at_ms[part]),
        _positions().take(events.position_seconds[part]),
        spelling.hundredths(events.completion_hundredths[part], ',"completion_percentage":'),
        of.device.take(row),
        spelling.numbers(mbps),
        spelling.digits(mbps_hundredth, 2, ".", ',"buffering_events":'),
        _sufferings().take(events.suffered[part]),
        of.place.take(row),
    ]


def _positions() -> Texts:
    # The playhead stands still while the clock of what was watched does, so both are one number.
    watched, position = 'Z","watch_duration_seconds":', ',"position_seconds":'
    return spelling.twice(SESSION_MAX_SECONDS, watched, position)


@functools.cache
def _sufferings() -> Texts:
    """All that a session may have suffered: rebuffers, seconds of them, errors."""
    rebuffers, seconds, errors = np.indices(_SUFFERED).reshape(len(_SUFFERED), -1)
    return beside(
        [
            spelling.numbers(rebuffers, "", ',"buffering_duration_seconds":'),
            spelling.numbers(seconds, "", ',"error_count":'),
            spelling.numbers(errors, "", ',"ip_address":"'),
        ]
    )


def _suffered(part: Events) -> Ints:
    """The row of each event in `_sufferings`."""
    _, seconds, errors = _SUFFERED
    sent = part.timeline
    row: Ints = (sent.rebuffers * seconds + sent.rebuffering_seconds) * errors + sent.errors
    return row


def _order(at_ms: Ints, keys: Keys, session: Small, ordinal: Small) -> Ints:
    """The order by time, then the session's key, then ordinal; few events share a millisecond."""
    # Numbers that hold time and place are sorted several times as quickly as places by time.
    bits = len(at_ms).bit_length()
    ordered = at_ms - at_ms.min(initial=np.iinfo(np.int64).max) << bits | np.arange(len(at_ms))
    ordered.sort()
    order: Ints = ordered & (1 << bits) - 1
    elapsed = ordered >> bits
    same = np.zeros(len(order) + 1, dtype=np.bool_)
    same[1:-1] = elapsed[1:] == elapsed[:-1]
    places = np.flatnonzero(same[1:] | same[:-1])
    tied = order[places]
    order[places] = tied[np.lexsort((ordinal[tied], keys[session[tied]], at_ms[tied]))]
    return order


def _sessions(part: Events) -> tuple[list[Texts], ...]:
    """The texts of the part's sessions, as `Sessions` has them, each from several columns."""
    catalogue, audience = part.reference.catalogue, part.reference.audience
    address = part.connections.address
    line = part.connections.isp_index * len(CONNECTION_TYPES) + part.connections.type_index
    return (
        [
            audience.id_texts.take(part.customer),
            catalogue.id_texts.take(part.title),
            constant(len(part.keys), _SESSION_PREFIX),
            spelling.hexadecimal(part.keys),
        ],
        [
            _DEVICE_TYPES.take(part.devices.type_index),
            spelling.hexadecimal(part.devices.keys),
            _SYSTEMS.take(_system(part.devices, part.connections.quality_index)),
        ],
        [
            spelling.numbers(address >> 24, "", "."),
            spelling.numbers(address >> 16 & 255, "", "."),
            spelling.numbers(address >> 8 & 255, "", "."),
            spelling.numbers(address & 255, "", '",'),
            audience.place_texts.take(audience.place_index[part.customer]),
            _LINES.take(line),
        ],
    )


def _system(device: Devices, quality: Ints) -> Ints:
    version = device.system_index * len(VERSION_NAMES) + device.version_index
    return version * len(QUALITIES) + quality


def _completion(part: Events) -> Ints:
    """100 * position / duration in hundredths, rounded half up."""
    duration = part.reference.catalogue.duration_seconds[part.title[part.timeline.session]]
    position = part.timeline.position_ms // 1000
    value: Ints = (20_000 * position + duration) // (2 * duration)
    return value


def _bandwidth(part: Events) -> Ints:
    """Hundredths of Mbit/s."""
    return (
        measured_kbps(
            part.keys[part.timeline.session],
            part.timeline.ordinal,
            part.connections.throughput_kbps[part.timeline.session],
        )
        // 10
    )
