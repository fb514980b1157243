"""Events and calls for the producer's tests."""

from __future__ import annotations

import json
import time

from handlers.contract.identity import event_id

RUN = "0123456789abcdef"


class Clock:
    """Lambda's context of a call that may take `seconds`."""

    aws_request_id = "request"

    def __init__(self, seconds: float = 60) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """As Lambda's context does."""
        return int((self._end - time.monotonic()) * 1000)


def event(index: int, run: str = RUN, **changed: object) -> dict[str, object]:
    """A good event; `changed` columns replace its own."""
    return {
        "event_id": event_id(run, index),
        "customer_id": "CUST_17125cf4_099233",
        "title_id": "TITLE_0afcc18c_004133",
        "session_id": f"SESS_{index // 7:016x}",
        "event_type": "start",
        "event_timestamp": "2025-08-11T10:00:00.000Z",
        "watch_duration_seconds": index % 3000,
        "position_seconds": 1,
        "completion_percentage": 1.25,
        "device_type": "tv",
        "device_id": f"device-{index * 7919 % 100_000}",
        "device_os": "tvOS",
        "app_version": "1.2.3",
        "quality": "HD",
        "bandwidth_mbps": 12.5,
        "buffering_events": 0,
        "buffering_duration_seconds": 0,
        "error_count": 0,
        "ip_address": f"10.0.{index % 250}.1",
        "country": "DE",
        "state": "",
        "city": "Berlin",
        "isp": "Telekom",
        "connection_type": "fiber",
        **changed,
    }


def line(index: int, run: str = RUN, **changed: object) -> bytes:
    """A good event as a JSON line."""
    return json.dumps(event(index, run, **changed), separators=(",", ":")).encode()


def lines(run: str, count: int) -> list[bytes]:
    """The JSON lines of a run's first events."""
    return [line(index, run) for index in range(count)]
