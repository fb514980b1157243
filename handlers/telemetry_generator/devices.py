"""What people watch on: device type by tier and age, system and app version by customer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from handlers.contract.event import DEVICE_TYPES
from handlers.contract.reference import SUBSCRIPTION_TIERS
from handlers.telemetry_generator.draws import (
    Ints,
    Keys,
    Lane,
    cumulative,
    happens,
    mix,
    pick,
    pick_by_row,
)

# Hundredths, in the order of DEVICE_TYPES: mobile, web, tv, tablet.
TYPE_WEIGHTS = {
    "free_with_ads": (46, 24, 18, 12),
    "basic": (40, 22, 26, 12),
    "standard": (30, 18, 40, 12),
    "premium": (22, 14, 52, 12),
}
OTHER_TYPE_WEIGHTS = (35, 20, 33, 12)
# How the mix of an age group differs from its tier's, in hundredths.
AGE_PERCENT = {
    "18-24": (150, 130, 60, 90),
    "25-34": (125, 115, 85, 95),
    "35-44": (100, 100, 100, 110),
    "45-54": (80, 90, 120, 110),
    "55-64": (60, 80, 140, 110),
    "65+": (45, 65, 160, 115),
}
OTHER_AGE_PERCENT = (100, 100, 100, 100)
AGE_GROUPS = tuple(AGE_PERCENT)
# Most sessions are on the customer's favourite type of device, the others on any by the same mix.
FAVOURITE_PERMILLE = 700
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
# A version of weight 0 is only there while a scenario rolls it out.
APP_VERSIONS = {"8.4.1": 38, "8.4.0": 24, "8.3.2": 18, "8.2.5": 12, "7.9.9": 8, "8.5.0": 0}
_APP_VERSION_WEIGHTS = cumulative(tuple(APP_VERSIONS.values()))
# A row a tier and age group, the last of each for all others.
TYPE_MIX = np.asarray(
    [
        [weight * percent for weight, percent in zip(weights, percents, strict=True)]
        for weights in (*(TYPE_WEIGHTS[tier] for tier in SUBSCRIPTION_TIERS), OTHER_TYPE_WEIGHTS)
        for percents in (*AGE_PERCENT.values(), OTHER_AGE_PERCENT)
    ],
    dtype=np.int64,
)
_TYPE_TABLE = np.cumsum(TYPE_MIX, axis=1)


class Devices(NamedTuple):
    """The device of each session, as indices into DEVICE_TYPES, `SYSTEM_NAMES`, `VERSION_NAMES`."""

    type_index: Ints
    system_index: Ints
    version_index: Ints
    keys: Keys


# (device type, system) pairs in one list: the index of a system names both.
SYSTEM_NAMES = tuple(name for kind in DEVICE_TYPES for name in SYSTEMS[kind])
VERSION_NAMES = tuple(APP_VERSIONS)


def favourites(customers: Keys, tier_index: Ints, age_index: Ints) -> Ints:
    """The type of device that each customer watches on most."""
    return pick_by_row(customers, Lane.FAVOURITE_DEVICE, _TYPE_TABLE, _mix(tier_index, age_index))


def devices(sessions: Keys, customers: Keys, tier_index: Ints, age_index: Ints) -> Devices:
    """A device a session: its customer's favourite type or any, the rest by customer and type."""
    type_index = np.where(
        happens(sessions, Lane.DEVICE_IS_FAVOURITE, FAVOURITE_PERMILLE),
        favourites(customers, tier_index, age_index),
        pick_by_row(sessions, Lane.DEVICE_TYPE, _TYPE_TABLE, _mix(tier_index, age_index)),
    )
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


def _mix(tier_index: Ints, age_index: Ints) -> Ints:
    return tier_index * (len(AGE_GROUPS) + 1) + age_index
