"""Starts, watches and stops the laptop's processes; what they are is told by `local.parts.Part`.

A process is known by its pid **and** its start time, so that a pid that the system has given to
somebody else is never stopped. Processes outlive the command that started them; a later command
finds them by `<state>/run/<part>.json`.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.errors import LaptopError
from local.parts import Part
from local.settings import Laptop, port_variable

POLL_SECONDS = 0.1
RELEASE_SECONDS = 10  # what a killed process may take to give its port back
TAIL_LINES = 200  # of a log; what a part says while it ends is longer than why
SHOWN_LINES = 5
TELLING = re.compile(r"\b(ERROR|FATAL|CRITICAL)\b|\bE_[A-Z_]+: |(Error|Exception): ")
UNNAMED = "a process of another user"


class PartError(LaptopError):
    """A part of the laptop cannot be started; the text says which, why and what to do."""


@dataclass(frozen=True)
class Status:
    """What one part is doing now: `state` is running, unhealthy or stopped."""

    name: str
    state: str
    pid: int | None = None
    memory_bytes: int = 0
    started_at: float | None = None


@contextlib.contextmanager
def exclusively(laptop: Laptop) -> Iterator[None]:
    """One command at a time changes a laptop stack; a second one is told so and ends."""
    laptop.state.mkdir(parents=True, exist_ok=True)
    with (laptop.state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise PartError(
                f"E_LAPTOP_BUSY: the command with pid {lock.read().strip() or 'unknown'} is "
                f"changing {laptop.state}; fix: wait for it to end, or stop it"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


class Supervisor:
    """The processes of one laptop stack."""

    def __init__(self, laptop: Laptop) -> None:
        self.laptop = laptop
        self.started: list[Part] = []
        """The parts that this object started, in order."""

    def status(self, part: Part) -> Status:
        """Whether the part runs and answers."""
        process = self._process(part)
        if process is None:
            return Status(part.name, "stopped")
        with contextlib.suppress(psutil.NoSuchProcess):
            state = "running" if part.healthy(self.laptop) else "unhealthy"
            memory = _tree_memory(process)
            return Status(part.name, state, process.pid, memory, process.create_time())
        return Status(part.name, "stopped")

    def start(self, part: Part) -> bool:
        """Start the part unless it runs and answers; True when it was started here.

        Raises PartError when a port is taken, or the part ends or does not answer in time.
        """
        if self.spawn(part):
            self.wait(part)
            return True
        return False

    def spawn(self, part: Part) -> bool:
        """Start the process without waiting for it; False when it runs and answers already."""
        status = self.status(part)
        if status.state == "running":
            return False
        if status.state == "unhealthy":
            self.stop(part)
        self._require_free_ports(part)
        part.prepare(self.laptop)
        log_path = self.laptop.log(part.name)
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            child = subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.laptop.state,
                env=dict(part.environment),
                start_new_session=True,
            )
        try:
            self._note(part, child.pid)
        except BaseException:  # an interruption too: nobody would find the process to stop it
            child.kill()
            child.wait()
            self._record(part).unlink(missing_ok=True)
            raise
        self.started.append(part)
        return True

    def _note(self, part: Part, pid: int) -> None:
        record = {"pid": pid, "created": psutil.Process(pid).create_time()}
        self._record(part).parent.mkdir(parents=True, exist_ok=True)
        self._record(part).write_text(json.dumps(record))

    def wait(self, part: Part) -> None:
        """Wait until a spawned part answers; PartError with the end of its log otherwise."""
        deadline = time.monotonic() + part.start_seconds
        while not part.healthy(self.laptop):
            if self._process(part) is None:
                raise PartError(self._failure(part, "ended while starting"))
            if time.monotonic() > deadline:
                raise PartError(self._failure(part, f"did not answer in {part.start_seconds} s"))
            time.sleep(POLL_SECONDS)

    def stop(self, part: Part) -> bool:
        """End the part: SIGTERM, and SIGKILL after its `stop_seconds`. True when it was running."""
        process = self._process(part)
        if process is not None:
            family = [process, *process.children(recursive=True)]
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
                process.terminate()
            _, alive = psutil.wait_procs(family[:1], timeout=part.stop_seconds)
            _, orphans = psutil.wait_procs(family[1:], timeout=2)
            for left in [*alive, *orphans]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    left.kill()
            psutil.wait_procs([*alive, *orphans], timeout=5)
        self._record(part).unlink(missing_ok=True)
        return process is not None

    def _record(self, part: Part) -> Path:
        return self.laptop.state / "run" / f"{part.name}.json"

    def _process(self, part: Part) -> psutil.Process | None:
        """The part's live process, or None; a pid that was reused is not ours."""
        try:
            record = json.loads(self._record(part).read_text())
            process = psutil.Process(record["pid"])
            ours = abs(process.create_time() - record["created"]) < 1
            return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
        except FileNotFoundError:
            return self._unrecorded(part)
        except (ValueError, KeyError, TypeError, psutil.NoSuchProcess):
            return None

    def _unrecorded(self, part: Part) -> psutil.Process | None:
        """The part's process where its record was deleted: it works in this state's folder.

        Its last word names it; options may change from one start to the next, and a shell that
        started it is gone.
        """
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                here = process.cwd().removesuffix(" (deleted)") == str(self.laptop.state)
                if here and process.cmdline()[-1:] == list(part.command[-1:]):
                    return process
        return None

    def _require_free_ports(self, part: Part) -> None:
        for name in part.ports:
            port = getattr(self.laptop.ports, name)
            owner = _lasting_owner(port)
            if owner:
                raise PartError(
                    f"E_PORT_TAKEN: {part.name} needs port {port}, which {owner} holds; "
                    f"stop it, or set {port_variable(name)} to a free port"
                )

    def _failure(self, part: Part, what: str) -> str:
        log = self.laptop.log(part.name)
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        told = [line for line in lines[-TAIL_LINES:] if TELLING.search(line)] or lines
        tail = "".join(f"\n    {line[:200]}" for line in told[-SHOWN_LINES:])
        return f"E_PART_FAILED: {part.name} {what}; the end of {log}:{tail}"


def port_owner(port: int) -> str | None:
    """Who listens on a TCP port of this machine, as 'name (pid N)'; None when the port is free."""
    for found in psutil.net_connections("tcp"):
        if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port:
            if found.pid is None:
                return UNNAMED
            with contextlib.suppress(psutil.NoSuchProcess):
                return f"{psutil.Process(found.pid).name()} (pid {found.pid})"
            return f"pid {found.pid}"
    return None


def _lasting_owner(port: int) -> str | None:
    """Who holds the port, once a process that is just dying (it has no name any more) is gone."""
    deadline = time.monotonic() + RELEASE_SECONDS
    while (owner := port_owner(port)) == UNNAMED and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return owner


def _tree_memory(process: psutil.Process) -> int:
    total = 0
    for member in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += member.memory_info().rss
    return total
