"""Processes: started once, told apart from strangers, stopped, and what is said when they fail."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from local import supervisor as module
from local.parts import Part
from local.ports import free_ports
from local.settings import Laptop
from local.supervisor import PartError, Supervisor, exclusively, port_owner

SERVE = "import socket,sys,time; s=socket.socket(); s.bind(('127.0.0.1',{port})); s.listen(); "


def listens(laptop: Laptop) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", laptop.ports.trino)) == 0


def part(laptop: Laptop, code: str) -> Part:
    return Part(
        name="listener",
        command=(sys.executable, "-c", code),
        ports=("trino",),
        healthy=listens,
        environment={"PATH": os.environ["PATH"]},
        start_seconds=5,
        stop_seconds=2,
    )


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(state=tmp_path, cache=tmp_path, ports=free_ports())


@pytest.fixture
def supervisor(laptop: Laptop) -> Iterator[Supervisor]:
    made = Supervisor(laptop)
    yield made
    for one in made.started:
        made.stop(one)


@pytest.fixture
def listener(laptop: Laptop) -> Part:
    return part(laptop, SERVE.format(port=laptop.ports.trino) + "time.sleep(60)")


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_process_that_cannot_be_noted_is_not_left_behind(
    supervisor: Supervisor,
    listener: Part,
    problem: BaseException,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pids: list[int] = []

    def fail(_: Part, pid: int) -> None:
        pids.append(pid)
        raise problem

    monkeypatch.setattr(supervisor, "_note", fail)
    with pytest.raises(type(problem)):
        supervisor.spawn(listener)
    assert pids and not psutil.pid_exists(pids[0])
    assert supervisor.status(listener).state == "stopped"


def test_a_part_is_started_once_and_stopped(supervisor: Supervisor, listener: Part) -> None:
    assert supervisor.status(listener).state == "stopped"
    assert supervisor.start(listener) is True
    first = supervisor.status(listener)
    assert first.state == "running"
    assert first.memory_bytes > 0
    assert supervisor.start(listener) is False
    assert supervisor.status(listener).pid == first.pid
    assert supervisor.stop(listener) is True
    assert supervisor.status(listener).state == "stopped"
    assert supervisor.stop(listener) is False


def test_a_later_command_finds_the_process(
    supervisor: Supervisor, listener: Part, laptop: Laptop
) -> None:
    supervisor.start(listener)
    assert Supervisor(laptop).status(listener).state == "running"
    assert Supervisor(laptop).stop(listener) is True


def test_a_killed_part_is_started_again(supervisor: Supervisor, listener: Part) -> None:
    supervisor.start(listener)
    pid = supervisor.status(listener).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while supervisor.status(listener).state != "stopped" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert supervisor.start(listener) is True
    assert supervisor.status(listener).pid != pid


def test_a_part_that_hangs_is_replaced(supervisor: Supervisor, laptop: Laptop) -> None:
    deaf = part(laptop, "import time; time.sleep(60)")
    with pytest.raises(PartError, match=r"E_PART_FAILED: listener did not answer in 1 s"):
        supervisor.start(replace(deaf, start_seconds=1))
    assert supervisor.status(deaf).state == "unhealthy"
    assert supervisor.start(part(laptop, SERVE.format(port=laptop.ports.trino) + "time.sleep(60)"))


def test_a_part_whose_record_was_deleted_is_found_again(
    supervisor: Supervisor, listener: Part, laptop: Laptop
) -> None:
    supervisor.start(listener)
    shutil.rmtree(laptop.state / "run")
    elsewhere = Supervisor(replace(laptop, state=laptop.state.parent))
    assert elsewhere.status(listener).state == "stopped"
    assert supervisor.status(listener).state == "running"
    assert supervisor.start(listener) is False
    assert supervisor.stop(listener) is True
    assert supervisor.status(listener).state == "stopped"


NOISE = "print('INFO all is closed\\n' * 20)"


@pytest.mark.parametrize(
    "told",
    [
        "2026-11-25 ERROR [Log] No space left on device",
        "java.io.IOException: No space left on device",
        "E_CFG_EMULATOR: ACME_STATE_DIR not set; fix: start it by `make up`",
    ],
)
def test_the_line_that_tells_why_a_part_ended_is_shown(
    supervisor: Supervisor, laptop: Laptop, told: str
) -> None:
    with pytest.raises(PartError) as caught:
        supervisor.start(part(laptop, f"print({told!r}); {NOISE}"))
    assert str(caught.value).splitlines()[1:] == [f"    {told}"]


def test_a_part_that_ends_says_why(supervisor: Supervisor, laptop: Laptop) -> None:
    with pytest.raises(PartError) as caught:
        supervisor.start(part(laptop, "raise SystemExit('no such thing')"))
    assert "E_PART_FAILED: listener ended while starting" in str(caught.value)
    assert "no such thing" in str(caught.value)
    assert str(laptop.log("listener")) in str(caught.value)


def test_a_taken_port_is_named_with_its_owner_and_its_setting(
    supervisor: Supervisor, listener: Part, laptop: Laptop
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", laptop.ports.trino))
        other.listen()
        with pytest.raises(PartError) as caught:
            supervisor.start(listener)
    text = str(caught.value)
    assert f"E_PORT_TAKEN: listener needs port {laptop.ports.trino}" in text
    assert f"(pid {os.getpid()})" in text
    assert "ACME_TRINO_PORT" in text
    assert port_owner(laptop.ports.trino) is None


def test_a_stranger_with_our_old_pid_is_left_alone(
    supervisor: Supervisor, listener: Part, laptop: Laptop
) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        record = {"pid": stranger.pid, "created": psutil.Process(stranger.pid).create_time() - 100}
        (laptop.state / "run").mkdir()
        (laptop.state / "run" / "listener.json").write_text(json.dumps(record))
        assert supervisor.status(listener).state == "stopped"
        assert supervisor.stop(listener) is False
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_part_that_ignores_sigterm_is_killed_with_its_children(
    supervisor: Supervisor, laptop: Laptop
) -> None:
    stubborn = part(
        laptop,
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        + SERVE.format(port=laptop.ports.trino)
        + "time.sleep(60)",
    )
    supervisor.start(replace(stubborn, stop_seconds=1))
    pid = supervisor.status(stubborn).pid
    assert pid is not None
    children = psutil.Process(pid).children()
    assert len(children) == 1
    supervisor.stop(replace(stubborn, stop_seconds=1))
    assert not psutil.pid_exists(pid)
    assert not children[0].is_running()


def test_one_command_at_a_time_changes_a_stack(laptop: Laptop) -> None:
    with exclusively(laptop), pytest.raises(PartError, match="E_LAPTOP_BUSY") as caught:  # noqa: SIM117
        with exclusively(laptop):
            pass
    assert str(os.getpid()) in str(caught.value)
    with exclusively(laptop):
        pass


@pytest.mark.parametrize("answers", [1, 3])
def test_a_port_that_a_dying_process_still_holds_is_waited_for(
    supervisor: Supervisor, listener: Part, monkeypatch: pytest.MonkeyPatch, answers: int
) -> None:
    held = iter([module.UNNAMED] * answers)
    monkeypatch.setattr(module, "port_owner", lambda port: next(held, None))
    assert supervisor.start(listener) is True


def test_a_port_of_another_user_is_not_waited_for_for_ever(
    supervisor: Supervisor, listener: Part, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RELEASE_SECONDS", 0.3)
    monkeypatch.setattr(module, "port_owner", lambda port: module.UNNAMED)
    with pytest.raises(PartError, match=r"E_PORT_TAKEN: .* a process of another user holds"):
        supervisor.start(listener)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"pid": "x", "created": 1}'])
def test_a_damaged_record_of_a_part_stands_for_no_process(
    supervisor: Supervisor, listener: Part, laptop: Laptop, text: str
) -> None:
    record = laptop.state / "run" / "listener.json"
    record.parent.mkdir(parents=True)
    record.write_text(text)
    assert supervisor.status(listener).state == "stopped"
    assert supervisor.start(listener) is True
