"""The table of a run, for the terminal and for docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Figure

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
_HEAD = """\
# How fast it is

Written by `make benchmarks` from one run; do not edit. Each figure stands beside a baseline
measured in the same run, in turn with it, so that ratios hold where times do not:
`min / median / max` of the rounds, ratios of medians. Times are CPU time on one core, unless the
table says otherwise.

- **Plain program**: [benchmarks/plain.py](../benchmarks/plain.py): for each event one dict, drawn
  with the `random` module, and one `json.dumps`; nothing slower. It keeps no session together.
- **A copy of the bytes**: what moving the finished lines once through memory costs.
- **Producer**: the function's own sending and client settings, beside the same client with its
  defaults and beside a new client for every 100 events; on the laptop's real broker over TLS with
  IAM, wall-clock time.
"""


def rendered(figures: Sequence[Figure], load: float) -> str:
    """The page of a run that began under this load average."""
    rows = [
        f"| {one.what} | {one.unit} | {one.measured} | {one.baseline} | {one.ratio} | {one.goal} |"
        for one in figures
    ]
    return "\n".join(
        [
            _HEAD,
            f"Run on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {_machine()}. Load average at the "
            f"beginning: {load:.1f}.",
            "",
            "| what | unit | measured | baseline | ratio | goal |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _machine() -> str:
    cores = os.cpu_count()
    return (
        f"{_processor()}, {cores} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, numpy {version('numpy')}, "
        f"kafka-python {version('kafka-python')}"
    )


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        found = re.search(r"^model name\s*: (.+)$", listed.read_text(), re.M)
        if found:
            return found[1]
    return platform.processor() or platform.machine()
