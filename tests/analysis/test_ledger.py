"""Runs and their attempts, as the ledger's objects tell them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analysis import ledger
from analysis.errors import AnalysisError
from handlers.contract.ledger import CLOSED, OPENED, Record, attempt_name, key
from tests.analysis.objects import Objects

END = datetime(2025, 8, 11, 12, 0, tzinfo=UTC)
RUN, OTHER = "a" * 16, "b" * 16
DAY = timedelta(days=1)


def written(
    run: str, attempt: str, part: str, end: datetime = END, **figures: Any
) -> dict[str, bytes]:
    """One record as an object; `attempt` is also its start, so that attempts have an order."""
    usual: dict[str, Any] = {
        "run_id": run,
        "attempt": attempt,
        "status": "complete" if part == CLOSED else "open",
        "window": {"start": (end - timedelta(minutes=5)).isoformat(), "end": end.isoformat()},
        "scheduled_at": None,
        "seed": 1,
        "profile": "default",
        "reference_version": "v",
        "references": [],
        "request": {},
        "started_at": f"2025-08-11T12:0{attempt}:00Z",
    }
    record = Record(**{**usual, **figures})
    return {key(end, run, attempt, part): json.dumps(record.as_dict()).encode()}


def read(objects: dict[str, bytes], *run_ids: str, since: timedelta = timedelta(hours=2)) -> Any:
    return ledger.runs(Objects(objects), "lake", END - since, END + timedelta(hours=1), run_ids)


def test_the_last_attempt_decides_and_all_attempts_bound_what_was_sent() -> None:
    objects = {
        **written(RUN, "2", OPENED),
        **written(RUN, "2", CLOSED, generated=10, acked=10),
        **written(RUN, "1", OPENED),
        **written(RUN, "1", CLOSED, generated=10, acked=6, unresolved=4),
    }
    (run,) = read(objects)
    assert [attempt.attempt for attempt in run.attempts] == ["1", "2"]
    assert (run.last.acked, run.sent_at_least, run.sent_at_most) == (10, 16, 20)
    assert not run.is_open
    assert run.window == (END - timedelta(minutes=5), END)


def test_an_attempt_without_an_end_is_open() -> None:
    closed = {"generated": 2, "acked": 1, "unresolved": 1, "status": "unresolved"}
    (run,) = read({**written(RUN, "1", CLOSED, **closed), **written(RUN, "2", OPENED)})
    assert run.is_open
    assert run.started_at == datetime(2025, 8, 11, 12, 1, tzinfo=UTC)


COMPLETE = {"generated": 10, "acked": 10}
REFUSED = {"generated": 10, "acked": 9, "rejected": 1}
DOUBTFUL = {"generated": 10, "acked": 4, "unresolved": 6, "status": "unresolved"}
FAILED = {"status": "failed", "error": "E_X"}


@pytest.mark.parametrize(
    ("attempts", "decides"),
    [
        ([COMPLETE, DOUBTFUL], 0),
        ([COMPLETE, FAILED], 0),
        ([COMPLETE, None], 0),  # one without an end
        ([COMPLETE, REFUSED], 0),
        ([REFUSED, COMPLETE], 1),
        ([COMPLETE, COMPLETE], 1),
        ([DOUBTFUL, FAILED], 1),
        ([DOUBTFUL, None], 1),
    ],
)
def test_what_one_attempt_brought_in_no_later_one_takes_back(
    attempts: list[dict[str, Any] | None], decides: int
) -> None:
    objects: dict[str, bytes] = {}
    for number, figures in enumerate(attempts):
        objects |= written(RUN, str(number), *([OPENED] if figures is None else [CLOSED]),
                           **(figures or {}))  # fmt: skip
    (run,) = read(objects)
    assert run.deciding.attempt == str(decides)
    assert run.is_open == (attempts[decides] is None)
    assert run.is_failed == (attempts[decides] is FAILED)


def test_the_last_tick_before_a_moment() -> None:
    def ticks(*hours_before: float) -> dict[str, bytes]:
        made: dict[str, bytes] = {}
        for hours in hours_before:
            end = END - timedelta(hours=hours)
            name = attempt_name(end, "request")
            told = {"scheduled_at": end.isoformat(), "started_at": end.isoformat()}
            made |= written(f"{int(99 + hours):016x}", name, CLOSED, end=end, **told)
        return made

    def found(objects: dict[str, bytes]) -> list[float]:
        runs = ledger.last_tick(Objects(objects), "lake", END)
        return [(END - run.window[1]) / timedelta(hours=1) for run in runs]

    assert found(ticks(0, 0.1, 1, 30)) == [0.1]
    assert found(ticks(30, 50)) == [30]
    assert found(ticks(-1, 24 * 30)) == [24 * 30]
    assert found(ticks(24 * 40)) == []
    assert found(written(RUN, "1", CLOSED, end=END - timedelta(hours=1))) == []  # no tick


def test_an_attempt_without_an_end_may_have_sent_all_its_events() -> None:
    opened = written(RUN, "1", OPENED, generated=10)
    (run,) = read({**opened, **written(RUN, "2", CLOSED, generated=10, acked=10)})
    assert (run.sent_at_least, run.sent_at_most) == (10, 20)
    (run,) = read(opened)
    assert (run.sent_at_least, run.sent_at_most) == (0, 10)


def test_when_a_run_was_last_seen() -> None:
    ended = "2025-08-11T12:03:00Z"
    (run,) = read(written(RUN, "1", CLOSED, ended_at=ended))
    assert run.seen_at == END + timedelta(minutes=3)
    assert run.sent_at == END + timedelta(minutes=1)
    (run,) = read(written(RUN, "1", OPENED))
    assert run.seen_at == run.sent_at


def test_the_ids_of_some_days() -> None:
    objects = {**written(RUN, "1", CLOSED), **written(OTHER, "1", CLOSED, end=END - 2 * DAY)}
    assert ledger.run_ids(Objects(objects), "lake", END - DAY, END) == {RUN}


def test_runs_come_in_the_order_of_their_windows() -> None:
    later = END + timedelta(minutes=5)
    objects = {**written(RUN, "1", CLOSED, end=later), **written(OTHER, "1", CLOSED)}
    assert [run.run_id for run in read(objects)] == [OTHER, RUN]


def test_only_runs_of_the_range_count_unless_they_are_named() -> None:
    early = END - timedelta(hours=3)
    objects = {**written(RUN, "1", CLOSED), **written(OTHER, "1", CLOSED, end=early)}
    assert [run.run_id for run in read(objects)] == [RUN]
    assert [run.run_id for run in read(objects, OTHER)] == [OTHER]


def test_a_range_over_midnight_reads_both_days() -> None:
    yesterday = END - timedelta(days=1)
    objects = {**written(RUN, "1", CLOSED), **written(OTHER, "1", CLOSED, end=yesterday)}
    assert len(read(objects, since=timedelta(hours=30))) == 2


def test_a_run_that_nobody_knows_is_named() -> None:
    with pytest.raises(AnalysisError, match=f"E_RUN_UNKNOWN: no ledger record of {OTHER}") as told:
        read(written(RUN, "1", CLOSED), RUN, OTHER)
    assert told.value.exit_code == 3


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"run_id": "x"}', b'{"more": 1}'])
def test_an_object_that_is_no_record_is_named(body: bytes) -> None:
    path = key(END, RUN, "1", CLOSED)
    with pytest.raises(AnalysisError, match=f"E_LEDGER_RECORD: s3://lake/{path}"):
        read({path: body})


@pytest.mark.parametrize(
    ("days_before", "began", "found"),
    [
        (3, 0, True),
        (3, 1, True),  # minutes after the range's begin
        (3, 60, True),
        (3, -1, False),
        (3, 61, False),
        (0, 5, False),  # its window ends in the range
        (30, 5, True),
        (32, 5, False),
    ],
)
def test_older_runs_that_were_attempted_in_the_range(
    days_before: int, began: int, found: bool
) -> None:
    at = END + timedelta(minutes=began)
    figures = {"end": END - days_before * DAY, "started_at": at.isoformat()}
    objects = {
        **written(RUN, attempt_name(at, "r"), OPENED, **figures),
        **written(OTHER, attempt_name(END - DAY, "r"), CLOSED, end=END - DAY),
    }
    until = END + timedelta(hours=1)
    runs = ledger.attempted(Objects(objects), "lake", END, until)
    assert [run.run_id for run in runs] == [RUN] * found


NULLS = {"test": False, "batch_size": None, "start": None, "end": None, "scheduled_at": None}
KIND = {"seed": 0, "profile": "launch"}
TICK = {"scheduled_at": "2025-08-11T12:00:00Z", "window_seconds": 600}
REPLAY = {"start": "2025-08-11T10:00:00Z", "end": "2025-08-11T12:00:00Z", "batch_size": 9}


@pytest.mark.parametrize(
    ("request_of", "payload"),
    [
        ({**NULLS, **KIND, **TICK}, {**KIND, **TICK}),
        ({**NULLS, **KIND, **REPLAY}, {**KIND, **REPLAY}),
        ({**NULLS, **KIND, **REPLAY, "test": True}, {**KIND, **REPLAY, "test": True}),
        ({**NULLS, **KIND, "test": True, "batch_size": 100}, None),
        ({**NULLS, **KIND, "batch_size": 100}, None),
    ],
)
def test_the_payload_that_is_the_same_run_again(
    request_of: dict[str, Any], payload: dict[str, Any] | None
) -> None:
    (run,) = read(written(RUN, "1", CLOSED, request=request_of))
    assert run.payload == payload
