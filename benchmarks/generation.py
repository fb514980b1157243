"""The generator against the plain program: in one process, and as whole processes; its limits."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks import columns, plain
from benchmarks.measure import Figure, Times, interleaved

REPO = Path(__file__).resolve().parents[1]
PLAIN_SHARE = 8  # the plain program makes this part of the events: it is steady, and slow
HANDLER = "handlers.telemetry_generator.handler"


def events(count: int, rounds: int) -> list[Figure]:
    """Events as lines, CPU time an event: the plain program, the generator, a copy of the bytes."""
    known = columns.references()
    fewer = max(1, count // PLAIN_SHARE)
    made = b"".join(columns.batches(count, known))
    room = bytearray(len(made))

    def by_columns() -> None:
        for _ in columns.batches(count, known):
            pass

    def by_one() -> None:
        for line in plain.lines(fewer):
            line.encode()

    def by_copy() -> None:
        room[:] = made

    costs = interleaved(rounds, {"plain": by_one, "columns": by_columns, "copy": by_copy})
    one, many = Times(costs["plain"], fewer), Times(costs["columns"], count)
    copy = Times(costs["copy"], count)
    return [
        Figure(
            f"{count:,} events as JSON lines, one core",
            "µs an event",
            many.spread(1e6),
            f"plain program: {one.spread(1e6)}",
            f"{one.middle / many.middle:.1f} × as fast",
            "≥ 15 ×, aim 20 ×",
        ),
        Figure(
            f"the same, {len(made) / count:.0f} bytes an event",
            "MB/s",
            f"{len(made) / count / many.middle / 1e6:,.0f}",
            f"a copy of the bytes: {len(made) / count / copy.middle / 1e6:,.0f}",
            f"{copy.middle / many.middle:.1%} of the limit",
            "",
        ),
    ]


@contextmanager
def compiled() -> Iterator[dict[str, str]]:
    """An environment whose processes find their modules compiled, once each has been loaded.

    So does an installed program, and a function whose archive holds them.
    """
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        yield environment


def processes(count: int, rounds: int) -> Figure:
    """Whole processes, from the interpreter's start to the last byte written: CPU time."""
    with compiled() as environment:
        return _processes(count, rounds, environment)


def _processes(count: int, rounds: int, environment: Mapping[str, str]) -> Figure:
    def run(module: str, events: int = count) -> None:
        subprocess.run(
            [sys.executable, "-m", module, str(events)],
            cwd=REPO,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    for module in ("benchmarks.plain", "benchmarks.columns"):
        run(module, events=1)  # compiles
    costs = interleaved(
        rounds,
        {
            "plain": lambda: run("benchmarks.plain"),
            "columns": lambda: run("benchmarks.columns"),
        },
        _children_seconds,
    )
    one, many = Times(costs["plain"]), Times(costs["columns"])
    return Figure(
        f"a whole process, its modules compiled, {count:,} events",
        "s",
        many.spread(),
        f"plain program: {one.spread()}",
        f"{one.middle / many.middle:.1f} × as fast",
        "≥ 12 ×",
    )


def handler_import(rounds: int) -> Figure:
    """What importing the handler costs by `-X importtime`, and numpy alone."""
    with compiled() as environment:
        return _handler_import(rounds, environment)


def _handler_import(rounds: int, environment: Mapping[str, str]) -> Figure:
    def milliseconds(module: str) -> float:
        report = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", f"import {module}"],
            cwd=REPO,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stderr
        # Its packages are imported first, and are not within its own cumulative time.
        root = module.split(".", maxsplit=1)[0]
        found = re.findall(rf"^import time: +\d+ \| +(\d+) \| ({root}[\w.]*)$", report, re.M)
        return sum(int(cost) for cost, _ in found) / 1000

    milliseconds(HANDLER)  # compiles
    pairs = [(milliseconds(HANDLER), milliseconds("numpy")) for _ in range(rounds)]
    handler, numpy = (Times(values) for values in zip(*pairs, strict=True))
    return Figure(
        "import of the generator's handler, its modules compiled",
        "ms",
        handler.spread(digits=0),
        f"numpy alone: {numpy.spread(digits=0)}",
        f"{handler.middle / numpy.middle:.1f} × numpy",
        "≤ 300 ms",
    )


def memory(count: int, rounds: int) -> Figure:
    """The most memory that a process making `count` events ever holds."""

    def peak(events: int) -> float:
        process = subprocess.run(
            [sys.executable, "-m", "benchmarks.columns", str(events)],
            cwd=REPO,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        return float(process.stderr)

    pairs = [(peak(count), peak(1)) for _ in range(rounds)]
    used, idle = (Times(values) for values in zip(*pairs, strict=True))
    return Figure(
        f"memory for {count:,} events",
        "MiB",
        used.spread(digits=0),
        f"one event: {idle.spread(digits=0)}",
        f"{median(used.costs) - median(idle.costs):,.0f} MiB more",
        "≤ 512 MB",
    )


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # os.times counts hundredths of a second
    return used.ru_utime + used.ru_stime
