"""The quarantine in S3: reads its records of a range of hours, and keeps new ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from analysis import aws
from analysis.errors import AnalysisError
from analysis.scope import event_time
from handlers.contract import quarantine
from handlers.contract.quarantine import Record
from handlers.contract.shape import ShapeError

HOUR = timedelta(hours=1)
MOST_DAYS = 366


@dataclass(frozen=True)
class Hours:
    """Whole UTC hours, [begin, end)."""

    begin: datetime
    end: datetime

    @classmethod
    def around(cls, since: datetime, until: datetime) -> Hours:
        """The hours that [since, until) touches.

        Raises AnalysisError (E_RANGE) if it is empty or longer than MOST_DAYS.
        """
        if not since < until <= since + timedelta(days=MOST_DAYS):
            raise AnalysisError(
                "E_RANGE",
                f"the range from {since.isoformat()} to {until.isoformat()} is empty, reversed or "
                f"too long; expected a start before its end, at most {MOST_DAYS} days",
                "swap, widen or divide the range",
                exit_code=2,
            )
        begin, last = (
            moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            for moment in (since, until - timedelta(microseconds=1))
        )
        return cls(begin, last + HOUR)

    @property
    def days(self) -> list[datetime]:
        """The begin of each UTC day of the hours."""
        first = self.begin.replace(hour=0)
        count = (self.end - timedelta(microseconds=1) - first).days + 1
        return [first + timedelta(days=day) for day in range(count)]

    @property
    def each(self) -> list[datetime]:
        """The begin of each hour."""
        return [self.begin + number * HOUR for number in range((self.end - self.begin) // HOUR)]

    def __str__(self) -> str:
        return f"{self.begin:%Y-%m-%dT%H:00Z} to {self.end:%Y-%m-%dT%H:00Z}"


@dataclass(frozen=True)
class Quarantine:
    """The quarantine of one bucket."""

    s3: Any
    bucket: str

    def records(self, hours: Hours, reason: str = "") -> Iterator[Record]:
        """The records of these hours, of one reason if it is named, each once.

        Raises AnalysisError: E_QUARANTINE_OBJECT for an object that holds something else, and
        those of `aws.explained`.
        """
        begin, end = event_time(hours.begin), event_time(hours.end)
        seen: set[tuple[str, str]] = set()
        for key in self._keys(hours):
            for record in self._read(key):
                same = (record.quarantine_id, record.reason)
                if begin <= record.occurred_at < end and reason in ("", record.reason):
                    if same not in seen:
                        yield record
                    seen.add(same)

    def keep(self, name: str, records: Sequence[Record]) -> str:
        """Keep records of one stage and hour under a name of theirs; the key of their object."""
        key = quarantine.key(records[0].stage, records[0].occurred_at, name)
        with aws.explained(f"s3://{self.bucket}/{key} is not written"):
            self.s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=quarantine.encode(records),
                ContentType="application/gzip",
            )
        return key

    def _keys(self, hours: Hours) -> Iterator[str]:
        for day in hours.days:
            prefix = quarantine.day_prefix(event_time(day))
            with aws.explained(f"s3://{self.bucket}/{prefix} is not listed"):
                yield from aws.keys(self.s3, self.bucket, prefix)

    def _read(self, key: str) -> list[Record]:
        with aws.explained(f"s3://{self.bucket}/{key} is not read"):
            return read(self.s3, self.bucket, key)


def read(s3: Any, bucket: str, key: str) -> list[Record]:
    """The records of one object. Raises botocore's errors, AnalysisError (E_QUARANTINE_OBJECT)."""
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        return quarantine.decode(body)
    except ShapeError as error:
        raise AnalysisError(
            "E_QUARANTINE_OBJECT",
            f"s3://{bucket}/{key} holds no quarantine records ({error}); expected gzip of a row a "
            "line as docs/quarantine.md lists",
            "read it with the program's version that wrote it, or move it away",
            exit_code=3,
        ) from error
