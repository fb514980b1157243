"""What the producer refuses of a run goes to quarantine, before it counts as refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.contract import quarantine
from handlers.contract.batch import Rejection
from handlers.contract.event import SCHEMA_VERSION
from handlers.contract.identity import event_id
from handlers.contract.quarantine import STAGE_PRODUCER, Record
from handlers.runtime.clock import rfc3339
from handlers.runtime.objects import Bucket


@dataclass(frozen=True)
class Quarantine:
    """The quarantine of one run; `began_at` is when its first attempt began."""

    bucket: Bucket
    run_id: str
    began_at: datetime

    def keep(
        self, first: int, lines: Sequence[bytes], rejections: Sequence[Rejection], topic: str
    ) -> None:
        """Keep the rejected of `lines`, which are the events from number `first` on.

        A retry that is refused the same writes the same object. Raises PipelineError E_S3.
        """
        if not rejections:
            return
        occurred_at = rfc3339(self.began_at)
        records = [
            Record(
                quarantine_id=event_id(self.run_id, first + one.index),
                stage=STAGE_PRODUCER,
                reason=one.reason,
                detail=one.detail,
                occurred_at=occurred_at,
                run_id=self.run_id,
                event_index=first + one.index,
                topic=topic,
                schema_version=SCHEMA_VERSION,
                content=lines[one.index],
            )
            for one in rejections
        ]
        what = quarantine.digest(f"{one.quarantine_id} {one.reason}" for one in records)
        name = f"{self.run_id}-{records[0].event_index:08d}-{what}"
        self.bucket.put(
            quarantine.key(STAGE_PRODUCER, occurred_at, name),
            quarantine.encode(records),
            "application/gzip",
        )
