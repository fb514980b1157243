"""The producer's client against its library's defaults and against a client per 100 events."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import columns, stream
from benchmarks.measure import Figure, Times, interleaved
from handlers.contract.records import Record, check
from handlers.msk_producer import clients, connection, sending, topic
from handlers.msk_producer.settings import Settings

EVENTS, PER_CLIENT = 20_000, 100
CLIENTS = 10  # a round's share of the slow baseline
DEADLINE_SECONDS = 120


def figures(rounds: int, count: int = EVENTS) -> list[Figure]:
    """Events acknowledged a second, three ways, in turn, on one broker."""
    from kafka import KafkaProducer

    records = _records(count)
    few = records[: CLIENTS * PER_CLIENT]
    with stream.started() as settings:
        topic.ensure(settings, _deadline())
        base = clients.base(settings, _deadline())
        tuned = connection.Connection(settings)
        defaults = KafkaProducer(**base)

        def one_each() -> None:
            for first in range(0, len(few), PER_CLIENT):
                client = KafkaProducer(**base)
                _send_plainly(client, settings, few[first : first + PER_CLIENT])
                client.close()

        def ours(some: Sequence[Record] = records) -> None:
            outcome = sending.send(tuned.producer(_deadline()), settings, some, _deadline())
            if outcome.acked != len(some):
                raise RuntimeError(f"{outcome.acked} of {len(some)} events acked: {outcome.cause}")

        ways: dict[str, Callable[[], None]] = {
            "ours": ours,
            "defaults": lambda: _send_plainly(defaults, settings, records),
            "one each": one_each,
        }
        ours(few)
        _send_plainly(defaults, settings, few)
        costs = interleaved(rounds, ways, time.perf_counter)
        defaults.close()
        tuned.discard()
    mine = Times(costs["ours"], len(records))
    others = {"defaults": len(records), "one each": len(few)}
    names = {"defaults": "the client's defaults", "one each": "a client per 100 events"}
    goals = {"defaults": "≥ 1.5 ×", "one each": "≥ 30 ×"}
    return [
        Figure(
            f"producer, {len(records):,} events to the broker",
            "µs an event",
            mine.spread(1e6, 0),
            f"{names[way]}: {Times(costs[way], events).spread(1e6, 0)}",
            f"{Times(costs[way], events).middle / mine.middle:.1f} × as fast",
            goals[way],
        )
        for way, events in others.items()
    ]


def _records(count: int) -> list[Record]:
    lines = b"".join(columns.batches(count, columns.references())).split(b"\n")[:-1]
    records, rejections = check(lines)
    if rejections:
        raise RuntimeError(f"the producer rejects {len(rejections)} of its own events")
    return records


def _send_plainly(client: Any, settings: Settings, records: Sequence[Record]) -> None:
    """Send all and wait for each, as any program with this client does."""
    sent = [client.send(settings.topic, key=one.key, value=one.value) for one in records]
    for future in sent:
        future.get(timeout=DEADLINE_SECONDS)


def _deadline() -> float:
    return time.monotonic() + DEADLINE_SECONDS
