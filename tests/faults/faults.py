"""The faults: one row each. A new fault is a new row; how it is done is in injectors.py."""

from __future__ import annotations

from functools import partial

from tests.faults import delivery_injectors, injectors
from tests.faults.network import Mode
from tests.faults.scene import Fault, Load
from tests.faults.world import READER

MIB = 2**20
SILENT = frozenset({"E_KAFKA_UNREACHABLE"})
UNREACHABLE = SILENT | {"E_KAFKA_BACKPRESSURE"}
DENIED = frozenset({"E_KAFKA_DENIED"})
MISSING = frozenset({"E_TOPIC_MISSING"})
TOO_SHORT = frozenset({"E_CALL_DEADLINE"})
POINTS = ("mid_put", "after_put", "random:{seed}")

BROKER = (
    Fault(
        "broker killed, away for longer than a call",
        injectors.broker_killed,
        *("broker", 2, 20),
        codes=UNREACHABLE,
        sees=SILENT,
        in_topic=3,
        call_seconds=6,
    ),
    Fault(
        "broker killed and started at once",
        injectors.broker_killed,
        *("broker", 0, 0),
        codes=UNREACHABLE,
        in_topic=2,
    ),
    Fault("broker paused for less than a call", injectors.broker_paused, "broker", 2, 8),
    Fault(
        "broker paused for longer than a call",
        injectors.broker_paused,
        *("broker", 5.5, 30),
        codes=UNREACHABLE,
        sees=SILENT,
        in_topic=2,
        call_seconds=5,
    ),
    Fault(
        "broker paused under ten times the load",
        injectors.broker_paused,
        *("broker", 9, 60),
        codes=UNREACHABLE,
        sees=frozenset({"E_KAFKA_BACKPRESSURE"}),
        in_topic=3,
        before=0.4,
        call_seconds=10,
        load=Load(at_least=12_000, batch=4_000, padding=8_000),
        memory_bytes=64 * MIB,
    ),
    Fault(
        "disk of the broker full",
        injectors.broker_disk_full,
        *("broker", 1.5, 10),
        codes=UNREACHABLE,
        in_topic=3,
        call_seconds=6,
    ),
)
CLIENT = (
    Fault(
        "connections reset once",
        partial(injectors.network, mode=Mode.RESET),
        *("client", 0, 0),
        codes=UNREACHABLE,
        in_topic=2,
    ),
    Fault(
        "connections reset again and again",
        partial(injectors.network, mode=Mode.RESET),
        *("client", 2, 20),
        codes=UNREACHABLE,
        in_topic=2,
    ),
    Fault(
        "black hole",
        partial(injectors.network, mode=Mode.BLACK_HOLE),
        *("client", 5.5, 30),
        codes=UNREACHABLE,
        sees=SILENT,
        in_topic=3,
        call_seconds=5,
    ),
    Fault(
        "answers held back",
        partial(injectors.network, mode=Mode.MUTE),
        *("client", 3, 15),
        codes=UNREACHABLE,
        in_topic=3,
        call_seconds=5,
    ),
    Fault(
        "connections half closed",
        partial(injectors.network, mode=Mode.HALF_CLOSED),
        *("client", 2, 15),
        codes=UNREACHABLE,
        in_topic=3,
        call_seconds=6,
    ),
    Fault(
        "slow line",
        partial(injectors.network, mode=Mode.SLOW),
        *("client", 2, 20),
        codes=UNREACHABLE,
        in_topic=2,
    ),
    Fault(
        "topic missing",
        injectors.nothing,
        *("platform", 0, 0),
        before=0,
        own_topic=True,
    ),
    Fault(
        "topic missing, without the right to make it",
        injectors.rights_come_late,
        *("platform", 1, 15),
        codes=MISSING,
        sees=MISSING,
        before=0,
        own_topic=True,
        rights=("DescribeTopic", "WriteData"),
        call_seconds=10,
    ),
    Fault(
        "topic deleted",
        injectors.topic_deleted,
        *("platform", 1, 5),
        codes=MISSING,
        sees=MISSING,
        in_topic=2,
        own_topic=True,
        call_seconds=8,
        forgets=True,
    ),
    Fault(
        "right to write revoked and given back",
        injectors.write_denied,
        *("client", 1.5, 10),
        codes=DENIED,
        sees=DENIED,
    ),
    Fault(
        "right to connect revoked and given back",
        injectors.connect_denied,
        *("client", 2, 15),
        # A broker that denies a token says so or just disconnects, as a network may.
        codes=DENIED | UNREACHABLE,
        sees=DENIED,
        in_topic=2,
        call_seconds=8,
    ),
    Fault(
        "frozen between calls while connections are reset",
        injectors.frozen_between_calls,
        *("client", 1, 30),
    ),
    Fault(
        "frozen in a call while connections are reset",
        injectors.frozen_in_a_call,
        *("client", 1, 30),
        codes=UNREACHABLE | TOO_SHORT,  # a call that is frozen has less time left, or none
        in_topic=2,
    ),
    Fault(
        "container killed in a call",
        injectors.killed_in_a_call,
        *("platform", 0.1, 0.1),
        in_topic=2,
    ),
    Fault(
        "function hangs until its time-out",
        injectors.function_hangs,
        *("platform", 12, 12),
        codes=UNREACHABLE,
        in_topic=2,
        call_seconds=8,
        function=True,
    ),
    Fault(
        "every invocation three times",
        injectors.nothing,
        *("platform", 0, 0),
        in_topic=3,
        call_seconds=20,
        function=True,
        repeat=3,
    ),
    Fault(
        "every invocation twice at once",
        injectors.nothing,
        *("platform", 0, 0),
        in_topic=2,
        call_seconds=20,
        function=True,
        together=2,
    ),
)
SOAK = (
    Fault(
        "tokens expire every 5 s",
        injectors.tokens_expire,
        *("soak", 16, 60),
    ),
)
DELIVERY = (
    Fault("S3 refuses with 503", delivery_injectors.store_refuses, "delivery", 4, 90),
    Fault(
        "uploads cut half-way",
        partial(delivery_injectors.store_fails, how="cut"),
        *("delivery", 2, 20),
    ),
    Fault(
        "answers of S3 lost",
        partial(delivery_injectors.store_fails, how="deaf"),
        *("delivery", 2, 20),
    ),
    Fault("S3 slow", delivery_injectors.store_slow, "delivery", 2, 20),
    Fault("S3 denied", delivery_injectors.bucket_denied, "delivery", 1.5, 15),
    Fault(
        "delivery ended in an upload, before a commit, anywhere",
        partial(delivery_injectors.worker_crashes, points=POINTS, times=3, long_times=100),
        *("delivery", 5, 200),
    ),
    Fault("delivery killed", delivery_injectors.worker_killed, "delivery", 2, 30),
    Fault("delivery paused", delivery_injectors.worker_paused, "delivery", 2, 30),
    Fault("delivery ended and started", delivery_injectors.worker_ended, "delivery", 2, 20),
    Fault("two deliveries at once", delivery_injectors.two_workers, "delivery", 3, 15),
    Fault("disk of the delivery full", delivery_injectors.worker_disk_full, "delivery", 3, 15),
    Fault("records that are no events", delivery_injectors.strange_records, "delivery", 0, 5),
    Fault(
        "ten times the load",
        injectors.nothing,
        *("delivery", 0, 0),
        load=Load(at_least=20_000, batch=10_000, times=10),
    ),
    Fault(
        "connections of the delivery reset again and again",
        partial(injectors.network, mode=Mode.RESET, at=READER),
        *("delivery", 1.5, 20),
    ),
    Fault(
        "black hole before the delivery",
        partial(injectors.network, mode=Mode.BLACK_HOLE, at=READER),
        *("delivery", 2, 30),
    ),
)
FAULTS = BROKER + CLIENT + SOAK + DELIVERY
