"""How many sessions start when: the hour-of-day curve, UTC, minute by minute.

A tick's events are those of the sessions open in it; the curve is set so that ticks of 5 minutes
carry 1-3 k events from 00:45 to 06:00, 3-6 k until 12:00, 5-10 k until 18:00 and 8-25 k until
23:30. In the time between, they fall from evening to night; within some minutes of a band's end
they may be a few per cent beyond it. Who of the viewers starts when, by their own time zones:
`audience` and `habits`.
"""

from __future__ import annotations

import numpy as np

from handlers.telemetry_generator.draws import Ints, Lane, below, session_keys, share

SLOT_MS = 60_000
DAY_SLOTS = 24 * 60

# Session starts a minute at each half hour from 00:00 UTC; straight lines between. A session has
# 4.4 events, a third of them in its first 5 minutes and the last ones hours later, so the curve
# falls before the events do.
STARTS_PER_MINUTE = (
    20, 10, 30, 80, 120, 105, 85, 80, 90, 110, 125, 138,
    160, 175, 180, 185, 190, 195, 205, 210, 220, 225, 235, 255,
    265, 275, 285, 300, 315, 330, 345, 360, 380, 395, 410, 440,
    460, 515, 590, 610, 620, 585, 565, 505, 465, 430, 380, 320,
)  # fmt: skip
# Starts of a day, from Monday, in thousandths of the curve.
WEEKDAY_PERMILLE = (985, 980, 985, 990, 1005, 1030, 1025)
# A slot's number of starts differs from the curve by up to this, in thousandths.
SLOT_CHANGE_PERMILLE = 80


def expected_starts_milli(slots: Ints) -> Ints:
    """Expected starts in each slot (minutes since 1970), in thousandths of a session."""
    anchors = np.asarray((*STARTS_PER_MINUTE, STARTS_PER_MINUTE[0]), dtype=np.int64)
    minute = slots % DAY_SLOTS
    anchor, within = minute // 30, minute % 30
    usual = (anchors[anchor] * (30 - within) + anchors[anchor + 1] * within) * 1000 // 30
    # 1970-01-01 was a Thursday
    weekday = (slots // DAY_SLOTS + 3) % 7
    expected: Ints = usual * np.asarray(WEEKDAY_PERMILLE, dtype=np.int64)[weekday] // 1000
    return expected


def starts(stream: int, slots: Ints, lift_permille: Ints) -> Ints:
    """How many sessions of `stream` start in each slot, in thousandths of the curve by `lift`."""
    keys = session_keys(stream, slots)
    change = below(keys, Lane.SLOT_SIZE, 2 * SLOT_CHANGE_PERMILLE + 1) - SLOT_CHANGE_PERMILLE
    milli = expected_starts_milli(slots) * lift_permille // 1000 * (1000 + change) // 1000
    return (milli + ((share(keys, Lane.SLOT_SIZE, 1) * 1000) >> 32)) // 1000
