"""The baseline: the plain program, which makes one event after the other and dumps it.

Each event is one dict of the contract's 24 columns, drawn with the `random` module, and one
`json.dumps`; nothing else, and nothing slower. It keeps no session together, which would cost more.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from benchmarks.reference import customer_id, title_id
from handlers.contract.event import CONNECTION_TYPES, DEVICE_TYPES, EVENT_TYPES, QUALITIES

BEGIN = datetime(2025, 8, 11, 18, tzinfo=UTC)
WINDOW_MS = 6 * 3_600_000
CUSTOMERS = [customer_id(row) for row in range(10_000)]
TITLES = [title_id(row) for row in range(1_000)]
SYSTEMS = ("Android 15", "iOS 18.5", "Windows 11", "Tizen 8.0")
VERSIONS = ("8.4.1", "8.4.0", "8.3.2")
PLACES = (("US", "California", "Los Angeles"), ("DE", "Bayern", "München"), ("FR", "", "Lyon"))
PROVIDERS = ("Comcast Xfinity", "Deutsche Telekom", "Orange")


def lines(count: int, run: str = "0123456789abcdef", seed: int = 7) -> Iterator[str]:
    """`count` events as compact JSON, without newlines."""
    draw = random.Random(seed)
    for index in range(count):
        duration = draw.randrange(1_200, 7_200)
        position = draw.randrange(duration)
        at = BEGIN + timedelta(milliseconds=draw.randrange(WINDOW_MS))
        country, state, city = draw.choice(PLACES)
        event = {
            "event_id": f"{run}-{index:08d}",
            "customer_id": draw.choice(CUSTOMERS),
            "title_id": draw.choice(TITLES),
            "session_id": f"SESS_{draw.getrandbits(64):016x}",
            "event_type": draw.choice(EVENT_TYPES),
            "event_timestamp": at.isoformat(timespec="milliseconds")[:-6] + "Z",
            "watch_duration_seconds": position,
            "position_seconds": position,
            "completion_percentage": round(100 * position / duration, 2),
            "device_type": draw.choice(DEVICE_TYPES),
            "device_id": f"DEV_{draw.getrandbits(64):016x}",
            "device_os": draw.choice(SYSTEMS),
            "app_version": draw.choice(VERSIONS),
            "quality": draw.choice(QUALITIES),
            "bandwidth_mbps": round(draw.uniform(1, 200), 2),
            "buffering_events": draw.randrange(8),
            "buffering_duration_seconds": draw.randrange(60),
            "error_count": draw.randrange(3),
            "ip_address": f"198.18.{draw.randrange(256)}.{draw.randrange(256)}",
            "country": country,
            "state": state,
            "city": city,
            "isp": draw.choice(PROVIDERS),
            "connection_type": draw.choice(CONNECTION_TYPES),
        }
        yield json.dumps(event, separators=(",", ":"))


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in lines(int(sys.argv[1])))
