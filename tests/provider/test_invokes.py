"""The look-ups answer what was asked, and leave out what was asked to be left out."""

from __future__ import annotations

from typing import Any, cast

from local.provider import invokes
from local.provider.cloud import Cloud


class Zones:
    """A region of two zones, as far as the look-up asks for it."""

    region = "us-east-1"

    def call(self, *_: str, **__: Any) -> Any:
        zones = [("us-east-1b", "use1-az3"), ("us-east-1a", "use1-az1")]
        return {
            "AvailabilityZones": [
                {"ZoneName": name, "ZoneId": id, "State": "available"} for name, id in zones
            ]
        }


def names(**arguments: Any) -> list[str]:
    found = invokes.availability_zones(cast(Cloud, Zones()), arguments)
    return list(found["names"])


def test_zones_come_in_order_without_those_to_leave_out() -> None:
    assert names() == ["us-east-1a", "us-east-1b"]
    assert names(excludeZoneIds=["use1-az3", "cac1-az3"]) == ["us-east-1a"]
