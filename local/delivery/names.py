"""Names of objects, as Firehose makes them: the prefix, then the stream, its version and the time.

Source: "Configure Amazon S3 object name format", Data Firehose guide. Where Firehose puts a random
text this has the place of the object's first record, so that an object which is written again,
after a crash before its offset was noted, replaces itself.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from local.aws.prefix import expand, zone
from local.delivery.stream import Stream

LAST_MS = 253_402_214_400_000  # the last day of the year 9999 begins: a zone may add some hours


def object_key(
    stream: Stream, *, topic_id: str, partition: int, first_offset: int, arrived_ms: int
) -> str:
    """The key of the object that begins with this record and whose oldest arrived at this time.

    The place counts in one topic as one stream reads it: a topic or a stream that is made anew
    counts from the start again, and must not replace what its predecessor delivered.
    """
    within = min(max(arrived_ms, 0), LAST_MS)  # a producer may say any time
    arrival = datetime.fromtimestamp(within / 1000, zone(stream.time_zone))
    place = f"{topic_id}/{stream.created_ms}/{stream.topic}/{partition}/{first_offset}"
    unique = hashlib.sha256(place.encode()).hexdigest()[:12]
    where = f"p{partition}-o{first_offset:012d}-{unique}"
    name = f"{stream.name}-{stream.version}-{arrival:%Y-%m-%d-%H-%M-%S}-{where}"
    return f"{expand(stream.prefix, arrival, place)}{name}{stream.extension}"
