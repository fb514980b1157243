"""The generator's side of the ledger: what it opens, closes and finds again.

The shape of a record and its key are the contract's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.contract import ledger
from handlers.contract import truth as truths
from handlers.contract.ledger import Record
from handlers.contract.truth import Injection, Truth
from handlers.runtime.errors import Kind, PipelineError
from handlers.runtime.objects import Bucket, ObjectExistsError, ObjectMissingError

# The platform gives up retrying a call before this; a run whose window follows the clock is looked
# for on the days that it can have begun on.
RETRY_HOURS = 7


@dataclass(frozen=True)
class Ledger:
    """The ledger in the data bucket."""

    bucket: Bucket

    def earlier(self, run: str, ends: Iterable[datetime]) -> Record | None:
        """The opening record of the run's first attempt; `ends` are possible window ends.

        Raises PipelineError E_LEDGER for a record that cannot be read.
        """
        for prefix in dict.fromkeys(ledger.run_prefix(end, run) for end in ends):
            for key in self.bucket.keys(prefix):
                if key.endswith(f"-{ledger.OPENED}.json"):
                    return self._read(key)
        return None

    def open(self, record: Record, window_end: datetime) -> str:
        """Write the opening record; its key."""
        return self._write(record, window_end, ledger.OPENED)

    def close(self, record: Record, window_end: datetime) -> str:
        """Write the closing record; its key."""
        return self._write(record, window_end, ledger.CLOSED)

    def tell(self, record: Record, window_end: datetime, injections: Sequence[Injection]) -> str:
        """Write what the run's profile injects; its key. Every attempt writes the same bytes."""
        truth = Truth(
            record.run_id,
            record.profile,
            record.seed,
            record.window,
            record.references,
            list(injections),
        )
        key = truths.key(window_end, record.run_id)
        try:
            self.bucket.put_once(key, truth.encode())
        except ObjectExistsError as error:
            raise PipelineError(
                "E_LEDGER",
                "there with other content: another attempt injects something else",
                field=key,
                fix="look at the run's attempts: they began with different reference versions",
                kind=Kind.DATA,
            ) from error
        return key

    def _write(self, record: Record, window_end: datetime, part: str) -> str:
        key = ledger.key(window_end, record.run_id, record.attempt, part)
        self.bucket.put_once(key, json.dumps(record.as_dict(), sort_keys=True).encode())
        return key

    def _read(self, key: str) -> Record:
        try:
            record = Record.of(json.loads(self.bucket.get(key)))
            if not record.references:
                raise ValueError("no reference version")
            return record
        except (ObjectMissingError, ValueError, TypeError, RecursionError) as error:
            raise PipelineError(
                "E_LEDGER",
                f"unreadable ({type(error).__name__})",
                field=key,
                fix="look at the object: a retry must make the same events again",
                kind=Kind.DATA,
            ) from error


def possible_ends(window: tuple[datetime, datetime] | None, now: datetime) -> list[datetime]:
    """When the window of a run's first attempt can have ended."""
    if window is not None:
        return [window[1]]
    return [now - timedelta(hours=RETRY_HOURS), now]
