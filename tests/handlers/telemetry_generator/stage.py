"""The generator among fakes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from handlers.contract.batch import unpack
from handlers.contract.reference_document import Document
from handlers.data_loader.cache import Cache
from handlers.runtime.invocation import Invocation
from handlers.runtime.logs import Log
from handlers.runtime.metrics import Metrics
from handlers.runtime.objects import Bucket
from handlers.telemetry_generator.calls import Function
from handlers.telemetry_generator.generator import Generator
from handlers.telemetry_generator.ledger import Ledger
from handlers.telemetry_generator.sender import Sender
from handlers.telemetry_generator.source import Source
from tests.handlers.fakes import FakeContext, FakeLambda, FakeS3
from tests.handlers.references import small_document

NOW = datetime(2025, 8, 11, 3, 0, 2, tzinfo=UTC)
TICK = {"scheduled_at": "2025-08-11T03:00:00Z"}


def acked(event: dict[str, Any]) -> dict[str, Any]:
    count = len(unpack(event["lines"], 1 << 26))
    return {"batch_id": event["batch_id"], "topic": "t", "received": count, "acked": count,
            "rejected": [], "unresolved": []}  # fmt: skip


def unresolved(event: dict[str, Any]) -> dict[str, Any]:
    account = acked(event)
    return {**account, "acked": 0, "unresolved": list(range(account["received"]))}


def account(**changes: Any) -> dict[str, Any]:
    """A whole account but for the batch that it is of."""
    whole = {"topic": "t", "received": 10, "acked": 10, "rejected": [], "unresolved": []}
    return {**whole, **changes}


def of_batch(event: dict[str, Any], reply: Any) -> Any:
    """The reply, as one of the batch that was sent where it is an account and names no other."""
    if isinstance(reply, dict) and "received" in reply:
        return {"batch_id": event["batch_id"], **reply}
    return reply


@dataclass
class Stage:
    """Everything around the generator, faked; `now` may be moved."""

    now: datetime = NOW
    s3: FakeS3 = field(default_factory=FakeS3)
    producer: Callable[[dict[str, Any]], Any] = acked
    document: Document = field(default_factory=small_document)
    log: io.StringIO = field(default_factory=io.StringIO)
    loads: int = 0

    def __post_init__(self) -> None:
        self.functions = FakeLambda({"P": self.produce, "L": self.load})
        self.source = self.new_source()

    def produce(self, event: dict[str, Any]) -> Any:
        return self.producer(event)

    def load(self, event: dict[str, Any]) -> Any:
        self.loads += 1
        self.publish(self.document)
        return {"statusCode": 200, "body": "{}"}

    def publish(self, document: Document) -> None:
        Cache(self.bucket, Log(stream=io.StringIO())).publish(document, "tenure", self.now, 60)

    @property
    def bucket(self) -> Bucket:
        return Bucket(self.s3, "data")

    def new_source(self) -> Source:
        return Source(self.bucket, Function(self.functions, "L"), Log(stream=self.log))

    def call(self, event: object, request_id: str = "r-1", seconds: float = 300) -> dict[str, Any]:
        log = Log(stream=self.log)
        generator = Generator(
            source=self.source,
            ledger=Ledger(self.bucket),
            sender=Sender(Function(self.functions, "P"), 65, log),
            metrics=Metrics("N", "generator", self.log),
            log=log,
            seed=3,
            profile="steady",
            clock=lambda: self.now,
        )
        return generator.answer(event, Invocation.of(FakeContext(request_id, seconds)))

    def sent(self) -> list[bytes]:
        batches = [event for name, event in self.functions.calls if name == "P"]
        batches.sort(key=lambda event: str(event["batch_id"]))
        return [line for event in batches for line in unpack(event["lines"], 1 << 26)]

    def ledger(self) -> dict[str, dict[str, Any]]:
        return {
            key: json.loads(body)
            for key, body in sorted(self.s3.objects.items())
            if key.startswith("ledger/")
        }
