"""An S3 of the few calls that the analysis makes, in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

MODIFIED = datetime(2025, 8, 11, 13, tzinfo=UTC)


class Objects:
    """Objects of one bucket; pages hold two keys, so that paging is really done."""

    def __init__(self, contents: dict[str, bytes], modified: datetime = MODIFIED) -> None:
        self.contents = contents
        self.modified = modified
        self.metadata: dict[str, dict[str, str]] = {}

    def get_paginator(self, name: str) -> Objects:
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        keys = sorted(key for key in self.contents if key.startswith(Prefix))
        if not keys:
            yield {}
        for start in range(0, len(keys), 2):
            yield {"Contents": [{"Key": key} for key in keys[start : start + 2]]}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:
        self.contents[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {
            "Body": io.BytesIO(self.contents[Key]),
            "LastModified": self.modified,
            "Metadata": self.metadata.get(Key, {}),
        }
