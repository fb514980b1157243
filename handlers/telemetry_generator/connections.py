"""How the stream reaches the viewer: connection type, provider, address, throughput, quality."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from handlers.contract.event import CONNECTION_TYPES, DEVICE_TYPES, QUALITIES
from handlers.contract.reference import SUBSCRIPTION_TIERS
from handlers.telemetry_generator import places
from handlers.telemetry_generator.draws import (
    Ints,
    Keys,
    Lane,
    below,
    cumulative,
    mix,
    pick,
    pick_by_row,
    quantile,
    share,
)

# How a device is connected, in hundredths: by air at home, by the mobile network, by the home's
# line itself.
WAY_WEIGHTS = {"mobile": (58, 42, 0), "web": (52, 2, 46), "tv": (44, 0, 56), "tablet": (85, 13, 2)}
# The line of a home, which it keeps, in hundredths: fiber, cable, dsl, satellite.
LINE_WEIGHTS = {"fiber": 42, "cable": 34, "dsl": 20, "satellite": 4}
# Quantiles at steps of 1/8, kbit/s: what a home's line gives, what wifi and mobile networks carry.
LINE_KBPS = {
    "fiber": (24_000, 48_000, 75_000, 95_000, 140_000, 210_000, 300_000, 480_000, 940_000),
    "cable": (9_000, 22_000, 36_000, 52_000, 75_000, 105_000, 150_000, 230_000, 480_000),
    "dsl": (1_600, 4_200, 6_500, 9_500, 13_000, 17_500, 25_000, 38_000, 90_000),
    "satellite": (1_200, 3_500, 6_000, 9_000, 13_000, 20_000, 32_000, 55_000, 130_000),
}
AIR_KBPS = {
    "wifi": (2_500, 8_000, 14_000, 22_000, 32_000, 45_000, 65_000, 100_000, 260_000),
    "mobile": (900, 3_000, 5_500, 8_500, 12_500, 18_000, 27_000, 45_000, 140_000),
}
# A session gets this share of its line, drawn anew, thousandths.
LINE_SHARE_PERMILLE = (700, 1000)
# What is measured at an event differs from the session's throughput by up to this, thousandths.
CHANGE_PERMILLE = 250
HD_FROM_KBPS = 5_000
# With the largest change downwards still above the floor of the contract (15 Mbit/s).
UHD_FROM_KBPS = 25_000
UHD_TIERS = ("premium",)
UHD_DEVICES = ("web", "tv")

_WAY_TABLE = np.stack([cumulative(WAY_WEIGHTS[kind]) for kind in DEVICE_TYPES])
_BY_AIR, _MOBILE_WAY, _WIRED = range(3)
_LINE_SUMS = cumulative(tuple(LINE_WEIGHTS.values()))
_LINE_TYPES = np.asarray([CONNECTION_TYPES.index(kind) for kind in LINE_WEIGHTS], dtype=np.int64)
_LINE_KBPS = np.asarray([LINE_KBPS[kind] for kind in LINE_WEIGHTS], dtype=np.int64)
_WIFI_KBPS, _MOBILE_KBPS = (np.asarray(AIR_KBPS[k], dtype=np.int64) for k in ("wifi", "mobile"))
_UHD_TIER = np.asarray([tier in UHD_TIERS for tier in (*SUBSCRIPTION_TIERS, "")])
_UHD_DEVICE = np.asarray([kind in UHD_DEVICES for kind in DEVICE_TYPES])
_WIFI, _MOBILE = (CONNECTION_TYPES.index(name) for name in ("wifi", "mobile"))
_SD, _HD, _UHD = (QUALITIES.index(name) for name in ("SD", "HD", "4K"))


def _flat(lists: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], Ints, Ints]:
    """(all names in one list, where each market's begin, how many it has)."""
    sizes = np.asarray([len(names) for names in lists], dtype=np.int64)
    return tuple(name for names in lists for name in names), np.cumsum(sizes) - sizes, sizes


_HOME_NAMES, _HOME_FIRST, _HOME_SIZES = _flat(places.home_providers())
_CARRIER_NAMES, _CARRIER_FIRST, _CARRIER_SIZES = _flat(places.mobile_carriers())
ISP_NAMES = (*_HOME_NAMES, *_CARRIER_NAMES)

# Addresses that belong to nobody: 198.18.0.0/15 (RFC 2544) for homes, 100.64.0.0/10 (RFC 6598)
# for mobile networks.
_HOME_NETWORK, _HOME_ADDRESSES = (198 << 24) + (18 << 16), 1 << 17
_MOBILE_NETWORK, _MOBILE_ADDRESSES = (100 << 24) + (64 << 16), 1 << 22


class Connections(NamedTuple):
    """The connection of each session; `address` is an IPv4 address as a number."""

    type_index: Ints
    isp_index: Ints
    address: Ints
    throughput_kbps: Ints
    quality_index: Ints


class Viewers(NamedTuple):
    """Who watches, a session: keys of session and customer, market, tier and device type."""

    sessions: Keys
    customers: Keys
    market_index: Ints
    tier_index: Ints
    device_index: Ints


def home_providers_of(customers: Keys, market_index: Ints) -> Ints:
    """The provider of each customer's home, an index into ISP_NAMES."""
    return _HOME_FIRST[market_index] + below(customers, Lane.ISP, _HOME_SIZES[market_index])


def connections(viewers: Viewers, throughput_permille: Callable[[Ints], Ints]) -> Connections:
    """A connection a session. A home keeps its line, provider and address, a phone its carrier.

    `throughput_permille` says what the sessions' providers let through of the usual.
    """
    way = pick_by_row(viewers.sessions, Lane.CONNECTION, _WAY_TABLE, viewers.device_index)
    is_mobile = way == _MOBILE_WAY
    line = pick(viewers.customers, Lane.LINE, _LINE_SUMS)
    kind = np.select([is_mobile, way == _BY_AIR], [_MOBILE, _WIFI], _LINE_TYPES[line])
    market = viewers.market_index
    home = home_providers_of(viewers.customers, market)
    carrier = _CARRIER_FIRST[market] + below(
        viewers.customers, Lane.CARRIER, _CARRIER_SIZES[market]
    )
    isp = np.where(is_mobile, len(_HOME_NAMES) + carrier, home)
    throughput = _throughput(viewers, way, line) * throughput_permille(isp) // 1000
    may_uhd = _UHD_TIER[viewers.tier_index] & _UHD_DEVICE[viewers.device_index]
    quality = np.where(
        may_uhd & (throughput >= UHD_FROM_KBPS),
        _UHD,
        np.where(throughput >= HD_FROM_KBPS, _HD, _SD),
    )
    return Connections(
        kind,
        isp,
        np.where(
            is_mobile,
            _MOBILE_NETWORK + below(viewers.sessions, Lane.ADDRESS, _MOBILE_ADDRESSES),
            _HOME_NETWORK + below(viewers.customers, Lane.ADDRESS, _HOME_ADDRESSES),
        ),
        throughput,
        quality,
    )


def _throughput(viewers: Viewers, way: Ints, line: Ints) -> Ints:
    low, high = LINE_SHARE_PERMILLE
    drawn = share(viewers.sessions, Lane.BANDWIDTH)
    at_home = quantile(share(viewers.customers, Lane.LINE_SPEED), _LINE_KBPS, line)
    of_line = at_home * (low + ((drawn * (high - low + 1)) >> 32)) // 1000
    return np.select(
        [way == _WIRED, way == _BY_AIR],
        [of_line, np.minimum(at_home, quantile(drawn, _WIFI_KBPS))],
        quantile(drawn, _MOBILE_KBPS),
    )


def measured_kbps(sessions: Keys, ordinals: Ints, throughput_kbps: Ints) -> Ints:
    """The throughput measured at event number `ordinals` (0 to 63) of each session, kbit/s."""
    drawn = (mix(sessions, Lane.BANDWIDTH_CHANGE, ordinals) >> np.uint64(32)).astype(np.int64)
    change = ((drawn * (2 * CHANGE_PERMILLE + 1)) >> 32) - CHANGE_PERMILLE
    return throughput_kbps * (1000 + change) // 1000
