"""Events as JSON lines: columns in the contract's order, compact, UTF-8, the same bytes always.

Owns the order of events and what each column is spelt from; `spelling` turns columns into bytes.
Numbers with decimals are spelt from whole numbers, so no float decides how a line looks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from handlers.contract.event import CONNECTION_TYPES, DEVICE_TYPES, EVENT_TYPES, QUALITIES
from handlers.contract.identity import session_id
from handlers.telemetry_generator import spelling
from handlers.telemetry_generator.connections import ISP_NAMES, measured_kbps
from handlers.telemetry_generator.devices import SYSTEM_NAMES, VERSION_NAMES
from handlers.telemetry_generator.draws import Ints, Keys
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.sessions import Events
from handlers.telemetry_generator.spelling import Page, Piece, Texts

BLOCK_EVENTS = 2_048  # spelt at once; what a processor's own cache holds
_SESSION_PREFIX = session_id(0)[:-16]
_EVENT_TYPES = spelling.texts(EVENT_TYPES)
_DEVICE_TYPES = spelling.texts(DEVICE_TYPES)
_SYSTEMS = spelling.texts(SYSTEM_NAMES)
_VERSIONS = spelling.texts(VERSION_NAMES)
_QUALITIES = spelling.texts(QUALITIES)
_ISPS = spelling.texts(ISP_NAMES)
_CONNECTION_TYPES = spelling.texts(CONNECTION_TYPES)
_quoted = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Sessions:
    """What is the same for all events of a session: a row a session, and the texts of some columns.

    `title` and `customer` are rows of the texts; `places` holds country, state and city.
    """

    titles: Texts
    customers: Texts
    places: Texts
    keys: Keys
    title: Ints
    customer: Ints
    device_keys: Keys
    device_type: Ints
    system: Ints
    version: Ints
    quality: Ints
    address: Ints
    isp: Ints
    connection_type: Ints


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
    page: Page | None = None
    blocks: list[memoryview] = []
    for begin in range(first, last, BLOCK_EVENTS):
        pieces = _pieces(events, run, begin, min(begin + BLOCK_EVENTS, last))
        page = page or Page(len(pieces[0][1]), pieces, end='"}\n')
        blocks.append(page.lines(pieces))
    return b"".join(blocks)


def _pieces(events: Columns, run: str, first: int, last: int) -> list[Piece]:
    """The lines of some events, column by column."""
    part = slice(first, last)
    of, row = events.sessions, events.session[part]
    customer = of.customer[row]
    position = spelling.numbers(events.position_seconds[part])
    second, millisecond = spelling.seconds(events.at_ms[part])
    percent, percent_hundredth = np.divmod(events.completion_hundredths[part], 100)
    mbps, mbps_hundredth = np.divmod(events.bandwidth_hundredths[part], 100)
    return [
        (f'{{"event_id":"{run}-', spelling.indices(np.arange(first, last))),
        ('","customer_id":', of.customers.take(customer)),
        (',"title_id":', of.titles.take(of.title[row])),
        (f',"session_id":"{_SESSION_PREFIX}', spelling.hexadecimal(of.keys[row])),
        ('","event_type":"', _EVENT_TYPES.take(events.type_index[part])),
        ('","event_timestamp":"', spelling.minutes(events.at_ms[part])),
        (":", second),
        (".", millisecond),
        ('Z","watch_duration_seconds":', position),
        (',"position_seconds":', position),
        (',"completion_percentage":', spelling.numbers(percent)),
        (".", spelling.digits(percent_hundredth, 2)),
        (',"device_type":"', _DEVICE_TYPES.take(of.device_type[row])),
        ('","device_id":"DEV_', spelling.hexadecimal(of.device_keys[row])),
        ('","device_os":"', _SYSTEMS.take(of.system[row])),
        ('","app_version":"', _VERSIONS.take(of.version[row])),
        ('","quality":"', _QUALITIES.take(of.quality[row])),
        ('","bandwidth_mbps":', spelling.numbers(mbps)),
        (".", spelling.digits(mbps_hundredth, 2)),
        (',"buffering_events":', spelling.numbers(events.rebuffers[part])),
        (',"buffering_duration_seconds":', spelling.numbers(events.rebuffering_seconds[part])),
        (',"error_count":', spelling.numbers(events.errors[part])),
        (',"ip_address":"', spelling.addresses(of.address[row])),
        ('",', of.places.take(customer)),
        (',"isp":"', _ISPS.take(of.isp[row])),
        ('","connection_type":"', _CONNECTION_TYPES.take(of.connection_type[row])),
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
    title_rows, titles = _used(parts, lambda part: part.title)
    customer_rows, customers = _used(parts, lambda part: part.customer)

    def joined(arrays: Iterable[Ints]) -> Ints:
        return np.concatenate(list(arrays))

    return Sessions(
        spelling.texts(_quoted(one.catalogue.ids[row]) for one, row in titles),
        spelling.texts(_quoted(one.audience.ids[row]) for one, row in customers),
        spelling.texts(_place(one, row) for one, row in customers),
        np.concatenate([part.keys for part in parts]),
        title_rows,
        customer_rows,
        np.concatenate([part.devices.keys for part in parts]),
        joined(part.devices.type_index for part in parts),
        joined(part.devices.system_index for part in parts),
        joined(part.devices.version_index for part in parts),
        joined(part.connections.quality_index for part in parts),
        joined(part.connections.address for part in parts),
        joined(part.connections.isp_index for part in parts),
        joined(part.connections.type_index for part in parts),
    )


def _used(
    parts: Sequence[Events], rows_of: Callable[[Events], Ints]
) -> tuple[Ints, list[tuple[Reference, int]]]:
    """(each session's place in a list, that list: the rows used, each with its reference)."""
    used: list[tuple[Reference, int]] = []
    places: dict[int, Ints] = {}
    for reference in {id(part.reference): part.reference for part in parts}.values():
        rows = [rows_of(part) for part in parts if part.reference is reference]
        is_used = np.bincount(np.concatenate(rows)) > 0
        places[id(reference)] = np.cumsum(is_used) - 1 + len(used)
        used += [(reference, row) for row in np.flatnonzero(is_used).tolist()]
    return np.concatenate([places[id(part.reference)][rows_of(part)] for part in parts]), used


def _place(reference: Reference, row: int) -> str:
    audience = reference.audience
    country, state, city = (
        _quoted(column[row] or "") for column in (audience.country, audience.state, audience.city)
    )
    return f'"country":{country},"state":{state},"city":{city}'


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
