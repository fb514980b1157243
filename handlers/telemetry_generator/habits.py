"""When people watch: weights by the hour and weekday of the viewer's own clock. Parameters first.

Owns how active a viewer is at a local time. How many sessions start in all: `volumes`.
"""

from __future__ import annotations

import numpy as np

from handlers.telemetry_generator import zones
from handlers.telemetry_generator.draws import Ints

# Weight of a start at each full hour of the viewer's day, straight lines between.
WORKDAY = (
    120, 60, 30, 20, 20, 35, 70, 110, 110, 100, 105, 120,
    150, 150, 150, 170, 210, 300, 440, 640, 860, 1000, 760, 380,
)  # fmt: skip
FRIDAY = (
    120, 60, 30, 20, 20, 35, 70, 110, 110, 100, 105, 120,
    150, 150, 160, 200, 260, 360, 500, 720, 940, 1080, 960, 640,
)  # fmt: skip
SATURDAY = (
    340, 200, 100, 50, 35, 40, 60, 110, 190, 270, 320, 340,
    360, 390, 410, 430, 450, 490, 580, 740, 920, 1040, 940, 640,
)  # fmt: skip
SUNDAY = (
    340, 200, 100, 50, 35, 40, 60, 110, 200, 290, 350, 380,
    410, 440, 460, 480, 500, 540, 620, 780, 940, 960, 660, 300,
)  # fmt: skip
WEEK = (WORKDAY, WORKDAY, WORKDAY, WORKDAY, FRIDAY, SATURDAY, SUNDAY)  # from Monday
STEP_MINUTES = 15  # offsets of zones are multiples of it

_WEEK = np.asarray([weight for day in WEEK for weight in day], dtype=np.int64)


def activity(steps: Ints, of_zones: Ints) -> Ints:
    """The weight of a viewer in each of these zones (columns; places in `zones.NAMES`).

    `steps` of STEP_MINUTES are counted since 1970, UTC.
    """
    local = zones.local_minutes(steps * STEP_MINUTES, of_zones)
    # 1970-01-01 was a Thursday: 3 days after a Monday
    of_week = (local + 3 * zones.DAY_MINUTES) % (7 * zones.DAY_MINUTES)
    hour, within = of_week // 60, of_week % 60
    after = _WEEK[(hour + 1) % len(_WEEK)]
    weight: Ints = (_WEEK[hour] * (60 - within) + after * within) // 60
    return weight
