"""Each rule of viewing holds in what is drawn: goodness of fit, fixed seed, ALPHA a test."""

from __future__ import annotations

from datetime import UTC, datetime
from math import erfc, sqrt

import numpy as np
import numpy.typing as npt
import pytest

from handlers.contract.event import CONNECTION_TYPES, QUALITIES, UHD_FLOOR_MBPS
from handlers.contract.reference import SUBSCRIPTION_TIERS, TITLE_TYPES
from handlers.telemetry_generator import devices, habits, interruptions, playback, zones
from handlers.telemetry_generator.connections import ISP_NAMES, Connections, measured_kbps
from handlers.telemetry_generator.devices import AGE_GROUPS, SYSTEM_NAMES, Devices
from handlers.telemetry_generator.draws import Ints, session_keys
from handlers.telemetry_generator.reference import ZIPF_SCALE, ZIPF_SHIFT, Reference, popularity
from handlers.telemetry_generator.scenarios import SCENARIOS
from handlers.telemetry_generator.sessions import Events, Starts, events, starts_by_slot
from handlers.telemetry_generator.timeline import COMPLETE, timeline
from tests.handlers.references import small_document

ALPHA = 0.001
MONDAY_MS = int(datetime(2025, 8, 11, tzinfo=UTC).timestamp() * 1000)
HOUR_MS = 3_600_000
DRAWS = 200_000
KEYS = session_keys(20_250_811, np.arange(DRAWS, dtype=np.int64))


def chi_square_p(counts: Ints, weights: npt.ArrayLike) -> float:
    """The chance of a worse fit of `counts` to `weights`."""
    shares = np.asarray(weights, dtype=float)
    assert not counts[shares == 0].any()
    counts, shares = counts[shares > 0], shares[shares > 0]
    expected = shares / shares.sum() * counts.sum()
    assert expected.min() >= 5
    return tail_p(float((np.square(counts - expected) / expected).sum()), len(counts) - 1)


def tail_p(statistic: float, degrees: int) -> float:
    """The chance of a larger chi-square (Wilson and Hilferty's approximation)."""
    spread = 2 / (9 * degrees)
    return erfc(((statistic / degrees) ** (1 / 3) - (1 - spread)) / sqrt(spread) / sqrt(2)) / 2


def share_p(hits: int, tries: int, chance: float) -> float:
    """The chance of a share farther from `chance` (normal approximation, two-sided)."""
    return erfc(abs(hits - tries * chance) / sqrt(2 * tries * chance * (1 - chance)))


@pytest.fixture(scope="module")
def large() -> Reference:
    return Reference.of(small_document(titles=300, customers=9_000))


@pytest.fixture(scope="module")
def sample(large: Reference) -> Events:
    """All events of some sessions that start in an afternoon."""
    at = np.full(60_000, MONDAY_MS + 15 * HOUR_MS)
    starts = Starts(KEYS[:60_000], at, np.arange(60_000))
    end_ms = MONDAY_MS + 48 * HOUR_MS
    return events(large, starts, MONDAY_MS, end_ms, SCENARIOS["steady"](0))


@pytest.fixture(scope="module")
def last(sample: Events) -> Ints:
    """The row of each session's last event."""
    rows: Ints = np.flatnonzero(np.append(np.diff(sample.timeline.session) != 0, True))
    assert len(rows) == len(sample.keys)
    return rows


@pytest.mark.parametrize("hours", [2, 10, 19, 5 * 24 + 15, 6 * 24 + 9])
def test_starts_go_to_zones_by_their_viewers_own_clock(large: Reference, hours: int) -> None:
    at_ms = MONDAY_MS + hours * HOUR_MS
    audience = large.audience
    rows = audience.pick(KEYS, np.full(DRAWS, at_ms))
    activity = habits.activity(np.asarray([at_ms // 900_000]), audience.zones)[0]
    for category, first in enumerate(audience.first_row.tolist()):
        sizes = audience.zone_sizes[category]
        within = rows[(rows >= first) & (rows < first + sizes.sum())]
        zone = np.searchsorted(np.cumsum(sizes) + first, within, side="right")
        counts = np.bincount(zone, minlength=len(sizes))
        assert chi_square_p(counts, sizes * activity) > ALPHA


def test_viewers_of_each_continent_watch_most_in_their_evening(large: Reference) -> None:
    day = starts_by_slot(3, MONDAY_MS, MONDAY_MS + 24 * HOUR_MS, SCENARIOS["steady"](0))
    rows = large.audience.pick(day.keys, day.start_ms)
    sizes = large.audience.zone_sizes.ravel()
    order = np.flatnonzero(sizes)
    zone = order[np.searchsorted(large.audience.zone_first_row.ravel()[order], rows, "right") - 1]
    zone %= len(large.audience.zones)
    local = (
        zones.local_minutes(day.start_ms // 60_000, large.audience.zones)[
            np.arange(len(rows)), zone
        ]
        // 60
        % 24
    )
    for name in ("America/Chicago", "Europe/Berlin", "Europe/London"):
        of_zone = large.audience.zones[zone] == zones.NAMES.index(name)
        counts = np.bincount(local[of_zone], minlength=24)
        assert 17 <= counts.argmax() <= 22, name
        assert counts[17:23].sum() > 3 * counts[2:8].sum(), name


@pytest.mark.parametrize("tier", range(len(SUBSCRIPTION_TIERS) + 1))
@pytest.mark.parametrize("age", range(len(AGE_GROUPS) + 1))
def test_devices_follow_tier_and_age(tier: int, age: int) -> None:
    keys = KEYS[:20_000]
    rows = np.full(len(keys), tier), np.full(len(keys), age)
    weights = devices.TYPE_MIX[tier * (len(AGE_GROUPS) + 1) + age]
    favourites = devices.favourites(keys, *rows)
    assert chi_square_p(np.bincount(favourites, minlength=4), weights) > ALPHA
    used = devices.devices(keys, keys[::-1], *rows).type_index
    assert chi_square_p(np.bincount(used, minlength=4), weights) > ALPHA


def test_most_sessions_are_on_the_favourite(large: Reference) -> None:
    customer = KEYS[:1].repeat(DRAWS)
    zeros = np.zeros(DRAWS, dtype=np.int64)
    used = devices.devices(KEYS, customer, zeros, zeros).type_index
    favourite = int(devices.favourites(customer[:1], zeros[:1], zeros[:1])[0])
    mix = devices.TYPE_MIX[0] / devices.TYPE_MIX[0].sum()
    expected = mix * (1000 - devices.FAVOURITE_PERMILLE) / 1000
    expected[favourite] += devices.FAVOURITE_PERMILLE / 1000
    assert chi_square_p(np.bincount(used, minlength=4), expected) > ALPHA


def test_popularity_follows_the_score_with_a_long_tail() -> None:
    scores = [(row * 37 % 1000) / 100 for row in range(1000)]
    weights = popularity(scores).astype(float)
    ranked = weights[np.argsort(scores)[::-1]]
    assert np.all(np.diff(ranked) <= 0)
    assert ranked[0] / ranked[99] == pytest.approx(105 / 6, rel=0.001)
    # the best tenth has about half, and the lower half is still watched
    assert 0.45 < ranked[:100].sum() / ranked.sum() < 0.65
    assert 0.08 < ranked[500:].sum() / ranked.sum() < 0.2


@pytest.mark.parametrize(
    "scores",
    [[8.0] * 1_000, [9.0, 8.0, 8.0, 1.0], [1.0, 8.0, 9.0, 8.0], [5, 5.0], [3.5], [0.0] * 7, []],
)
def test_equal_scores_are_equally_popular(scores: list[float]) -> None:
    weights = popularity(scores).tolist()
    ranked = [ZIPF_SCALE // (rank + ZIPF_SHIFT) for rank in range(len(scores))]
    falling = sorted(scores, reverse=True)
    for score, weight in zip(scores, weights, strict=True):
        shared = [of for of, other in zip(ranked, falling, strict=True) if other == score]
        assert weight == sum(shared) // len(shared)


def viewed(kind: int, minutes: int, count: int) -> playback.Viewing:
    """How so many sessions of titles of one type and length are watched."""
    durations = np.full(count, minutes * 60, dtype=np.int64)
    return playback.viewing(KEYS[:count], np.full(count, kind), durations)


@pytest.mark.parametrize("minutes", [22, 45, 90, 130, 200])
@pytest.mark.parametrize("kind", range(len(TITLE_TYPES) + 1))
def test_completion_follows_type_and_length(kind: int, minutes: int) -> None:
    views = viewed(kind, minutes, 40_000)
    bracket = sum(minutes >= limit for limit in playback.LENGTH_FROM_MINUTES)
    chance = playback.COMPLETES_PERMILLE[kind] * playback.LENGTH_PERCENT[bracket] // 100 / 1000
    assert share_p(int(views.completes.sum()), len(views.watched_ms), chance) > ALPHA
    left = views.watched_ms[~views.completes]
    tried, _, credits = playback.LEAVING_WEIGHTS[kind]
    late = int((left >= 0.92 * minutes * 60_000).sum())
    if minutes >= 45:  # in shorter ones those who try it may get as far
        assert share_p(late, len(left), credits / 100) > ALPHA
        # an eighth of those who try it and a few of the others have left after 14 s
        early = int((left < playback.TRIED_MS[1]).sum())
        assert 0.9 * tried / 800 < early / len(left) < 1.1 * tried / 800 + 0.002


@pytest.mark.parametrize("minutes", [211, 240, 300, 1_000, 10_000])
@pytest.mark.parametrize("kind", range(len(TITLE_TYPES) + 1))
def test_titles_longer_than_a_session_are_left_at_any_time(kind: int, minutes: int) -> None:
    views = viewed(kind, minutes, 40_000)
    assert not views.completes.any() and views.watched_ms.max() < playback.WATCHED_MAX_MS
    seconds = np.bincount(views.watched_ms // 1000)
    assert seconds.max() < 0.01 * len(
        views.watched_ms
    )  # of those who try it, 1 in 8 leaves within 9 s
    assert seconds[3_600:].max() < 0.001 * len(views.watched_ms)
    midway = playback.LEAVING_WEIGHTS[kind][1] / 100
    half = playback.WATCHED_SHARE[kind][4] * playback.WATCHED_MAX_MS // 10_000
    later = playback.LEAVING_WEIGHTS[kind][2] / 100 + midway / 2
    assert share_p(int((views.watched_ms >= half).sum()), len(views.watched_ms), later) > ALPHA


@pytest.mark.parametrize(("minutes", "bracket"), [(5, 0), (25, 1), (70, 2), (100, 3)])
def test_longer_viewing_is_paused_more(minutes: int, bracket: int) -> None:
    views = viewed(0, minutes, 60_000)
    pauses = views.pauses[views.completes]
    assert chi_square_p(
        np.bincount(pauses, minlength=5), playback.PAUSE_WEIGHTS[bracket]
    ) > ALPHA  # fmt: skip


def line(connection: str, quality: str, kbps: int, isp: str = ISP_NAMES[0]) -> Connections:
    """A connection, as often as there are keys."""
    values = (CONNECTION_TYPES.index(connection), ISP_NAMES.index(isp), 0, kbps,
              QUALITIES.index(quality))  # fmt: skip
    return Connections(*(np.full(DRAWS, value, dtype=np.int64) for value in values))


@pytest.mark.parametrize(
    ("connection", "quality", "kbps", "permille"),
    [
        ("wifi", "HD", 20_000, 120), ("wifi", "HD", 12_000, 200), ("wifi", "HD", 6_000, 280),
        ("wifi", "HD", 5_000, 440), ("fiber", "4K", 26_000, 126), ("fiber", "4K", 90_000, 54),
        ("satellite", "SD", 1_600, 950), ("mobile", "SD", 4_000, 380),
    ],
)  # fmt: skip
def test_rebuffering_follows_connection_bandwidth_and_quality(
    connection: str, quality: str, kbps: int, permille: int
) -> None:
    chance = interruptions.rebuffer_permille(line(connection, quality, kbps))
    assert set(chance.tolist()) == {permille}
    zeros = np.zeros(DRAWS, dtype=np.int64)
    views = playback.viewing(KEYS, zeros, zeros + playback.WATCHED_MAX_MS // 1000)
    views = views.of(views.completes)
    keys = KEYS[: len(views.watched_ms)]
    made = timeline(keys, views, chance[: len(keys)], zeros[: len(keys)])
    happened = int(made.rebuffers[made.type_index == COMPLETE].sum())
    assert share_p(happened, len(keys) * playback.REBUFFER_PLACES, permille / 1000) > ALPHA


def device(system: str, version: int = 0) -> Devices:
    """Devices of one system, one a key."""
    kinds = np.zeros(DRAWS, dtype=np.int64)
    return Devices(kinds, kinds + SYSTEM_NAMES.index(system), kinds + version, KEYS)


@pytest.mark.parametrize(
    ("system", "isp", "usual", "faulty"),
    [("Android 15", "BT", 45, 180), ("Android 13", "BT", 99, 396),
     ("iOS 18.5", "TalkTalk", 94, 378),
     ("Android 13", "TalkTalk", 207, 831), ("tvOS 18", "BT", 27, 108)],
)  # fmt: skip
def test_errors_cluster_on_systems_providers_and_devices(
    system: str, isp: str, usual: int, faulty: int
) -> None:
    chance = interruptions.error_permille(line("wifi", "HD", 20_000, isp), device(system))
    values, counts = np.unique(chance, return_counts=True)
    assert values.tolist() == [usual, faulty]
    expected = interruptions.FAULTY_DEVICE_PERMILLE / 1000
    assert share_p(int(counts[1]), DRAWS, expected) > ALPHA


def test_4k_is_played_only_where_bandwidth_carries_it(sample: Events, large: Reference) -> None:
    uhd = sample.connections.quality_index == QUALITIES.index("4K")
    kbps = measured_kbps(
        sample.keys[sample.timeline.session],
        sample.timeline.ordinal,
        sample.connections.throughput_kbps[sample.timeline.session],
    )
    assert kbps[uhd[sample.timeline.session]].min() >= 1000 * UHD_FLOOR_MBPS
    tiers = large.audience.tier_index[sample.customer[uhd]]
    assert set(tiers.tolist()) == {SUBSCRIPTION_TIERS.index("premium")}
    assert 0.02 < uhd.mean() < 0.4


def test_a_customer_keeps_home_line_provider_and_device(sample: Events) -> None:
    wired = np.isin(
        sample.connections.type_index,
        [CONNECTION_TYPES.index(kind) for kind in ("fiber", "cable", "dsl", "satellite")],
    )
    home = sample.connections.type_index != CONNECTION_TYPES.index("mobile")
    for chosen, values in (
        (wired, sample.connections.type_index),
        (home, sample.connections.isp_index),
        (home, sample.connections.address),
    ):
        pairs = np.unique(np.stack([sample.customer[chosen], values[chosen]]), axis=1)
        assert pairs.shape[1] == len(np.unique(sample.customer[chosen]))
    pairs = np.unique(np.stack([sample.customer, sample.devices.type_index]), axis=1)
    assert pairs.shape[1] == len(np.unique(sample.devices.keys))
