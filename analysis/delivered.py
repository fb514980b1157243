"""Counts what lies in S3 below `telemetry/`, by hour and run. Reads every byte of it."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from analysis import aws
from analysis.errors import AnalysisError
from analysis.scope import hour_number
from analysis.wording import listed
from handlers.contract.records import SHAPE, check

PREFIX = "telemetry/"
READERS = 4
NOT_WHOLE_GZIP = (OSError, EOFError, zlib.error)  # what reading such an object raises
SHOWN = 5  # broken objects in a message
# What to do about broken objects: no reader can tell what they held, the ledger can.
MEND = (
    "restore an earlier version of each, or move it out of telemetry/; then `python -m analysis "
    "reconcile` names the runs that lack lines, and how they are made again"
)
T = TypeVar("T")
# The first event id of a line, for a line is one row, whatever else it holds.
_EVENT = re.compile(
    rb'^[^\n]*?"event_id"[ \t\r]*:[ \t\r]*"([0-9a-f]{16})-([0-9]{8})"'
    rb'(?:[^\n]*?"event_timestamp"[ \t\r]*:[ \t\r]*'
    rb'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z")?[^\n]*',
    re.MULTILINE,
)
# (the id, its run, its index) of the event on a line
EVENT_ID = re.compile(rb'"event_id"\s*:\s*"(([0-9a-f]{16})-([0-9]{8}))"')
_Indices = np.ndarray[Any, np.dtype[np.int32]]  # four bytes an event, of a day's millions
HOUR = re.compile(r"/year=(\d{4})/month=(\d{2})/day=(\d{2})/hour=(\d{2})/")


@dataclass
class Delivered:
    """Lines and objects, totals and by (hour of arrival as YYYYMMDDHH, run id).

    Lines without an event id have the run id "". `late` has by run the whole seconds from the time
    of an event until its object was there → lines; `event_days` the UTC dates of a run's events,
    `indices` the different ones of its event ids in each object.
    """

    lines_by_hour: Counter[tuple[int, str]] = field(default_factory=Counter)
    objects_by_hour: Counter[tuple[int, str]] = field(default_factory=Counter)
    late: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    event_days: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    indices: dict[str, list[_Indices]] = field(default_factory=lambda: defaultdict(list))
    all_objects: int = 0
    all_bytes: int = 0

    @property
    def all_lines(self) -> int:
        """All lines, with an event id or without."""
        return self.lines_by_hour.total()

    @property
    def nameless_lines(self) -> int:
        """Lines in which no event id was found."""
        return sum(count for (_, run), count in self.lines_by_hour.items() if not run)

    @property
    def lines(self) -> Counter[str]:
        """Lines by run id, over all hours."""
        return _by_run(self.lines_by_hour)

    @property
    def objects(self) -> Counter[str]:
        """Objects by run id; one that holds lines of two runs counts for each."""
        return _by_run(self.objects_by_hour)

    def beyond(self, run: str, count: int) -> int:
        """How many different events of the run have an index of `count` or more."""
        high = [one[one >= count] for one in self.indices.get(run, ())]
        return len(np.unique(np.concatenate(high))) if high else 0

    def among(self, run: str, wanted: Set[int]) -> set[int]:
        """Which of these indices events of the run have."""
        asked = list(wanted)
        return {n for one in self.indices.get(run, ()) for n in one[np.isin(one, asked)].tolist()}


def count(s3: Any, bucket: str, arrival_from: datetime, arrival_until: datetime) -> Delivered:
    """What arrived in the UTC hours from `arrival_from` to `arrival_until`, both included.

    Raises AnalysisError (E_OBJECT_BROKEN) where any is not whole gzip: then no count is right.
    """
    keys = list(object_keys(s3, bucket, arrival_from, arrival_until))
    found = Delivered(all_objects=len(keys))
    with ThreadPoolExecutor(READERS) as pool:
        for one in _whole(bucket, pool.map(lambda key: _read(s3, bucket, key), keys)):
            found.all_bytes += one.size
            found.lines_by_hour.update({(one.hour, run): n for run, n in one.lines.items()})
            found.objects_by_hour.update({(one.hour, run): 1 for run in one.lines})
            for run, seconds in one.late.items():
                found.late[run].update(seconds)
                found.event_days[run] |= one.event_days[run]
                found.indices[run].append(one.indices[run])
    return found


def object_keys(
    s3: Any, bucket: str, arrival_from: datetime, arrival_until: datetime
) -> Iterator[str]:
    """The keys of the objects that `count` would read."""
    first, last = hour_number(arrival_from), hour_number(arrival_until)
    day = arrival_from.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= arrival_until.astimezone(UTC):
        prefix = f"{PREFIX}{day:year=%Y/month=%m/day=%d}/"
        for key in aws.keys(s3, bucket, prefix):
            hour = _hour(key)
            if hour is not None and first <= hour <= last:
                yield key
        day += timedelta(days=1)


def judge(line: bytes) -> tuple[str, str] | None:
    """(reason, detail) of a delivered line that is no event, else None."""
    _, rejections = check([line])
    if rejections:
        return rejections[0].reason, rejections[0].detail
    if b"\r" in line:
        return SHAPE, "a carriage return, which ends a line for some readers"
    return None


def events(
    s3: Any, bucket: str, hours: Iterable[datetime], ids: Collection[str]
) -> dict[str, list[bytes]]:
    """The good lines of events with these ids that arrived in these UTC hours, by id.

    Lines that are no event count for nothing. Raises AnalysisError: E_OBJECT_BROKEN, for what is
    in such an object is unknown, and those of `aws.explained`.
    """
    wanted = {one.encode() for one in ids}
    found: dict[str, list[bytes]] = defaultdict(list)

    def read(key: str) -> list[tuple[str, bytes]] | Broken:
        with aws.explained(f"s3://{bucket}/{key} is not read"):
            packed = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        content = _unpacked(key, packed)
        if isinstance(content, Broken):
            return content
        lines = content.split(b"\n")
        named = ((EVENT_ID.search(line), line) for line in lines)
        candidates = [(one[1], line) for one, line in named if one and one[1] in wanted]
        return [(one.decode(), line) for one, line in candidates if judge(line) is None]

    with aws.explained(f"s3://{bucket}/{PREFIX} is not listed"):
        keys = [key for hour in sorted(set(hours)) for key in _keys_of(s3, bucket, hour)]
    with ThreadPoolExecutor(READERS) as pool:
        for pairs in _whole(bucket, pool.map(read, keys)):
            for one, line in pairs:
                found[one].append(line)
    return found


def _keys_of(s3: Any, bucket: str, hour: datetime) -> Iterator[str]:
    utc = hour.astimezone(UTC)
    return aws.keys(s3, bucket, f"{PREFIX}{utc:year=%Y/month=%m/day=%d/hour=%H}/")


def has_earlier(s3: Any, bucket: str, arrival_from: datetime) -> bool:
    """Whether an object arrived in an hour before that of `arrival_from`; asks for one page."""
    hours = map(_hour, aws.keys(s3, bucket, PREFIX))
    # keys come in their order, and so do the hours in them
    first = next((hour for hour in hours if hour is not None), None)
    return first is not None and first < hour_number(arrival_from)


@dataclass(frozen=True)
class Broken:
    """An object that is not whole gzip, and why."""

    key: str
    why: str


def _whole(bucket: str, parts: Iterable[T | Broken]) -> Iterator[T]:
    """What was read of whole objects; once all are read E_OBJECT_BROKEN, if any is broken."""
    found: list[Broken] = []
    for part in parts:
        if isinstance(part, Broken):
            found.append(part)
        else:
            yield part
    if not found:
        return
    names = [f"s3://{bucket}/{one.key}" for one in found]
    raise AnalysisError(
        "E_OBJECT_BROKEN",
        f"{len(names)} of the delivered objects {'is' if len(names) == 1 else 'are'} not whole "
        f"gzip ({found[0].why}), and queries of their hours may fail: {listed(names, SHOWN)}",
        MEND,
        exit_code=3,
        objects=names,
    )


@dataclass(frozen=True)
class _Object:
    hour: int
    size: int
    lines: Counter[str]
    late: dict[str, Counter[int]]
    event_days: dict[str, set[str]]
    indices: dict[str, _Indices]


def _read(s3: Any, bucket: str, key: str) -> _Object | Broken:
    answer = s3.get_object(Bucket=bucket, Key=key)
    packed = answer["Body"].read()
    content = _unpacked(key, packed)
    if isinstance(content, Broken):
        return content
    line_count = content.count(b"\n") + (bool(content) and not content.endswith(b"\n"))
    by_run: Counter[str] = Counter()
    late: dict[str, Counter[int]] = {}
    days: dict[str, set[str]] = {}
    indices: dict[str, _Indices] = {}
    for run, (numbers, times) in _events(content).items():
        by_run[run] = len(times)
        known = times[~np.isnat(times)]
        seconds = (np.datetime64(int(answer["LastModified"].timestamp()), "s") - known).astype(int)
        values, counts = np.unique(seconds, return_counts=True)
        late[run] = Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        indices[run] = np.unique(numbers)
        days[run] = {str(day) for day in np.unique(known.astype("datetime64[D]"))}
    if nameless := line_count - by_run.total():
        by_run[""] = nameless
    hour = _hour(key)
    assert hour is not None
    return _Object(hour, len(packed), by_run, late, days, indices)


def _unpacked(key: str, packed: bytes) -> bytes | Broken:
    try:
        return gzip.decompress(packed)
    except NOT_WHOLE_GZIP as error:
        return Broken(key, str(error)[:80])


def _events(content: bytes) -> dict[str, tuple[_Indices, np.ndarray[Any, Any]]]:
    """Indices and times of each run's events; whole seconds, NaT where no time can be read."""
    found: dict[str, tuple[list[bytes], list[str]]] = defaultdict(lambda: ([], []))
    for run, index, time in _EVENT.findall(content):
        indices, times = found[run.decode()]
        indices.append(index)
        times.append(time.decode() or "NaT")
    return {
        run: (np.array(indices, dtype="S8").astype(np.int32), _parsed(times))
        for run, (indices, times) in found.items()
    }


def _parsed(times: list[str]) -> np.ndarray[Any, Any]:
    try:
        return np.array(times, dtype="datetime64[s]")
    except ValueError:  # digits that are no time, as 99:99:99, among them
        return np.array([_moment(time) for time in times], dtype="datetime64[s]")


def _moment(time: str) -> np.datetime64:
    try:
        return np.datetime64(time, "s")
    except ValueError:
        return np.datetime64("NaT", "s")


def _hour(key: str) -> int | None:
    hour = HOUR.search("/" + key)
    return int("".join(hour.groups())) if hour else None


def _by_run(counts: Counter[tuple[int, str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, run), count_ in counts.items():
        if run:
            found[run] += count_
    return found
