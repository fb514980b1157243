"""A bucket with the ledger and the events of three hours of ticks, a topic and a table over it.

All is well until a test changes something; what the table shows is read from the objects by means
of this file's own.
"""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from analysis.replays import Batch
from handlers.contract import ledger, quarantine
from tests.analysis.objects import Objects

FIRST = datetime(2025, 8, 11, 10, 5, tzinfo=UTC)
STEP = timedelta(minutes=5)
TICKS = 36
EVENTS = 10
SINCE = FIRST - STEP
NOW = datetime(2025, 8, 11, 13, 30, tzinfo=UTC)
EARLIER = "e" * 16  # its window ended before the range, its lines arrived in it
OUTPUTS = {
    "region": "eu-central-1",
    "data_bucket": "lake",
    "topic": "acme-telemetry",
    "tables": {"quarantine": "db.quarantine"},
    "function_names": {"producer": "P"},
}


def at(hour: int, minute: int) -> datetime:
    return datetime(2025, 8, 11, hour, minute, tzinfo=UTC)


def run_of(hour: int, minute: int) -> str:
    """The run of the tick of that time."""
    return f"{hour:02d}{minute:02d}".rjust(16, "0")


def line(run: str, index: int, when: datetime) -> str:
    return json.dumps({"event_id": f"{run}-{index:08d}", "event_timestamp": f"{when:%FT%T.000Z}"})


@dataclass
class Lake:
    """The objects by key; how many records the topic took; hours and keys the table lacks."""

    contents: dict[str, bytes] = field(default_factory=dict)
    records: int = 0
    unseen_hours: set[int] = field(default_factory=set)
    unseen_keys: set[str] = field(default_factory=set)

    def tick(self, when: datetime, **figures: Any) -> None:
        """A tick with its ledger, its records in the topic, and its object."""
        run = run_of(when.hour, when.minute)
        self.account(run, when, **figures)
        lines = [line(run, index, when - STEP) for index in range(EVENTS)]
        self.deliver(when, run, lines)
        self.records += len(lines)

    def account(self, run: str, when: datetime, **changes: Any) -> None:
        """The records of an attempt that began 2 s after `when`, replaced where it is known."""
        name = changes.pop("attempt", "1")
        begun = changes.pop("began", when + timedelta(seconds=2))
        figures: dict[str, Any] = {"generated": EVENTS, "acked": EVENTS, "status": "complete"}
        record = ledger.Record(
            **{
                "run_id": run,
                "attempt": name,
                "window": {"start": f"{when - STEP:%FT%TZ}", "end": f"{when:%FT%TZ}"},
                "scheduled_at": f"{when:%FT%TZ}",
                "seed": 1,
                "profile": "steady",
                "reference_version": "v",
                "references": [],
                "request": {},
                "started_at": f"{begun:%FT%TZ}",
                "ended_at": f"{begun + timedelta(seconds=3):%FT%TZ}",
                **figures,
                **changes,
            }
        )
        opened = {"status": "open", "acked": 0, "rejected": 0, "unresolved": 0, "ended_at": None}
        for part, values in ((ledger.OPENED, opened), (ledger.CLOSED, {})):
            body = json.dumps({**record.as_dict(), **values}).encode()
            self.contents[ledger.key(when, run, name, part)] = body

    def forget(self, hour: int, minute: int, part: str = "") -> None:
        """Delete the ledger records of a tick, or one part of them."""
        for key in list(self.contents):
            if f"/{run_of(hour, minute)}/" in key and key.endswith(f"{part}.json"):
                del self.contents[key]

    def deliver(self, when: datetime, name: str, lines: list[str]) -> None:
        """An object that arrived at that time."""
        self.contents[self.object(when.hour, name)] = pack(lines)

    def object(self, hour: int, name: str) -> str:
        return f"telemetry/year=2025/month=08/day=11/hour={hour:02d}/{name}.json.gz"

    def quarantine(self, run: str, when: datetime, count: int) -> None:
        """Rejected events as the generator keeps them."""
        records = [
            quarantine.Record(
                quarantine_id=f"{run}-{index:08d}",
                stage=quarantine.STAGE_PRODUCER,
                reason="E_REC_SIZE",
                detail="",
                occurred_at=f"{when:%FT%TZ}",
                run_id=run,
                event_index=index,
                topic="acme-telemetry",
                schema_version=1,
                content=b"{}",
            )
            for index in range(EVENTS - 2, EVENTS - 2 + count)
        ]
        key = quarantine.key(quarantine.STAGE_PRODUCER, f"{when:%FT%TZ}", f"{run}-00000000-x")
        self.contents[key] = quarantine.encode(records)

    def replay(self, event_ids: list[str], fate: str, when: datetime) -> None:
        """A replay's record of these events."""
        fates = dict.fromkeys(event_ids, fate)
        batch = Batch(f"{when:%FT%TZ}", "replay/0", "", "", fates)
        self.contents[batch.key] = json.dumps(asdict(batch)).encode()

    # what the clients of the analysis see

    def client(self, outputs: Any, service: str) -> Any:
        return Objects(self.contents, NOW) if service == "s3" else self

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        """The producer, describing a topic of two partitions."""
        ends = (self.records // 3, self.records - self.records // 3)
        partitions = [{"partition": n, "begin": 0, "end": end} for n, end in enumerate(ends)]
        return {"Payload": io.BytesIO(json.dumps({"partitions": partitions}).encode())}

    def frame(self, name: str, **asked: int) -> pd.DataFrame:
        """The table: the rows of every line that it sees."""
        assert name == "rows_by_arrival_and_run"
        rows: Counter[tuple[int, str | None]] = Counter()
        ids: Counter[str] = Counter()
        firsts: Counter[tuple[int, str | None]] = Counter()
        for key in sorted(self.contents):
            if not key.startswith("telemetry/") or key in self.unseen_keys:
                continue
            hour = 2025081100 + int(key.partition("/hour=")[2][:2])
            in_range = asked["arrival_from"] <= hour < asked["arrival_until"]
            if hour % 100 in self.unseen_hours or not in_range:
                continue
            for text in gzip.decompress(self.contents[key]).decode().splitlines():
                try:
                    event = json.loads(text)["event_id"]
                except (ValueError, KeyError):
                    rows[hour, None] += 1
                    continue
                rows[hour, event[:16]] += 1
                firsts[hour, event[:16]] += event not in ids
                ids[event] += 1
        columns = ["arrival_hour", "run_id", "raw_rows", "first_copies", "max_copies"]
        values = [
            (hour, run, count, firsts[hour, run], most(ids, run))
            for (hour, run), count in rows.items()
        ]
        return pd.DataFrame(values, columns=columns)


def most(ids: Counter[str], run: str | None) -> int:
    return max((n for event, n in ids.items() if run and event.startswith(run)), default=0)


def pack(lines: list[str]) -> bytes:
    return gzip.compress("".join(f"{text}\n" for text in lines).encode())


def good() -> Lake:
    """36 ticks from 10:05 to 13:00 with 10 events each, and an earlier run sent at 10:01."""
    lake = Lake()
    for number in range(TICKS):
        lake.tick(FIRST + number * STEP)
    lake.account(EARLIER, at(8, 0), scheduled_at=None, began=at(10, 1))
    lake.deliver(at(10, 1), EARLIER, [line(EARLIER, i, at(7, 57)) for i in range(EVENTS)])
    lake.records += EVENTS
    return lake
