"""The record of replays in the ledger: which events were sent again, and what became of each.

One object a batch, `ledger/replays/day=YYYY-MM-DD/<start>-<batch>.json` by the UTC date of the
start, written before the batch is sent, when nothing is known of it, and again with its outcome.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from analysis import aws
from analysis.errors import AnalysisError
from handlers.contract import shape
from handlers.contract.identity import EVENT_ID
from handlers.contract.shape import ShapeError

PREFIX = "ledger/replays/"
SCHEMA_VERSION = 1
ACKED = "acked"
UNRESOLVED = "unresolved"  # nobody knows whether the topic has it


@dataclass(frozen=True)
class Batch:
    """One batch of a replay.

    `fates`: event id → ACKED, UNRESOLVED or the reason of refusal; `contents`: event id → `digest`
    of what was sent under it (batches of old have none).
    """

    started_at: str
    batch_id: str
    hours: str
    reason: str
    fates: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @property
    def key(self) -> str:
        """The key of its object."""
        start = self.started_at.replace("-", "").replace(":", "")
        return f"{PREFIX}day={self.started_at[:10]}/{start}-{self.batch_id.rpartition('/')[2]}.json"


def digest(line: bytes) -> str:
    """Names the content of an event."""
    return hashlib.sha256(line).hexdigest()[:32]


def write(s3: Any, bucket: str, batch: Batch) -> None:
    """Write the batch as it stands now. Raises what `aws.explained` raises."""
    body = json.dumps(asdict(batch), sort_keys=True).encode()
    with aws.explained(f"s3://{bucket}/{batch.key} is not written"):
        s3.put_object(Bucket=bucket, Key=batch.key, Body=body, ContentType="application/json")


def read(s3: Any, bucket: str, since: datetime) -> Iterator[Batch]:
    """The batches since the UTC day of `since`.

    Raises AnalysisError: E_REPLAY_RECORD for an object that is none, those of `aws.explained`.
    """
    first = f"{PREFIX}day={since.astimezone(UTC):%Y-%m-%d}/"
    with aws.explained(f"s3://{bucket}/{PREFIX} is not read"):
        for key in aws.keys(s3, bucket, PREFIX):
            if key >= first:
                body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                yield _parsed(body, f"s3://{bucket}/{key}")


def _parsed(body: bytes, name: str) -> Batch:
    try:
        batch = shape.made(Batch, shape.loaded(body), SCHEMA_VERSION)
        shape.moment("started_at", batch.started_at)
        if not all(map(EVENT_ID.fullmatch, (*batch.fates, *batch.contents))):
            raise ShapeError("its fates or contents name what is no event")
        return batch
    except ShapeError as error:
        raise AnalysisError(
            "E_REPLAY_RECORD",
            f"{name} is no record of a replay ({error}); expected what `python -m analysis replay` "
            f"writes, schema {SCHEMA_VERSION}",
            "read it with the program's version that wrote it",
            exit_code=3,
        ) from error
