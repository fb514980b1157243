"""The generator's side of the ledger: what it opens, closes and finds again.

The shape of a record and its key are the contract's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.contract import ledger
from handlers.contract import truth as truths
from handlers.contract.ledger import Record
from handlers.contract.shape import ShapeError
from handlers.contract.truth import Injection, Truth
from handlers.runtime.clock import parse_rfc3339, rfc3339
from handlers.runtime.errors import Kind, PipelineError
from handlers.runtime.objects import Bucket, ObjectExistsError, ObjectMissingError

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Ledger:
    """The ledger in the data bucket."""

    bucket: Bucket

    def earlier(self, run: str, window: Window | None) -> Record | None:
        """The opening record of the run's first attempt; without a `window` it follows the clock.

        Raises PipelineError E_LEDGER for a record that cannot be read, or is not this run's.
        """
        if window is None:
            key = ledger.first_key(run)
            return self._read(key, run, None) if key in self.bucket.keys(key) else None
        for key in self.bucket.keys(ledger.run_prefix(window[1], run)):
            if key.endswith(f"-{ledger.OPENED}.json"):
                return self._read(key, run, window)
        return None

    def claim(self, record: Record) -> Record:
        """Keep `record` as that of the run's first attempt, or give that of another one before it.

        For a run whose window follows the clock: attempts at once would make other events under the
        same ids.
        """
        key = ledger.first_key(record.run_id)
        try:
            self.bucket.put_once(key, _encoded(record))
        except ObjectExistsError:
            return self._read(key, record.run_id, None)
        return record

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
        self.bucket.put_once(key, _encoded(record))
        return key

    def _read(self, key: str, run: str, window: Window | None) -> Record:
        try:
            record = Record.decode(self.bucket.get(key))
            _check(record, run, window)
            return record
        except (ObjectMissingError, ShapeError) as error:
            what = "it is gone or denied" if isinstance(error, ObjectMissingError) else error
            raise PipelineError(
                "E_LEDGER",
                f"unreadable ({what})",
                field=key,
                fix="look at the object: a retry must make the same events again",
                kind=Kind.DATA,
            ) from error


def window_of(record: Record) -> Window:
    """The window of a record."""
    return parse_rfc3339(record.window["start"]), parse_rfc3339(record.window["end"])


def window_texts(window: Window) -> dict[str, str]:
    """A window as records have it."""
    return {"start": rfc3339(window[0]), "end": rfc3339(window[1])}


def _encoded(record: Record) -> bytes:
    return json.dumps(record.as_dict(), sort_keys=True).encode()


def _check(record: Record, run: str, wanted: Window | None) -> None:
    """Raises ShapeError where `record` cannot say what `run` makes."""
    if record.run_id != run:
        raise ShapeError("of another run")
    if not record.references:
        raise ShapeError("no reference version")
    if wanted is not None and record.window != window_texts(wanted):
        raise ShapeError("another window than the run's")
