"""How likely the player rebuffers or fails in a session: a chance at each place. Parameters first.

Rebuffers go by connection type and by how much throughput is left over the quality's need; errors
cluster on systems, app versions, providers and single devices. When they happen: `timeline`.
"""

from __future__ import annotations

import numpy as np

from handlers.contract.event import CONNECTION_TYPES, QUALITIES
from handlers.telemetry_generator.connections import ISP_NAMES, Connections
from handlers.telemetry_generator.devices import SYSTEM_NAMES, VERSION_NAMES, Devices
from handlers.telemetry_generator.draws import Ints, Lane, happens

# Chance at a place in thousandths; by factors in hundredths.
REBUFFER_PERMILLE = {
    "wifi": 200, "mobile": 380, "fiber": 90, "cable": 160, "dsl": 260, "satellite": 450,
}  # fmt: skip
# What a quality needs, kbit/s.
NEED_KBPS = {"SD": 1_500, "HD": 4_500, "4K": 16_000}
# Throughput over need, in hundredths, from which the next factor holds.
HEADROOM_FROM = (130, 200, 400)
HEADROOM_PERCENT = (220, 140, 100, 60)

ERROR_PERMILLE = {
    "wifi": 45, "mobile": 80, "fiber": 25, "cable": 30, "dsl": 60, "satellite": 110,
}  # fmt: skip
# Of what is not named: 100.
SYSTEM_PERCENT = {
    "Android 13": 220, "iOS 17.7": 150, "Windows 10": 160, "Linux": 140, "Roku OS 14": 180,
    "Fire OS 8": 240, "Android TV 14": 130, "tvOS 18": 60,
}  # fmt: skip
VERSION_PERCENT = {"7.9.9": 190, "8.2.5": 130}
ISP_PERCENT = {
    "AT&T Internet": 150, "Vodafone Kabel": 190, "TalkTalk": 210, "SFR": 160, "WindTre": 170,
    "Netia": 180, "Oi Fibra": 230, "Izzi": 170, "ACT Fibernet": 160, "City Cable": 180,
    "T-Mobile US": 130, "Three UK": 170, "O2 Mobil": 160, "Vi": 210,
}  # fmt: skip
FAULTY_DEVICE_PERMILLE = 40
FAULTY_DEVICE_PERCENT = 400
CHANCE_MAX_PERMILLE = 950


def _by_name(names: tuple[str, ...], values: dict[str, int], other: int | None = None) -> Ints:
    """A value a name; `other` for those not given. Raises KeyError for a name that is not one."""
    unknown = set(values) - set(names)
    if unknown or (other is None and len(values) < len(names)):
        raise KeyError(f"{sorted(unknown)} are not among the names, or a name has no value")
    return np.asarray([values.get(name, other) for name in names], dtype=np.int64)


_REBUFFER = _by_name(CONNECTION_TYPES, REBUFFER_PERMILLE)
_NEED = _by_name(QUALITIES, NEED_KBPS)
_HEADROOM_FROM = np.asarray(HEADROOM_FROM, dtype=np.int64)
_HEADROOM_PERCENT = np.asarray(HEADROOM_PERCENT, dtype=np.int64)
_ERROR = _by_name(CONNECTION_TYPES, ERROR_PERMILLE)
_SYSTEM = _by_name(SYSTEM_NAMES, SYSTEM_PERCENT, 100)
_VERSION = _by_name(VERSION_NAMES, VERSION_PERCENT, 100)
_ISP = _by_name(ISP_NAMES, ISP_PERCENT, 100)


def rebuffer_permille(line: Connections, percent: Ints | int = 100) -> Ints:
    """The chance of a rebuffer at each place of each session, at most CHANCE_MAX_PERMILLE."""
    headroom = line.throughput_kbps * 100 // _NEED[line.quality_index]
    factor = _HEADROOM_PERCENT[np.searchsorted(_HEADROOM_FROM, headroom, side="right")]
    chance: Ints = _REBUFFER[line.type_index] * factor * percent // 10_000
    return np.minimum(chance, CHANCE_MAX_PERMILLE)


def error_permille(line: Connections, device: Devices, percent: Ints | int = 100) -> Ints:
    """The chance of an error at each place of each session, at most CHANCE_MAX_PERMILLE."""
    faulty = happens(device.keys, Lane.DEVICE_IS_FAULTY, FAULTY_DEVICE_PERMILLE)
    chance: Ints = _ERROR[line.type_index] * _SYSTEM[device.system_index]
    chance = chance * _VERSION[device.version_index] * _ISP[line.isp_index]
    chance = chance * np.where(faulty, FAULTY_DEVICE_PERCENT, 100) // 10**8 * percent // 100
    return np.minimum(chance, CHANCE_MAX_PERMILLE)
