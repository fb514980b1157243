"""What is drawn follows the tables of parameters: goodness of fit, fixed seed, ALPHA a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from handlers.contract.event import CONNECTION_TYPES, DEVICE_TYPES
from handlers.contract.reference import TITLE_TYPES
from handlers.telemetry_generator import connections as net
from handlers.telemetry_generator import devices, habits, interruptions, places, playback, zones
from handlers.telemetry_generator.draws import Ints, Keys, Lane, below
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.timeline import timeline
from tests.handlers.references import small_document
from tests.handlers.telemetry_generator.test_rules import (
    ALPHA,
    DRAWS,
    KEYS,
    MONDAY_MS,
    chi_square_p,
    device,
    line,
    share_p,
    tail_p,
)

CUSTOMERS = KEYS[::-1]
ZEROS = np.zeros(DRAWS, dtype=np.int64)
MARKETS = range(len(places.COUNTRIES) + 1)
HOME_NAMES = sum(map(len, places.home_providers()))
Table = tuple[Ints, npt.ArrayLike]


def eighths(values: Ints, knots: Sequence[int]) -> Table:
    """(values, eighths) by the knots between which they are; equal knots are one."""
    assert knots[0] <= values.min() and values.max() <= knots[-1]
    begins, weights = np.unique(knots[:-1], return_counts=True)
    place = np.searchsorted(begins, values, side="right") - 1
    return np.bincount(place, minlength=len(begins)), weights


def connected(kind: str, market: int = 0, customers: Keys = CUSTOMERS) -> net.Connections:
    """A connection a key, on devices of a type."""
    at = ZEROS + market, ZEROS, ZEROS + DEVICE_TYPES.index(kind)
    return net.connections(net.Viewers(KEYS, customers, *at), lambda isp: 1000 + 0 * isp)


def of_type(found: net.Connections, kind: str) -> npt.NDArray[np.bool_]:
    chosen: npt.NDArray[np.bool_] = found.type_index == CONNECTION_TYPES.index(kind)
    return chosen


def systems(kind: str) -> Table:
    made = devices.devices(KEYS, CUSTOMERS, ZEROS, ZEROS)
    names = np.asarray(made.system_index[made.type_index == DEVICE_TYPES.index(kind)])
    weights = [
        devices.SYSTEMS[other][name] if other == kind else 0
        for other in DEVICE_TYPES
        for name in devices.SYSTEMS[other]
    ]
    return np.bincount(names, minlength=len(weights)), weights


def versions() -> Table:
    made = devices.devices(KEYS, CUSTOMERS, ZEROS, ZEROS).version_index
    weights = list(devices.APP_VERSIONS.values())
    return np.bincount(made, minlength=len(weights)), weights


def ways(kind: str) -> Table:
    found = connected(kind)
    air, mobile = (int(of_type(found, name).sum()) for name in ("wifi", "mobile"))
    return np.asarray([air, mobile, DRAWS - air - mobile]), net.WAY_WEIGHTS[kind]


def home_lines() -> Table:
    found = connected("tv")
    return np.asarray([of_type(found, kind).sum() for kind in net.LINE_WEIGHTS]), list(
        net.LINE_WEIGHTS.values()
    )


def providers(market: int) -> Table:
    found = connected("mobile", market)
    sizes = list(map(len, places.home_providers()))
    homes = found.isp_index[~of_type(found, "mobile")] - sum(sizes[:market])
    return np.bincount(homes, minlength=sizes[market]), [1] * sizes[market]


def carriers(market: int) -> Table:
    found = connected("mobile", market)
    sizes = list(map(len, places.mobile_carriers()))
    phones = found.isp_index[of_type(found, "mobile")] - HOME_NAMES - sum(sizes[:market])
    return np.bincount(phones, minlength=sizes[market]), [1] * sizes[market]


def mobile_kbps() -> Table:
    found = connected("mobile")
    return eighths(found.throughput_kbps[of_type(found, "mobile")], net.AIR_KBPS["mobile"])


def wifi_kbps() -> Table:
    # in a home whose line carries all that wifi does
    wired = connected("tv")
    home = CUSTOMERS[wired.throughput_kbps.argmax()]
    found = connected("tablet", customers=np.full(DRAWS, home))
    return eighths(found.throughput_kbps[of_type(found, "wifi")], net.AIR_KBPS["wifi"])


def pause_ms() -> Table:
    views = playback.viewing(KEYS, ZEROS, ZEROS + 100 * 60)
    roomy = views.completes & (views.pauses <= 3)  # more may have to be shortened
    lengths = views.pause_ms[:, roomy]
    return eighths(lengths[lengths > 0], playback.PAUSE_MS)


def rebuffer_seconds() -> Table:
    views = playback.viewing(KEYS, ZEROS, ZEROS + playback.WATCHED_MAX_MS // 1000)
    made = timeline(KEYS, views, ZEROS + 50, ZEROS)
    return eighths(made.rebuffering_seconds[made.rebuffers == 1], playback.REBUFFER_SECONDS)


@pytest.mark.parametrize(
    ("counted", "of"),
    [
        *((systems, (kind,)) for kind in DEVICE_TYPES),
        (versions, ()),
        *((ways, (kind,)) for kind in DEVICE_TYPES),
        (home_lines, ()),
        *((providers, (market,)) for market in MARKETS),
        *((carriers, (market,)) for market in MARKETS),
        (mobile_kbps, ()),
        (wifi_kbps, ()),
        (pause_ms, ()),
        (rebuffer_seconds, ()),
    ],
)
def test_draws_follow_their_table(counted: Callable[..., Table], of: tuple[object, ...]) -> None:
    assert chi_square_p(*counted(*of)) > ALPHA


@pytest.mark.parametrize("kind", net.LINE_WEIGHTS)
def test_lines_carry_what_their_quantiles_say(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = connected("tv")
    own = of_type(usual, kind)
    low, high = net.LINE_SHARE_PERMILLE
    monkeypatch.setattr(net, "LINE_SHARE_PERMILLE", (1000, 1000))
    full = connected("tv").throughput_kbps[own]
    assert chi_square_p(*eighths(full, net.LINE_KBPS[kind])) > ALPHA
    # of more than 1 Mbit/s each thousandth is another number
    shares = -(-1000 * usual.throughput_kbps[own] // full) - low
    assert (
        chi_square_p(np.bincount(shares, minlength=high - low + 1), [1] * (high - low + 1)) > ALPHA
    )


@pytest.mark.parametrize("kind", range(len(TITLE_TYPES) + 1))
def test_those_who_leave_midway_have_seen_what_the_quantiles_say(
    kind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        playback, "_LEAVING", np.cumsum([(0, 1, 0)] * (len(TITLE_TYPES) + 1), axis=1)
    )
    views = playback.viewing(KEYS, ZEROS + kind, ZEROS + playback.WATCHED_MAX_MS // 1000)
    watched = views.watched_ms[~views.completes]
    seen = -(-10_000 * watched // playback.WATCHED_MAX_MS)
    assert chi_square_p(*eighths(seen, playback.WATCHED_SHARE[kind])) > ALPHA


@pytest.mark.parametrize("version", devices.VERSION_NAMES)
@pytest.mark.parametrize("connection", CONNECTION_TYPES)
def test_errors_come_with_the_chance_of_connection_and_version(
    connection: str, version: str
) -> None:
    usual = interruptions.ERROR_PERMILLE[connection]
    permille = usual * interruptions.VERSION_PERCENT.get(version, 100) // 100
    of = device("Android 15", devices.VERSION_NAMES.index(version))
    chance = interruptions.error_permille(line(connection, "HD", 20_000), of)
    sound = chance == chance.min()
    assert chance[sound][0] == permille
    assert share_p(int(sound.sum()), DRAWS, 1 - interruptions.FAULTY_DEVICE_PERMILLE / 1000) > ALPHA
    views = playback.viewing(KEYS, ZEROS, ZEROS + playback.WATCHED_MAX_MS // 1000)
    chosen = views.completes & sound
    views, keys = views.of(chosen), KEYS[chosen]
    made = timeline(keys, views, ZEROS[chosen], chance[chosen])
    last = np.append(np.diff(made.session) != 0, True)
    happened = int(made.errors[last].sum())
    assert share_p(happened, len(keys) * playback.ERROR_PLACES, permille / 1000) > ALPHA


def test_two_far_zones_share_each_step_of_a_day_by_their_own_clocks() -> None:
    names = ("America/Los_Angeles", "Asia/Tokyo")
    document = small_document(customers=9_000)
    for customers in document.customers.values():
        customers["timezone"] = [names[row % 3 == 0] for row in range(len(customers["timezone"]))]
    audience = Reference.of(document).audience
    assert [zones.NAMES[zone] for zone in audience.zones] == list(names)
    steps = np.arange(96) + MONDAY_MS // 60_000 // habits.STEP_MINUTES
    step = np.arange(DRAWS) % 96
    step_ms = habits.STEP_MINUTES * 60_000
    at_ms = steps[step] * step_ms + below(KEYS, Lane.START, step_ms)
    rows = audience.pick(KEYS, at_ms)
    active = rows < audience.zone_sizes[0].sum()
    zone = (rows >= audience.zone_sizes[0][0]).astype(np.int64)
    counts = np.bincount(2 * step[active] + zone[active], minlength=192).reshape(96, 2)
    weights = audience.zone_weights(steps)[:, 0]
    expected = weights / weights.sum(axis=1, keepdims=True) * counts.sum(axis=1, keepdims=True)
    assert expected.min() >= 5
    assert tail_p(float((np.square(counts - expected) / expected).sum()), 96) > ALPHA
    # 12:00 UTC is 05:00 in Los Angeles and 21:00 in Tokyo, 04:00 UTC the other way round
    tokyo = counts[:, 1] / counts.sum(axis=1)
    assert tokyo[48] > 0.9 and tokyo[16] < 0.2
