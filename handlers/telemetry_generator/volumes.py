"""How many sessions start when: the hour-of-day curve, UTC, minute by minute.

A tick's events are those of the sessions open in it; the curve is set so that ticks of 5 minutes
carry 1-3 k events from 00:30 to 06:00, 3-6 k until 12:00, 5-10 k until 18:00 and 8-25 k until
23:40. In the time between, they fall from evening to night. Viewers' own time zones are not
modelled here.
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
    10, 25, 75, 90, 85, 65, 55, 65, 65, 85, 95, 150,
    175, 180, 195, 195, 205, 215, 225, 225, 230, 230, 240, 255,
    270, 290, 305, 305, 320, 330, 340, 355, 365, 380, 395, 430,
    465, 655, 750, 855, 940, 905, 925, 735, 655, 485, 370, 315,
)  # fmt: skip
# A slot's number of starts differs from the curve by up to this, in thousandths.
SLOT_CHANGE_PERMILLE = 80


def expected_starts_milli(slots: Ints) -> Ints:
    """Expected starts in each slot (minutes since 1970), in thousandths of a session."""
    anchors = np.asarray((*STARTS_PER_MINUTE, STARTS_PER_MINUTE[0]), dtype=np.int64)
    minute = slots % DAY_SLOTS
    anchor, within = minute // 30, minute % 30
    return (anchors[anchor] * (30 - within) + anchors[anchor + 1] * within) * 1000 // 30


def starts(stream: int, slots: Ints) -> Ints:
    """How many sessions of `stream` start in each slot."""
    keys = session_keys(stream, slots)
    change = below(keys, Lane.SLOT_SIZE, 2 * SLOT_CHANGE_PERMILLE + 1) - SLOT_CHANGE_PERMILLE
    milli = expected_starts_milli(slots) * (1000 + change) // 1000
    return (milli + ((share(keys, Lane.SLOT_SIZE, 1) * 1000) >> 32)) // 1000
