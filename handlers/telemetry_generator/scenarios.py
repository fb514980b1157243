"""What is injected into steady viewing, when and to whom: the profiles of traffic.

A scenario is a function of the seed, the time and the reference version, as sessions are, so that
ticks agree on it. Each says what it does in words that a run's truth document keeps; parameters
stand in the classes. How sessions are otherwise: the modules that are named after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from handlers.contract.identity import key_of
from handlers.telemetry_generator import volumes
from handlers.telemetry_generator.connections import ISP_NAMES, home_providers_of
from handlers.telemetry_generator.devices import VERSION_NAMES
from handlers.telemetry_generator.draws import (
    Ints,
    Keys,
    Lane,
    below,
    distinct,
    happens,
    mix,
    session_keys,
)
from handlers.telemetry_generator.reference import Reference

Mask = npt.NDArray[np.bool_]
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Injection(NamedTuple):
    """One thing injected in [from_ms, to_ms): `scope` names the columns' values it is about."""

    kind: str
    from_ms: int
    to_ms: int
    scope: dict[str, str]
    effect: dict[str, int]


@dataclass(frozen=True)
class Scenario:
    """Steady viewing: nothing is injected. Other profiles change what they are about."""

    seed: int
    name: ClassVar[str] = "steady"

    def lift_permille(self, slots: Ints) -> Ints:
        """The starts of each slot (minutes since 1970), in thousandths of the usual."""
        return np.full(len(slots), 1000, dtype=np.int64)

    def titles(self, reference: Reference, keys: Keys, start_ms: Ints, title: Ints) -> Ints:
        """The titles watched by sessions that would watch `title`."""
        return title

    def versions(self, devices: Keys, start_ms: Ints, version: Ints) -> Ints:
        """The app versions of devices that would run `version`."""
        return version

    def afflicted(self, reference: Reference, start_ms: Ints, isp: Ints, version: Ints) -> Mask:
        """The sessions whose playback suffers, by FACTORS."""
        return np.zeros(len(start_ms), dtype=np.bool_)

    def injections(self, reference: Reference, from_ms: int, to_ms: int) -> list[Injection]:
        """What is injected into sessions that start in [from_ms, to_ms)."""
        return []

    # What afflicted sessions suffer: throughput and lost starts in thousandths, rest hundredths.
    throughput_permille: ClassVar[int] = 1000
    lost_permille: ClassVar[int] = 0
    rebuffer_percent: ClassVar[int] = 100
    error_percent: ClassVar[int] = 100

    def _effect(self) -> dict[str, int]:
        return {
            "throughput_permille": self.throughput_permille,
            "lost_starts_permille": self.lost_permille,
            "rebuffer_chance_percent": self.rebuffer_percent,
            "error_chance_percent": self.error_percent,
        }


class EveningPeak(Scenario):
    """An evening, UTC, far above the usual one."""

    name = "evening_peak"
    FROM_MS, TO_MS = 18 * HOUR_MS, 23 * HOUR_MS
    LIFT_PERMILLE = 1_500

    def lift_permille(self, slots: Ints) -> Ints:
        at_ms = slots * volumes.SLOT_MS % DAY_MS
        return np.where((at_ms >= self.FROM_MS) & (at_ms < self.TO_MS), self.LIFT_PERMILLE, 1000)

    def injections(self, reference: Reference, from_ms: int, to_ms: int) -> list[Injection]:
        effect = {"starts_permille": self.LIFT_PERMILLE}
        return [
            Injection("evening_peak", day + self.FROM_MS, day + self.TO_MS, {}, effect)
            for day in _blocks(from_ms, to_ms, DAY_MS)
            if day + self.FROM_MS < to_ms and day + self.TO_MS > from_ms
        ]


class Launch(Scenario):
    """A title a day takes off: a share of all starts goes to it, and decays."""

    name = "launch"
    AT_MS = 16 * HOUR_MS
    STEP_MS = 6 * HOUR_MS
    SHARE_PERMILLE = (180, 110, 60, 30)

    def titles(self, reference: Reference, keys: Keys, start_ms: Ints, title: Ints) -> Ints:
        since = start_ms - self.AT_MS
        share = np.asarray(self.SHARE_PERMILLE, dtype=np.int64)[since % DAY_MS // self.STEP_MS]
        taken = happens(keys, Lane.LAUNCH, share)
        launched = _by_block(since // DAY_MS, lambda day: self._title(reference, day))
        return np.where(taken, launched, title)

    def injections(self, reference: Reference, from_ms: int, to_ms: int) -> list[Injection]:
        found = []
        for day in _blocks(from_ms - self.AT_MS, to_ms - self.AT_MS, DAY_MS):
            scope = {"title_id": reference.catalogue.ids[self._title(reference, day // DAY_MS)]}
            for step, share in enumerate(self.SHARE_PERMILLE):
                begin = day + self.AT_MS + step * self.STEP_MS
                if begin < to_ms and begin + self.STEP_MS > from_ms:
                    effect = {"share_of_starts_permille": share}
                    found.append(Injection("launch", begin, begin + self.STEP_MS, scope, effect))
        return found

    def _title(self, reference: Reference, day: int) -> int:
        return _chosen(self.seed, self.name, day, Lane.LAUNCH, reference.catalogue.keys)


class IspOutage(Scenario):
    """Every six hours a home provider fails for a while: starts are lost, playback is bad."""

    name = "isp_outage"
    BLOCK_MS = 6 * HOUR_MS
    LENGTH_MS = 45 * 60_000
    throughput_permille = 200
    lost_permille = 700
    rebuffer_percent = 400
    error_percent = 500

    def afflicted(self, reference: Reference, start_ms: Ints, isp: Ints, version: Ints) -> Mask:
        block = start_ms // self.BLOCK_MS
        begin = _by_block(block, self._begin_ms)
        name = _by_block(block, lambda one: self._isp(reference, one))
        suffers: Mask = (start_ms >= begin) & (start_ms < begin + self.LENGTH_MS) & (isp == name)
        return suffers

    def injections(self, reference: Reference, from_ms: int, to_ms: int) -> list[Injection]:
        found = []
        for first in _blocks(from_ms, to_ms, self.BLOCK_MS):
            block = first // self.BLOCK_MS
            begin = self._begin_ms(block)
            if begin < to_ms and begin + self.LENGTH_MS > from_ms:
                scope = {"isp": ISP_NAMES[self._isp(reference, block)]}
                end = begin + self.LENGTH_MS
                found.append(Injection("isp_outage", begin, end, scope, self._effect()))
        return found

    def _begin_ms(self, block: int) -> int:
        minutes = (self.BLOCK_MS - self.LENGTH_MS) // 60_000
        drawn = _drawn(self.seed, self.name, block, Lane.OUTAGE_BEGIN, minutes)
        return block * self.BLOCK_MS + drawn * 60_000

    def _isp(self, reference: Reference, block: int) -> int:
        """The provider of a home drawn among all: a large one more often."""
        audience = reference.audience
        row = _chosen(self.seed, self.name, block, Lane.OUTAGE_ISP, audience.keys)
        one = slice(row, row + 1)
        return int(home_providers_of(audience.keys[one], audience.market_index[one])[0])


class BadRelease(Scenario):
    """Each day an app version is rolled out in steps and withdrawn: it rebuffers and fails."""

    name = "bad_release"
    VERSION = "8.5.0"
    STEPS_MS = (6 * HOUR_MS, 9 * HOUR_MS, 12 * HOUR_MS, 22 * HOUR_MS)
    DEVICES_PERMILLE = (50, 250, 600)
    rebuffer_percent = 300
    error_percent = 200

    def versions(self, devices: Keys, start_ms: Ints, version: Ints) -> Ints:
        shares = np.asarray((0, *self.DEVICES_PERMILLE, 0), dtype=np.int64)
        step = np.searchsorted(np.asarray(self.STEPS_MS), start_ms % DAY_MS, side="right")
        updated = below(devices, Lane.ROLLOUT, 1000) < shares[step]
        return np.where(updated, VERSION_NAMES.index(self.VERSION), version)

    def afflicted(self, reference: Reference, start_ms: Ints, isp: Ints, version: Ints) -> Mask:
        suffers: Mask = version == VERSION_NAMES.index(self.VERSION)
        return suffers

    def injections(self, reference: Reference, from_ms: int, to_ms: int) -> list[Injection]:
        scope = {"app_version": self.VERSION}
        return [
            Injection(
                "bad_release",
                day + begin,
                day + end,
                scope,
                {"devices_permille": share, **self._effect()},
            )
            for day in _blocks(from_ms, to_ms, DAY_MS)
            for begin, end, share in zip(
                self.STEPS_MS, self.STEPS_MS[1:], self.DEVICES_PERMILLE, strict=False
            )
            if day + begin < to_ms and day + end > from_ms
        ]


SCENARIOS: dict[str, type[Scenario]] = {
    kind.name: kind for kind in (Scenario, EveningPeak, Launch, IspOutage, BadRelease)
}


def add(found: list[Injection], one: Injection) -> None:
    """Add `one` to those found before it; as one with that which it goes on."""
    for place, before in enumerate(found):
        if before._replace(from_ms=one.from_ms, to_ms=one.to_ms) == one and (
            before.to_ms == one.from_ms
        ):
            found[place] = before._replace(to_ms=one.to_ms)
            return
    found.append(one)


def _blocks(from_ms: int, to_ms: int, length_ms: int) -> range:
    return range(from_ms // length_ms * length_ms, to_ms, length_ms)


def _by_block(block: Ints, value: Callable[[int], int]) -> Ints:
    values = np.zeros_like(block)
    for one in distinct(block):
        values[block == one] = value(one)
    return values


def _block_key(seed: int, name: str, block: int) -> Keys:
    return session_keys(key_of("scenario", name, seed), np.asarray([block], dtype=np.int64))


def _drawn(seed: int, name: str, block: int, lane: int, limit: int) -> int:
    return int(below(_block_key(seed, name, block), lane, limit)[0])


def _chosen(seed: int, name: str, block: int, lane: int, keys: Keys) -> int:
    """The row of one of `keys`: the same one, whatever else there is and in whatever order."""
    return int(np.argmin(mix(keys ^ _block_key(seed, name, block), lane)))
