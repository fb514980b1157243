"""What is read and noted, and the names of what is stored, whatever goes away in between."""

from __future__ import annotations

import dataclasses

import pytest

from tests.conftest import wait_for
from tests.delivery.memory import HOUR_MS, NOON_MS, STREAM, Memory

SHORT = dataclasses.replace(STREAM, buffer_seconds=0.5)
AT_ONCE = dataclasses.replace(STREAM, buffer_seconds=0.0)


def test_the_start_is_noted_before_anything_is_read(memory: Memory) -> None:
    stream = dataclasses.replace(STREAM, read_from_ms=NOON_MS)
    memory.send(b"before", at_ms=NOON_MS - HOUR_MS)
    with memory.working(stream) as work:
        wait_for(lambda: work.progress.lag == 0, 10)
        memory.send(b"a", b"b", at_ms=NOON_MS - 1)  # as a producer may say
        wait_for(lambda: work.progress.buffered == 2, 10)
    assert memory.noted(stream) == 1 and memory.objects == {}
    memory.deliver(stream)
    assert memory.lines() == [b"a", b"b"]


def test_a_start_at_the_beginning_leaves_no_record_out(memory: Memory) -> None:
    memory.send(b"a", b"b", at_ms=-1)
    memory.send(b"c")
    memory.deliver(dataclasses.replace(STREAM, read_from_ms=0))
    assert sorted(memory.lines()) == [b"a", b"b", b"c"]


@pytest.mark.parametrize("anew", ["topic", "stream"])
def test_what_is_made_anew_replaces_nothing(memory: Memory, anew: str) -> None:
    memory.send(b"a", b"b", b"c")
    memory.deliver(STREAM)
    if anew == "topic":
        memory.made_anew("second")
        memory.send(b"d")
        memory.deliver(STREAM)
        assert sorted(memory.lines()) == [b"a", b"b", b"c", b"d"]
    else:
        memory.deliver(dataclasses.replace(STREAM, created_ms=1))
        assert sorted(memory.lines()) == sorted([b"a", b"b", b"c"] * 2)


def test_an_object_that_is_stored_and_not_noted_replaces_itself(memory: Memory) -> None:
    memory.send(b"a", b"b")
    memory.notes_left = 2  # the start, and what is to be stored
    with memory.working(AT_ONCE):
        wait_for(lambda: memory.broker_away, 10)
    assert (memory.noted(STREAM), memory.lines()) == (0, [b"a", b"b"])
    memory.broker_away, memory.notes_left = False, None
    memory.send(b"older", at_ms=NOON_MS - HOUR_MS)
    memory.deliver(STREAM)
    assert memory.lines() == [b"a", b"b", b"older"] and len(memory.objects) == 1
    assert memory.noted(STREAM) == 3


@pytest.mark.parametrize(
    ("records", "hour"),
    [
        ([(b"late", NOON_MS + HOUR_MS), (b"oldest", NOON_MS - 1)], "11"),
        ([(None, NOON_MS - HOUR_MS), (b"first of value", NOON_MS)], "12"),
        ([(b"without a time", -1), (b"with one", NOON_MS)], "12"),
        ([(b"without a time", -1)], "00"),
    ],
)
def test_an_object_stands_under_the_hour_of_its_oldest_record(
    memory: Memory, records: list[tuple[bytes | None, int]], hour: str
) -> None:
    for value, at_ms in records:
        memory.send(value, at_ms=at_ms)
    memory.deliver(STREAM)
    (key,) = memory.objects
    assert key.startswith(f"hour={hour}/")


def test_what_is_due_is_stored_while_the_broker_is_away_and_not_twice(memory: Memory) -> None:
    memory.send(b"a", b"b")
    with memory.working(SHORT) as work:
        wait_for(lambda: work.progress.buffered == 2, 10)
        memory.broker_away = True
        wait_for(lambda: work.progress.records == 2, 10)
        assert (work.progress.buffered, work.progress.oldest_ms) == (0, None)
        assert (memory.noted(SHORT), memory.lines()) == (0, [b"a", b"b"])
        assert str(work.progress.error).startswith("E_KAFKA_UNREACHABLE")
        memory.send(b"c")
        memory.broker_away = False
        wait_for(lambda: work.progress.lag == 0, 10)
    assert memory.noted(SHORT) == 3
    assert memory.lines() == [b"a", b"b", b"c"] and memory.puts == 2


def test_what_cannot_be_stored_hides_no_trouble_of_the_topic(memory: Memory) -> None:
    memory.send(b"a")
    with memory.working(SHORT) as work:
        wait_for(lambda: work.progress.buffered == 1, 10)
        memory.broker_away = memory.bucket_away = True
        wait_for(lambda: memory.puts, 10)
        wait_for(lambda: str(work.progress.error).startswith("E_KAFKA_UNREACHABLE"), 10)
        memory.broker_away = False
        memory.topic_id = "second"
        wait_for(lambda: memory.noted(SHORT) == 0 and memory.puts > 3, 10)
        memory.bucket_away = False
        wait_for(lambda: len(memory.objects) == 2, 10)
    assert memory.lines() == [b"a", b"a"]


def test_an_end_while_the_broker_is_away_stores_what_is_held(memory: Memory) -> None:
    memory.send(b"a", b"b")
    with memory.working(STREAM, flush=True) as work:
        wait_for(lambda: work.progress.buffered == 2, 10)
        memory.broker_away = True
        wait_for(lambda: work.progress.error, 10)
        assert memory.objects == {}
    assert memory.lines() == [b"a", b"b"]
    memory.broker_away = False
    memory.send(b"c")
    memory.deliver(STREAM)
    assert memory.lines() == [b"a", b"b", b"c"] and len(memory.objects) == 1


def test_an_end_while_nothing_answers_is_an_end(memory: Memory) -> None:
    memory.send(b"a")
    with memory.working(STREAM, flush=True) as work:
        wait_for(lambda: work.progress.buffered == 1, 10)
        memory.broker_away = memory.bucket_away = True
        wait_for(lambda: work.progress.error, 10)
    assert (memory.objects, memory.puts) == ({}, 1)


@pytest.mark.parametrize("at_once", [True, False])
def test_the_marker_of_a_transaction_is_passed(memory: Memory, at_once: bool) -> None:
    memory.send(b"a", b"b")
    if at_once:
        memory.send(b"", is_marker=True)
    with memory.working(AT_ONCE) as work:
        wait_for(lambda: memory.noted(STREAM) == len(memory.log), 10)
        if not at_once:
            memory.send(b"", is_marker=True)
        wait_for(lambda: (work.progress.lag, work.progress.kafka_offset_lag) == (0, 0), 10)
    assert memory.noted(STREAM) == 3
    assert memory.lines() == [b"a", b"b"]


def test_a_reader_that_is_not_let_in_any_more_is_told_and_comes_with_new_keys(
    memory: Memory,
) -> None:
    with memory.working(AT_ONCE) as work:
        wait_for(lambda: work.progress.lag == 0, 10)
        before = memory.keys_made
        memory.is_refused = True
        memory.send(b"a")
        wait_for(lambda: str(work.progress.error).startswith("E_KAFKA_DENIED"), 10)
        wait_for(lambda: memory.keys_made > before, 10)
        memory.is_refused = False
        wait_for(lambda: work.progress.lag == 0 and work.progress.error is None, 10)
    assert memory.lines() == [b"a"]


def test_what_may_not_be_read_is_lag(memory: Memory) -> None:
    memory.is_denied = True
    memory.send(b"a", b"b")
    with memory.working(AT_ONCE) as work:
        wait_for(lambda: str(work.progress.error).startswith("E_TOPIC_DENIED"), 10)
        assert (work.progress.lag, work.progress.kafka_offset_lag) == (2, 2)
