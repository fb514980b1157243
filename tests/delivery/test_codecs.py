"""What any writer of the topic may have compressed can be read."""

from __future__ import annotations

import pytest
from kafka.record import MemoryRecords, MemoryRecordsBuilder

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
VALUES = [b'{"n": %d}' % number for number in range(100)]


@pytest.mark.parametrize("codec", [NONE, GZIP, SNAPPY, LZ4, ZSTD])
def test_every_compression_of_kafka_is_read(codec: int) -> None:
    builder = MemoryRecordsBuilder(magic=2, compression_type=codec, batch_size=1 << 16)
    for value in VALUES:
        builder.append(timestamp=1, key=None, value=value, headers=[])
    builder.close()
    batch = MemoryRecords(bytes(builder.buffer())).next_batch()
    assert [record.value for record in batch] == VALUES
