"""Events as JSON lines: columns in the contract's order, compact, UTF-8, the same bytes always.

Owns the order of events and what each column is spelt from; `spelling` turns columns into bytes.
Numbers with decimals are spelt from whole numbers, so no float decides how a line looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from handlers.contract.event import CONNECTION_TYPES, DEVICE_TYPES, EVENT_TYPES, QUALITIES
from handlers.contract.identity import session_id
from handlers.telemetry_generator import spelling
from handlers.telemetry_generator.connections import ISP_NAMES, measured_kbps
from handlers.telemetry_generator.devices import SYSTEM_NAMES, VERSION_NAMES, Devices
from handlers.telemetry_generator.draws import Ints, Keys
from handlers.telemetry_generator.sessions import Events
from handlers.telemetry_generator.spelling import Texts

BLOCK_EVENTS = 4_096  # spelt at once; what a processor's own cache holds
_SESSION_PREFIX = session_id(0)[:-16]
_EVENT_TYPES = Texts.of(f'","event_type":"{name}","event_timestamp":"' for name in EVENT_TYPES)
_DEVICE_TYPES = Texts.of(f',"device_type":"{name}","device_id":"DEV_' for name in DEVICE_TYPES)
_SYSTEMS = Texts.of(
    f'","device_os":"{system}","app_version":"{version}","quality":"{quality}","bandwidth_mbps":'
    for system, version, quality in product(SYSTEM_NAMES, VERSION_NAMES, QUALITIES)
)
_LINES = Texts.of(
    f',"isp":"{isp}","connection_type":"{kind}"}}\n'
    for isp, kind in product(ISP_NAMES, CONNECTION_TYPES)
)


@dataclass(frozen=True)
class Sessions:
    """What is the same for all events of a session: a row a session, and the texts of some columns.

    `title`, `customer` and `place` (country, state, city) are rows of the texts. `system` is an
    index of (system, app version, quality), `line` of (ISP, connection type).
    """

    titles: Texts
    customers: Texts
    places: Texts
    keys: Keys
    title: Ints
    customer: Ints
    place: Ints
    device_keys: Keys
    device_type: Ints
    system: Ints
    address: Ints
    line: Ints


@dataclass(frozen=True)
class Columns:
    """Events in the order in which they are sent, one array an event's property, ready to spell.

    `session` is an event's row in `sessions`.
    """

    sessions: Sessions
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
    first_rows = np.cumsum([0, *(len(part.keys) for part in parts)])
    at_ms = np.concatenate([part.at_ms for part in parts])
    order = _order(
        at_ms,
        np.concatenate([part.keys[part.session] for part in parts]),
        np.concatenate([part.ordinal for part in parts]),
    )

    def ordered(arrays: Iterable[Ints]) -> Ints:
        joined: Ints = np.concatenate(list(arrays))[order]
        return joined

    return Columns(
        _sessions(parts),
        ordered(part.session + row for part, row in zip(parts, first_rows[:-1], strict=True)),
        ordered(part.type_index for part in parts),
        at_ms[order],
        ordered(part.position_ms // 1000 for part in parts),
        ordered(_completion(part) for part in parts),
        ordered(_bandwidth(part) for part in parts),
        ordered(part.rebuffers for part in parts),
        ordered(part.rebuffering_seconds for part in parts),
        ordered(part.errors for part in parts),
    )


def lines(events: Columns, run: str, first: int, last: int) -> Iterator[str]:
    """The lines of events number `first` to `last` - 1 of the run, without newlines."""
    return iter(text(events, run, first, last).decode().split("\n")[:-1])


def text(events: Columns, run: str, first: int, last: int) -> bytes:
    """The lines of events number `first` to `last` - 1 of the run, each ending in a newline."""
    return b"".join(
        spelling.joined(_spelt(events, run, begin, min(begin + BLOCK_EVENTS, last)))
        for begin in range(first, last, BLOCK_EVENTS)
    )


def _spelt(events: Columns, run: str, first: int, last: int) -> list[Texts]:
    """The lines of some events, column by column; the texts between belong to a column beside."""
    part = slice(first, last)
    of, row = events.sessions, events.session[part]
    address = of.address[row]
    position = events.position_seconds[part]
    mbps, mbps_hundredth = np.divmod(events.bandwidth_hundredths[part], 100)
    thousands, index = np.divmod(np.arange(first, last), 10_000)
    return [
        spelling.spread(thousands, f'{{{{"event_id":"{run}-{{:04d}}'),
        spelling.digits(index, 4, "", '","customer_id":'),
        of.customers.take(of.customer[row]),
        spelling.constant(len(row), ',"title_id":'),
        of.titles.take(of.title[row]),
        spelling.constant(len(row), f',"session_id":"{_SESSION_PREFIX}'),
        spelling.hexadecimal(of.keys[row]),
        _EVENT_TYPES.take(events.type_index[part]),
        spelling.minutes(events.at_ms[part]),
        *spelling.seconds(events.at_ms[part]),
        spelling.numbers(position, 'Z","watch_duration_seconds":'),
        spelling.numbers(position, ',"position_seconds":'),
        spelling.hundredths(events.completion_hundredths[part], ',"completion_percentage":'),
        _DEVICE_TYPES.take(of.device_type[row]),
        spelling.hexadecimal(of.device_keys[row]),
        _SYSTEMS.take(of.system[row]),
        spelling.numbers(mbps),
        spelling.digits(mbps_hundredth, 2, ".", ',"buffering_events":'),
        spelling.numbers(events.rebuffers[part], "", ',"buffering_duration_seconds":'),
        spelling.numbers(events.rebuffering_seconds[part], "", ',"error_count":'),
        spelling.numbers(events.errors[part], "", ',"ip_address":"'),
        spelling.numbers(address >> 24, "", "."),
        spelling.numbers(address >> 16 & 255, "", "."),
        spelling.numbers(address >> 8 & 255, "", "."),
        spelling.numbers(address & 255, "", '",'),
        of.places.take(of.place[row]),
        _LINES.take(of.line[row]),
    ]


def _order(at_ms: Ints, keys: Keys, ordinal: Ints) -> Ints:
    """The order by time, then key, then ordinal; few events share a millisecond."""
    order: Ints = np.argsort(at_ms)
    sorted_ms = at_ms[order]
    same = np.zeros(len(order) + 1, dtype=np.bool_)
    same[1:-1] = sorted_ms[1:] == sorted_ms[:-1]
    places = np.flatnonzero(same[1:] | same[:-1])
    tied = order[places]
    order[places] = tied[np.lexsort((ordinal[tied], keys[tied], at_ms[tied]))]
    return order


def _sessions(parts: Sequence[Events]) -> Sessions:
    """The sessions of all `parts`, with the texts of the titles and customers that they have."""
    references = list({id(part.reference): part.reference for part in parts}.values())
    of = [next(n for n, one in enumerate(references) if one is part.reference) for part in parts]
    catalogues = [reference.catalogue for reference in references]
    audiences = [reference.audience for reference in references]

    def rows(tables: Sequence[Texts], used: Iterable[Ints]) -> Ints:
        first = np.cumsum([0, *(len(table.items) for table in tables)])
        return joined(row + first[place] for row, place in zip(used, of, strict=True))

    def joined(arrays: Iterable[Ints]) -> Ints:
        return np.concatenate(list(arrays))

    titles = [catalogue.id_texts for catalogue in catalogues]
    customers = [audience.id_texts for audience in audiences]
    places = [audience.place_texts for audience in audiences]
    return Sessions(
        Texts.all_of(titles),
        Texts.all_of(customers),
        Texts.all_of(places),
        np.concatenate([part.keys for part in parts]),
        rows(titles, (part.title for part in parts)),
        rows(customers, (part.customer for part in parts)),
        rows(places, (part.reference.audience.place_index[part.customer] for part in parts)),
        np.concatenate([part.devices.keys for part in parts]),
        joined(part.devices.type_index for part in parts),
        joined(_system(part.devices, part.connections.quality_index) for part in parts),
        joined(part.connections.address for part in parts),
        joined(
            part.connections.isp_index * len(CONNECTION_TYPES) + part.connections.type_index
            for part in parts
        ),
    )


def _system(device: Devices, quality: Ints) -> Ints:
    version = device.system_index * len(VERSION_NAMES) + device.version_index
    return version * len(QUALITIES) + quality


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
