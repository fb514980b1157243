"""What CloudWatch is told of each stream, by the names that Firehose uses for an MSK source.

Source of names and meanings: "Monitor Amazon Data Firehose with CloudWatch metrics", Data Firehose
guide. Counts cover the time since the last report; figures are no reason to stop a delivery.
"""

from __future__ import annotations

import http.client
import json
import logging
import time
import urllib.request
from dataclasses import replace

from local.delivery.progress import Progress
from local.settings import Laptop

SECONDS = 5.0
log = logging.getLogger(__name__)


class Metrics:
    """Tells the emulator's CloudWatch; what could not be told is part of the next report."""

    def __init__(self, laptop: Laptop) -> None:
        self._address = f"{laptop.endpoint}/_laptop/delivered"
        self._told: dict[str, tuple[Progress, Progress]] = {}

    def tell(self, stream: str, progress: Progress) -> bool:
        """Report one stream; False when nobody takes it."""
        now = replace(progress)
        known, before = self._told.get(stream, (None, Progress(now.topic)))
        if known is not progress:  # a stream made anew, or begun again, counts from 0
            before = Progress(now.topic)
        document = {"stream": stream, "metrics": metrics(before, now, time.time())}
        request = urllib.request.Request(
            self._address, data=json.dumps(document).encode(), method="POST"
        )
        try:
            urllib.request.urlopen(request, timeout=2).close()
        except (OSError, http.client.HTTPException) as error:
            log.warning("metrics of stream %s: %s", stream, type(error).__name__)
            return False
        self._told[stream] = progress, now
        return True


def metrics(before: Progress, now: Progress, at: float) -> dict[str, float]:
    """The figures of the time between two states; `at` is now, in seconds since the epoch."""
    found: dict[str, float] = {
        "DataReadFromSource.Records": now.read_records - before.read_records,
        "DataReadFromSource.Bytes": now.read_bytes - before.read_bytes,
    }
    stored = now.objects - before.objects
    attempts = stored + now.refused_objects - before.refused_objects
    if stored:
        found["DeliveryToS3.Records"] = now.records - before.records
        found["DeliveryToS3.Bytes"] = now.bytes - before.bytes
    if attempts:
        found["DeliveryToS3.Success"] = stored / attempts
        found["DataReadFromSource.Backpressured"] = float(stored < attempts)
    if now.oldest_ms is not None:
        found["DeliveryToS3.DataFreshness"] = max(0.0, at - now.oldest_ms / 1000)
    elif stored and now.delivered_age_seconds is not None:
        found["DeliveryToS3.DataFreshness"] = max(0.0, now.delivered_age_seconds)
    if now.kafka_offset_lag is not None:
        found["KafkaOffsetLag"] = now.kafka_offset_lag
    return found
