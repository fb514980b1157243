"""What people watch on: device type by subscription tier, system and app version by customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handlers.contract.event import DEVICE_TYPES
from handlers.contract.reference import SUBSCRIPTION_TIERS
from handlers.telemetry_generator.draws import Ints, Keys, Lane, cumulative, mix, pick, pick_by_row

# Hundredths, in the order of DEVICE_TYPES: mobile, web, tv, tablet.
TYPE_WEIGHTS = {
    "free_with_ads": (46, 24, 18, 12),
    "basic": (40, 22, 26, 12),
    "standard": (30, 18, 40, 12),
    "premium": (22, 14, 52, 12),
}
OTHER_TYPE_WEIGHTS = (35, 20, 33, 12)
SYSTEMS: dict[str, dict[str, int]] = {
    "mobile": {
        "Android 15": 26,
        "Android 14": 24,
        "Android 13": 12,
        "iOS 18.5": 24,
        "iOS 17.7": 14,
    },
    "web": {"Windows 11": 42, "Windows 10": 22, "macOS 15": 20, "macOS 14": 8, "Linux": 8},
    "tv": {"Tizen 8.0": 24, "webOS 24": 20, "Android TV 14": 22, "tvOS 18": 14, "Roku OS 14": 20},
    "tablet": {"iPadOS 18.5": 42, "iPadOS 17.7": 18, "Android 14": 26, "Fire OS 8": 14},
}
APP_VERSIONS = {"8.4.1": 38, "8.4.0": 24, "8.3.2": 18, "8.2.5": 12, "7.9.9": 8}
_APP_VERSION_WEIGHTS = cumulative(tuple(APP_VERSIONS.values()))
_TYPE_TABLE = np.stack(
    [cumulative(TYPE_WEIGHTS[tier]) for tier in SUBSCRIPTION_TIERS]
    + [cumulative(OTHER_TYPE_WEIGHTS)]
)


@dataclass(frozen=True)
class Devices:
    """The device of each session, as indices into DEVICE_TYPES, `SYSTEM_NAMES`, `VERSION_NAMES`."""

    type_index: Ints
    system_index: Ints
    version_index: Ints
    keys: Keys


# (device type, system) pairs in one list: the index of a system names both.
SYSTEM_NAMES = tuple(name for kind in DEVICE_TYPES for name in SYSTEMS[kind])
VERSION_NAMES = tuple(APP_VERSIONS)


def devices(sessions: Keys, customers: Keys, tier_index: Ints) -> Devices:
    """A device a session: the type by session and tier, the rest by customer and type."""
    type_index = pick_by_row(sessions, Lane.DEVICE_TYPE, _TYPE_TABLE, tier_index)
    keys = mix(customers, Lane.DEVICE_ID, type_index)
    system_index = np.empty(len(sessions), dtype=np.int64)
    first = 0
    for index, kind in enumerate(DEVICE_TYPES):
        chosen = type_index == index
        weights = cumulative(tuple(SYSTEMS[kind].values()))
        system_index[chosen] = first + pick(keys[chosen], Lane.DEVICE_OS, weights)
        first += len(weights)
    return Devices(
        type_index, system_index, pick(keys, Lane.APP_VERSION, _APP_VERSION_WEIGHTS), keys
    )
