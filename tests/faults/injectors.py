"""How faults are done to the world: each is entered when it begins and left when it is over."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator

import psutil

from tests.faults import parts
from tests.faults.network import Mode
from tests.faults.scene import Scene
from tests.faults.world import CLUSTER_RIGHTS, TOPIC_RIGHTS


@contextlib.contextmanager
def nothing(scene: Scene) -> Iterator[None]:
    scene.last()
    yield


@contextlib.contextmanager
def broker_killed(scene: Scene) -> Iterator[None]:
    scene.world.kill_broker()
    scene.last()
    scene.world.start_broker()
    yield


@contextlib.contextmanager
def broker_paused(scene: Scene) -> Iterator[None]:
    scene.world.signal_broker(signal.SIGSTOP)
    scene.last()
    scene.world.signal_broker(signal.SIGCONT)
    yield


@contextlib.contextmanager
def broker_disk_full(scene: Scene) -> Iterator[None]:
    """No file of the broker may grow; it gives up its log, and is started when there is room."""
    process = psutil.Process(scene.world.broker_pid)
    process.rlimit(psutil.RLIMIT_FSIZE, (1, psutil.RLIM_INFINITY))
    scene.last()
    with contextlib.suppress(psutil.NoSuchProcess):
        process.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
    scene.world.kill_broker()
    scene.world.start_broker()
    yield


@contextlib.contextmanager
def network(scene: Scene, mode: Mode, at: str = "client") -> Iterator[None]:
    """What happens on a line to the broker."""
    line = scene.world.lines[at]
    with scene.must_meet(f"a line that {mode.value}", line):
        line.turn(mode)
        scene.last()
        line.turn(Mode.PASS)
    yield


@contextlib.contextmanager
def rights_come_late(scene: Scene) -> Iterator[None]:
    """The role has the row's own rights at first and all of them in the end."""
    scene.last()
    scene.grant()
    time.sleep(2 * parts.CACHE_MS / 1000)
    yield


@contextlib.contextmanager
def topic_deleted(scene: Scene) -> Iterator[None]:
    scene.world.delete_topic(scene.topic)
    scene.last()
    yield


@contextlib.contextmanager
def write_denied(scene: Scene) -> Iterator[None]:
    scene.grant(topic=("CreateTopic", "DescribeTopic"))
    scene.last()
    scene.grant()
    time.sleep(2 * parts.CACHE_MS / 1000)
    yield


@contextlib.contextmanager
def connect_denied(scene: Scene) -> Iterator[None]:
    """Connections end with the right to have them, by re-authentication or by a reset.

    That the client was denied is what the row must see; the reset may come when none is left.
    """
    scene.grant(cluster=("WriteDataIdempotently",), topic=TOPIC_RIGHTS)
    time.sleep(2 * parts.CACHE_MS / 1000)
    scene.world.lines[scene.fault.line].reset()
    scene.last()
    scene.grant(cluster=CLUSTER_RIGHTS)
    time.sleep(2 * parts.CACHE_MS / 1000)
    yield


def _reset(scene: Scene) -> None:
    line = scene.world.lines[scene.fault.line]
    with scene.must_meet("a reset", line):
        line.reset()


@contextlib.contextmanager
def frozen_between_calls(scene: Scene) -> Iterator[None]:
    """As the platform freezes a sandbox; the network forgets its connections meanwhile."""
    container = scene.container
    assert container is not None
    with container.between_calls:
        container.freeze()
        _reset(scene)
        scene.last()
        container.thaw()
    yield


@contextlib.contextmanager
def frozen_in_a_call(scene: Scene) -> Iterator[None]:
    container = scene.container
    assert container is not None
    while not container.between_calls.locked():
        time.sleep(0.001)
    container.freeze()
    _reset(scene)
    scene.last()
    scene.gap_seconds = scene.seconds
    container.thaw()
    yield


@contextlib.contextmanager
def killed_in_a_call(scene: Scene) -> Iterator[None]:
    scene.last()
    scene.replace()
    yield


@contextlib.contextmanager
def function_hangs(scene: Scene) -> Iterator[None]:
    """Every process of a function stops in the middle of its work; the platform ends them."""
    hanging = scene.world.function_processes()
    if not hanging:
        scene.problems.append("no process of a function was there to hang")
    for one in hanging:
        one.suspend()
    psutil.wait_procs(hanging, timeout=scene.seconds)
    for one in hanging:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.resume()
    yield


@contextlib.contextmanager
def tokens_expire(scene: Scene) -> Iterator[None]:
    """Nothing is done: the broker ends a connection that has no fresh token after REAUTH_MS.

    The client renews when 85 to 95% of a session have passed; in so short ones a pause of a quarter
    of a second makes it late, and it connects anew: expected once, and once more in ten renewals.
    """
    container, line = scene.container, scene.world.lines[scene.fault.line]
    assert container is not None
    connections, tokens = line.connections, container.tokens
    scene.last()
    yield
    wanted = int(scene.seconds / (parts.REAUTH_MS / 1000)) - 1
    anew, late = line.connections - connections, 1 + wanted // 10
    if anew > late:
        scene.problems.append(f"{anew} connections were made anew; expected {late} at most")
    least = max(1, wanted - 1)  # of a minute of sessions of 5 s: 10 renewals
    if container.tokens - tokens < least:
        scene.problems.append(f"{container.tokens - tokens} tokens; expected {least} or more")
