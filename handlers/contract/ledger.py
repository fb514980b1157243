"""The ledger: what each attempt of a run set out to do, and what became of its events.

One opening and one closing record an attempt, never overwritten, under the UTC date of the window's
end, so that all attempts of a run lie together:
`ledger/year=YYYY/month=MM/day=DD/<run_id>/<attempt>-opened.json` and `…-closed.json`. A run whose
window follows the clock has one more, `ledger/first/<run_id>.json`: what all its attempts make.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from handlers.contract import shape
from handlers.contract.limits import WINDOW_MAX_HOURS
from handlers.contract.shape import ShapeError

PREFIX = "ledger/"
SCHEMA_VERSION = 1
OPENED = "opened"
CLOSED = "closed"

STATUS_OPEN = "open"
STATUS_COMPLETE = "complete"  # every event acked or rejected
STATUS_UNRESOLVED = "unresolved"  # of some events nobody knows: the run is tried again
STATUS_FAILED = "failed"  # ended by an error, named in `error`


@dataclass(frozen=True)
class Record:
    """A ledger record. Times are RFC 3339; counts are events of this attempt.

    `references` is the history of reference versions that the sessions were made from, oldest
    first: [{"version", "in_force_from"}]; `reference_version` is the newest of them. `request` is
    the run's own parameters: with `references` and `window` it gives the same bytes again.
    """

    run_id: str
    attempt: str
    status: str
    window: dict[str, str]
    scheduled_at: str | None
    seed: int
    profile: str
    reference_version: str
    references: list[dict[str, str]]
    request: dict[str, object]
    started_at: str
    ended_at: str | None = None
    generated: int = 0
    acked: int = 0
    rejected: int = 0
    rejected_reasons: dict[str, int] = field(default_factory=dict)
    unresolved: int = 0
    error: str | None = None
    schema_version: int = SCHEMA_VERSION

    def as_dict(self) -> dict[str, object]:
        """The record as JSON values."""
        return asdict(self)

    @classmethod
    def decode(cls, body: bytes) -> Record:
        """The record of an object. Raises ShapeError."""
        return cls.of(shape.loaded(body))

    @classmethod
    def of(cls, values: object) -> Record:
        """The record that `values` describe.

        Raises ShapeError for a field that is missing, unknown or not of its form, and for a record
        of another schema version.
        """
        record = shape.made(cls, values, SCHEMA_VERSION)
        record._check_times()
        record._check_counts()
        return record

    def _check_times(self) -> None:
        if self.window.keys() != {"start", "end"}:
            raise ShapeError("its window is not one of start and end")
        start, end = (
            shape.moment(f"window's {name}", self.window[name]) for name in ("start", "end")
        )
        if not timedelta(0) < end - start <= timedelta(hours=WINDOW_MAX_HOURS):
            raise ShapeError(f"its window is not one of up to {WINDOW_MAX_HOURS} h")
        shape.moment("started_at", self.started_at)
        for name, time in (("scheduled_at", self.scheduled_at), ("ended_at", self.ended_at)):
            if time is not None:
                shape.moment(name, time)
        for entry in self.references:
            if not entry.keys() >= {"version", "in_force_from"}:
                raise ShapeError("its references lack a version or since when it is in force")
            shape.moment("references' in_force_from", entry["in_force_from"])

    def _check_counts(self) -> None:
        counts = (self.generated, self.acked, self.rejected, self.unresolved)
        if min(*counts, *self.rejected_reasons.values()) < 0:
            raise ShapeError("one of its counts is below 0")


def run_prefix(window_end: datetime, run: str) -> str:
    """Where all attempts of a run lie."""
    return f"{PREFIX}{window_end.astimezone(UTC):year=%Y/month=%m/day=%d}/{run}/"


def first_key(run: str) -> str:
    """Where a run whose window follows the clock keeps the opening record of its first attempt.

    It names no date, so that two attempts at once find each other whatever their clocks say.
    """
    return f"{PREFIX}first/{run}.json"


def attempt_name(started_at: datetime, request_id: str) -> str:
    """The name of an attempt: start to the millisecond and the platform's request id."""
    utc = started_at.astimezone(UTC)
    return f"{utc:%Y%m%dT%H%M%S}{utc.microsecond // 1000:03d}Z-{request_id}"


def key(window_end: datetime, run: str, attempt: str, part: str) -> str:
    """The object key of a record; `part` is OPENED or CLOSED."""
    return f"{run_prefix(window_end, run)}{attempt}-{part}.json"
