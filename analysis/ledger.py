"""Reads the ledger: what each attempt of each run says it did. Writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from analysis import aws
from analysis.errors import AnalysisError
from handlers.contract.ledger import (
    CLOSED,
    PREFIX,
    SCHEMA_VERSION,
    STATUS_COMPLETE,
    STATUS_FAILED,
    STATUS_OPEN,
    Record,
    attempt_name,
)
from handlers.contract.ledger import key as key_of
from handlers.contract.limits import TICK_MAX_AGE_SECONDS, WINDOW_MAX_HOURS
from handlers.contract.shape import ShapeError

READERS = 8
# A function runs for 15 minutes at most, and Firehose holds a record for 15 at most.
SETTLE = timedelta(minutes=20)
TICKS_BACK = timedelta(days=31)  # so far back older windows, too, are looked for


@dataclass(frozen=True)
class Run:
    """A run as its ledger records tell it: `attempts` in order of their start, one at least.

    Where an attempt has no closing record its opening one stands, with status "open".
    """

    run_id: str
    attempts: tuple[Record, ...]

    @property
    def last(self) -> Record:
        """The last attempt."""
        return self.attempts[-1]

    @property
    def deciding(self) -> Record:
        """The attempt that tells what became of the run.

        Each attempt sends the whole run again, with the same ids: what one has brought in, none
        after it takes back. So it is the complete one that has most acked, else the last.
        """
        complete = [one for one in self.attempts if one.status == STATUS_COMPLETE]
        return max(reversed(complete), key=lambda one: one.acked, default=self.last)

    @property
    def is_open(self) -> bool:
        """True while no attempt is complete and the last one has no closing record."""
        return self.deciding.status == STATUS_OPEN

    @property
    def is_failed(self) -> bool:
        """True if no attempt is complete and an error ended the last one."""
        return self.deciding.status == STATUS_FAILED

    @property
    def sent_at_least(self) -> int:
        """Records that Kafka confirmed, over all attempts."""
        return sum(attempt.acked for attempt in self.attempts)

    @property
    def sent_at_most(self) -> int:
        """Confirmed and unresolved ones, for those may have been written too, and all that an
        attempt without an end set out to send."""
        return sum(
            attempt.generated
            if attempt.status == STATUS_OPEN
            else attempt.acked + attempt.unresolved
            for attempt in self.attempts
        )

    @property
    def started_at(self) -> datetime:
        """Start of the first attempt, UTC."""
        return datetime.fromisoformat(self.attempts[0].started_at).astimezone(UTC)

    @property
    def sent_at(self) -> datetime:
        """Start of the last attempt, UTC."""
        return datetime.fromisoformat(self.last.started_at).astimezone(UTC)

    @property
    def seen_at(self) -> datetime:
        """When it last told something of itself, UTC."""
        return datetime.fromisoformat(self.last.ended_at or self.last.started_at).astimezone(UTC)

    @property
    def payload(self) -> dict[str, object] | None:
        """With what to invoke the generator, so that the run is made again under the same ids.

        None for a run without a window of its own, as a test: its id has the platform's request
        id in it, so that no call is the same run again.
        """
        request = self.last.request
        if request.get("scheduled_at") is None and request.get("start") is None:
            return None
        # null and false are what a payload without the field asks for
        return {
            name: value
            for name, value in request.items()
            if value is not None and value is not False
        }

    @property
    def window(self) -> tuple[datetime, datetime]:
        """[start, end) of the run's events, UTC."""
        start, end = (datetime.fromisoformat(self.last.window[k]) for k in ("start", "end"))
        return start.astimezone(UTC), end.astimezone(UTC)


def runs(
    s3: Any, bucket: str, since: datetime, until: datetime, only: Sequence[str] = ()
) -> list[Run]:
    """The runs whose windows end in [since, until], in order of their windows.

    With `only` those alone, whatever hour of these days they end in. Raises AnalysisError:
    E_RUN_UNKNOWN if one is not found, E_LEDGER_RECORD for an object that is no ledger record.
    """
    keys = [key for key in _keys(s3, bucket, since, until) if not only or _run(key) in only]
    unknown = sorted(set(only) - set(map(_run, keys)))
    if unknown:
        raise AnalysisError(
            "E_RUN_UNKNOWN",
            f"no ledger record of {', '.join(unknown[:5])} from {since:%Y-%m-%d} to "
            f"{until:%Y-%m-%d}",
            "check the run id, or look further back with --since-hours or --from",
            exit_code=3,
        )
    return [run for run in _read(s3, bucket, keys) if only or since <= run.window[1] <= until]


def attempted(s3: Any, bucket: str, since: datetime, until: datetime) -> list[Run]:
    """The runs with an attempt that began in [since, until], whose windows ended before `since`.

    In order of their windows; by TICKS_BACK before it at most. Only the names of the objects tell
    which, so that no other record is read. Raises AnalysisError (E_LEDGER_RECORD).
    """
    first, last = attempt_name(since, ""), attempt_name(until, "~")
    keys = list(_keys(s3, bucket, since - TICKS_BACK, since))
    again = {_run(key) for key in keys if first <= _name(key) <= last}
    found = _read(s3, bucket, [key for key in keys if _run(key) in again])
    return [run for run in found if since - TICKS_BACK <= run.window[1] < since]


def began(s3: Any, bucket: str, since: datetime, known: Collection[str]) -> list[Run]:
    """The runs with an attempt that began since then, but for those `known`.

    Raises AnalysisError (E_LEDGER_RECORD).
    """
    until = since + timedelta(days=1)
    found = [*attempted(s3, bucket, since, until), *runs(s3, bucket, since, until)]
    return [run for run in found if run.run_id not in known]


def beside(s3: Any, bucket: str, of: Sequence[Run]) -> list[Run]:
    """All runs that may share time with one of `of`, these too, in order of their windows.

    Raises AnalysisError (E_LEDGER_RECORD).
    """
    longest = timedelta(hours=WINDOW_MAX_HOURS)
    keys = {
        key: None for run in of for key in _keys(s3, bucket, run.window[0], run.window[1] + longest)
    }
    return _read(s3, bucket, keys)


def _read(s3: Any, bucket: str, keys: Iterable[str]) -> list[Run]:
    """The runs of these objects, in order of their windows."""
    by_run: dict[str, dict[str, tuple[bool, str]]] = defaultdict(dict)
    for key in keys:
        attempt, is_closed = _name(key).rpartition("-")[0], _part(key) == CLOSED
        if is_closed or attempt not in by_run[_run(key)]:
            by_run[_run(key)][attempt] = (is_closed, key)
    wanted = [key for attempts in by_run.values() for _, key in attempts.values()]
    with ThreadPoolExecutor(READERS) as pool:
        records = dict(
            zip(wanted, pool.map(lambda key: _record(s3, bucket, key), wanted), strict=True)
        )
    found = [
        Run(
            run,
            tuple(
                sorted(
                    (records[key] for _, key in attempts.values()),
                    key=lambda record: record.started_at,
                )
            ),
        )
        for run, attempts in by_run.items()
    ]
    return sorted(found, key=lambda run: (run.window, run.run_id))


def last_tick(s3: Any, bucket: str, before: datetime) -> list[Run]:
    """The last scheduled run whose window ends before `before`, if there is one in TICKS_BACK."""
    latest = attempt_name(before + timedelta(seconds=TICK_MAX_AGE_SECONDS), "")
    for days in range(TICKS_BACK.days + 1):
        day = before - timedelta(days=days)
        # by the start of the attempt, which its name begins with, the newest first
        names = sorted(((_name(key), key) for key in _keys(s3, bucket, day, day)), reverse=True)
        for key in (key for name, key in names if name <= latest):
            record = _record(s3, bucket, key)
            run = Run(record.run_id, (record,))
            if record.scheduled_at is not None and run.window[1] < before:
                return [run]
    return []


def _name(key: str) -> str:
    return key.rsplit("/", 1)[1]


def _part(key: str) -> str:
    return _name(key).removesuffix(".json").rpartition("-")[2]


def _run(key: str) -> str:
    return key.rsplit("/", 2)[1]


def run_ids(s3: Any, bucket: str, since: datetime, until: datetime) -> set[str]:
    """The ids of all runs whose windows end on the UTC days from `since` to `until`."""
    return {_run(key) for key in _keys(s3, bucket, since, until)}


def _keys(s3: Any, bucket: str, since: datetime, until: datetime) -> Iterator[str]:
    day = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= until.astimezone(UTC):
        prefix = f"{PREFIX}{day:year=%Y/month=%m/day=%d}/"
        yield from aws.keys(s3, bucket, prefix)
        day += timedelta(days=1)


def _record(s3: Any, bucket: str, key: str) -> Record:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        record = Record.decode(body)
        end = datetime.fromisoformat(record.window["end"])
        if key_of(end, record.run_id, record.attempt, _part(key)) != key:
            raise ShapeError("its run, attempt or window's end is not the one of its name")
        return record
    except ShapeError as error:
        raise AnalysisError(
            "E_LEDGER_RECORD",
            f"s3://{bucket}/{key} is no ledger record ({error}); expected what the generator "
            f"writes, schema {SCHEMA_VERSION}",
            "read it with the program's version that wrote it",
            exit_code=3,
        ) from error
