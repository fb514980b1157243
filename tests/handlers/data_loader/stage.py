"""The data loader among fakes."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from handlers.contract.reference_document import POINTER_KEY, Pointer
from handlers.data_loader.athena import Athena
from handlers.data_loader.cache import Cache
from handlers.data_loader.handler import DataLoader
from handlers.data_loader.loader import Loader
from handlers.runtime.invocation import Invocation
from handlers.runtime.logs import Log
from handlers.runtime.metrics import Metrics
from handlers.runtime.objects import Bucket
from tests.handlers.fakes import FakeAthena, FakeContext, FakeGlue, FakeS3

NOW = datetime(2025, 8, 11, 10, 0, tzinfo=UTC)
TITLE_COLUMNS = ["title_id", "title_name", "title_type", "genre", "duration_minutes",
                 "popularity_score", "is_original"]  # fmt: skip
CUSTOMER_COLUMNS = ["customer_id", "subscription_tier", "subscription_start_date", "country",
                    "is_active"]  # fmt: skip


def title(row: int) -> dict[str, object]:
    values = (f"T{row}", f"Name {row}", "movie", "Drama", 90, row % 11, None)
    return dict(zip(TITLE_COLUMNS, values, strict=True))


def customer(row: int) -> dict[str, object]:
    tier = ("basic", "premium")[row % 2]
    start = ("2024-01-01", "2025-08-01")[row % 3 == 0]
    values = (f"C{row}", tier, start, "DE", "true")
    return dict(zip(CUSTOMER_COLUMNS, values, strict=True))


@dataclass
class Stage:
    """The data loader among fakes; `now` may be moved, the tables changed."""

    now: datetime = NOW
    s3: FakeS3 = field(default_factory=FakeS3)
    tables: dict[str, list[dict[str, object]]] = field(
        default_factory=lambda: {
            "titles": [title(row) for row in range(30)],
            "customers": [customer(row) for row in range(30)],
            "video_telemetry_json": [],
        }
    )
    log: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.glue = FakeGlue(
            {
                "reference": {"titles": TITLE_COLUMNS, "customers": CUSTOMER_COLUMNS},
                "telemetry": {"video_telemetry_json": ["event_id"]},
            }
        )
        self.athena = FakeAthena(self.s3, self.tables)

    def call(self, force_refresh: bool = False, seconds: float = 60) -> dict[str, Any]:
        log = Log(stream=self.log)
        loader = Loader(
            self.glue,
            Athena(self.athena, self.s3, "w", sleep=lambda seconds: None),
            "reference",
            "telemetry",
            log,
        )
        function = DataLoader(
            Cache(Bucket(self.s3, "data"), log),
            loader,
            Metrics("N", "data_loader", self.log),
            60,
            clock=lambda: self.now,
        )
        return function.answer(Invocation.of(FakeContext(remaining_seconds=seconds)), force_refresh)

    def pointer(self) -> Pointer:
        return Pointer.decode(self.s3.objects[POINTER_KEY])
