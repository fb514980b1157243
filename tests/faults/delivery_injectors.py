"""How faults are done to the delivery and to S3: entered as they begin, left as they end."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import time
from collections.abc import Iterator
from typing import Literal

import psutil
from kafka import KafkaProducer

from tests.faults.scene import Scene
from tests.faults.world import BUCKET

CRASH_SECONDS = 6.0
CRASHED_SHARE = 0.9  # a point may lie behind the last record that there is


@contextlib.contextmanager
def store_refuses(scene: Scene) -> Iterator[None]:
    """S3 answers 503: to 30 % for a third of the time, then to everything."""
    store = scene.world.store
    with scene.must_meet("a store that refuses", store):
        store.refused_share = 0.3
        time.sleep(scene.seconds / 3)
        store.refused_share = 1.0
        time.sleep(scene.seconds * 2 / 3)
        store.refused_share = 0.0
    yield


@contextlib.contextmanager
def store_fails(scene: Scene, how: Literal["cut", "deaf"]) -> Iterator[None]:
    """Uploads are cut half-way, or stored while the delivery never hears of it."""
    with scene.must_meet(f"a store that is {how}", scene.world.store):
        setattr(scene.world.store, how, True)
        time.sleep(scene.seconds)
        setattr(scene.world.store, how, False)
    yield


@contextlib.contextmanager
def store_slow(scene: Scene) -> Iterator[None]:
    with scene.must_meet("a slow store", scene.world.store):
        scene.world.store.delay_seconds = scene.seconds / 3
        time.sleep(scene.seconds)
        scene.world.store.delay_seconds = 0.0
    yield


@contextlib.contextmanager
def worker_crashes(
    scene: Scene, points: tuple[str, ...], times: int, long_times: int
) -> Iterator[None]:
    """Ended again and again at a point of its work; the seed chooses where a point is random."""
    chance = random.Random(scene.seed)
    supervisor = scene.world.supervisor
    supervisor.stop(scene.world.worker())
    crashed, wanted = 0, long_times if scene.long else times
    for number in range(wanted):
        point = points[number % len(points)].format(seed=chance.randrange(10**6))
        supervisor.spawn(scene.world.worker(point))
        process = scene.world.worker_process()
        try:
            process.wait(CRASH_SECONDS)
            crashed += 1
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)
    supervisor.start(scene.world.worker())
    if crashed < CRASHED_SHARE * wanted:
        scene.problems.append(f"the worker came to {crashed} of {wanted} crash points")
    yield


@contextlib.contextmanager
def worker_killed(scene: Scene) -> Iterator[None]:
    """kill -9 at random moments, and started again."""
    chance = random.Random(scene.seed)
    end = time.monotonic() + scene.seconds
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.0, 1.5))
        process = scene.world.worker_process()
        process.kill()
        process.wait(5)
        scene.world.supervisor.start(scene.world.worker())
    yield


@contextlib.contextmanager
def worker_paused(scene: Scene) -> Iterator[None]:
    process = scene.world.worker_process()
    process.suspend()
    time.sleep(scene.seconds)
    process.resume()
    yield


@contextlib.contextmanager
def worker_ended(scene: Scene) -> Iterator[None]:
    """Ended as a new version of it would, again and again, and started again."""
    end = time.monotonic() + scene.seconds
    while time.monotonic() < end:
        scene.world.supervisor.stop(scene.world.worker())
        scene.world.supervisor.start(scene.world.worker())
    yield


@contextlib.contextmanager
def two_workers(scene: Scene) -> Iterator[None]:
    """A second worker is begun beside the first; then the first is killed."""
    world = scene.world
    second = dataclasses.replace(world.worker(), name="second-delivery")
    world.supervisor.spawn(second)
    time.sleep(scene.seconds / 2)
    process = world.worker_process()
    process.kill()
    process.wait(5)
    time.sleep(scene.seconds / 2)
    yield
    world.supervisor.stop(second)
    world.supervisor.start(world.worker())


@contextlib.contextmanager
def worker_disk_full(scene: Scene) -> Iterator[None]:
    """The worker can write no file: neither its status nor its log."""
    process = scene.world.worker_process()
    process.rlimit(psutil.RLIMIT_FSIZE, (0, psutil.RLIM_INFINITY))
    try:
        process.wait(scene.seconds)
        scene.problems.append("the worker ended")
        scene.world.supervisor.start(scene.world.worker())
    except psutil.TimeoutExpired:
        process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
    yield


@contextlib.contextmanager
def strange_records(scene: Scene) -> Iterator[None]:
    """Somebody else writes what is no event into the topic; the delivery judges nothing."""
    mark = f"{scene.seed}-{time.time_ns()}".encode()
    values = [
        b"{" + mark,
        mark + b" no JSON",
        b'{"n": NaN, "mark": "%s"}' % mark,
        b'{"n": 1}{"n": 2, "mark": "%s"}' % mark,
        b'["%s"]' % mark,
        b"\xef\xbb\xbf" + b'{"mark": "%s"}' % mark,
        b"\xff\xfe\x00\x80" + mark,
        b"\x00" + mark,
        b'{"mark": "%s",\n"second": "line"}' % mark,
        "{\u2028 \u202eRTL \U0001f600} ".encode() + mark,
        b"x" * 900_000 + mark,
    ]
    producer = KafkaProducer(
        bootstrap_servers=f"127.0.0.1:{scene.world.internal_port}", linger_ms=0
    )
    for value in [*values, b"", None]:
        producer.send(scene.topic, key=mark, value=value).get(timeout=20)
    producer.close()
    scene.planted += values
    time.sleep(scene.seconds)
    yield


@contextlib.contextmanager
def bucket_denied(scene: Scene) -> Iterator[None]:
    """The delivery's role may put nothing for a while."""
    iam = scene.world.aws.client("iam")
    role = scene.world.reader.rpartition("/")[2]
    denial = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:PutObject", '
        f'"Resource": "arn:aws:s3:::{BUCKET}/*"}}]}}'
    )
    iam.put_role_policy(RoleName=role, PolicyName="denial", PolicyDocument=denial)
    time.sleep(scene.seconds)
    iam.delete_role_policy(RoleName=role, PolicyName="denial")
    yield
