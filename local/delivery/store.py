"""One stream's way to S3: the bucket and role of its destination as they are now."""

from __future__ import annotations

import functools
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from local.aws.prefix import PrefixError
from local.delivery.account import Bucket, KeysError, RoleKeys
from local.delivery.buffer import Buffer
from local.delivery.crash import Crash
from local.delivery.failures import refuses_keys
from local.delivery.names import object_key
from local.delivery.stream import Stream
from local.settings import Laptop

ERRORS = (BotoCoreError, ClientError, KeysError, PrefixError)


class Store:
    """Writes the objects of one stream; an update may change its bucket and role."""

    def __init__(self, laptop: Laptop, crash: Crash) -> None:
        self._laptop = laptop
        self._crash = crash
        self._bucket: Bucket | None = None

    def bucket(self, stream: Stream) -> Bucket:
        """Where the stream's objects go."""
        bucket = self._bucket
        wanted = (stream.bucket, stream.destination_role, stream.key_arn)
        if bucket is None or (bucket.name, bucket.keys.role, bucket.key_arn) != wanted:
            keys = RoleKeys(self._laptop, stream.destination_role, stream.arn)
            bucket = Bucket(self._laptop, stream.bucket, stream.key_arn, keys, self._crash)
            self._bucket = bucket
        return bucket

    def writer(self, topic_id: str, partition: int, buffer: Buffer) -> Callable[[Stream], None]:
        """A call that tries once to write the object; it raises one of ERRORS."""
        body = functools.cache(buffer.body)

        def write(stream: Stream) -> None:
            bucket = self.bucket(stream)
            key = object_key(
                stream,
                topic_id=topic_id,
                partition=partition,
                first_offset=buffer.first_offset,
                arrived_ms=buffer.name(),
            )
            # with the first offset, in the key, they tell the scan each line's place
            places = {"next-offset": str(buffer.next_offset), "records": str(buffer.records)}
            try:
                bucket.put(key, body(stream.compressed), places)
            except ERRORS as error:
                if refuses_keys(error):
                    bucket.keys.forget()
                raise

        return write
