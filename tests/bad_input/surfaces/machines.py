"""Machines that lack something: said before anything long starts."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from local import bootstrap
from tests.bad_input.case import Case, Outcome, Surface, crashed, environment, listening, of_lines

Usage = namedtuple("Usage", "total used free")


@dataclass(frozen=True)
class Machine:
    """A Python's version, free bytes, and what the commands on PATH say when asked a version."""

    python: tuple[int, int] = (3, 11)
    free_gib: float = 100
    commands: Mapping[str, str] = field(default_factory=lambda: {"pulumi": "echo v3.300.0"})


def run(machine: Machine) -> Outcome:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        for name, says in machine.commands.items():
            command = Path(folder) / name
            command.write_text(says if says.startswith("no ") else f"#!/bin/sh\n{says}\n")
            command.chmod(0o755)
        stack.enter_context(environment({"PATH": folder, "ACME_CACHE_DIR": folder}))
        free = Usage(0, 0, int(machine.free_gib * 1024**3))
        stack.enter_context(patch.object(sys, "version_info", (*machine.python, 0)))
        stack.enter_context(patch.object(shutil, "disk_usage", lambda path: free))
        stack.enter_context(patch.object(bootstrap, "VENV", f"{folder}/none"))
        stack.enter_context(patch.object(bootstrap, "install", _began))
        heard = stack.enter_context(listening())
        try:
            ends = bootstrap.main()
        except Exception:  # noqa: BLE001 - to be told as what came of the case
            return crashed(heard.getvalue())
    return of_lines(heard.getvalue(), ends)


def _began() -> None:
    raise AssertionError("something long began")


def none(code: str, given: str, **lacks: object) -> Case:
    """A machine that lacks something."""
    return Case(Machine(**lacks), code, None, given=given)  # type: ignore[arg-type]


OLD_GO = "echo go version go1.24.9 linux/amd64"
CASES = (
    *(none("E_PYTHON", f"Python {major}.{minor}", python=(major, minor))
      for major, minor in ((2, 7), (3, 6), (3, 9), (3, 10))),
    none("E_DISK", "4.9 GiB free", free_gib=4.9),
    none("E_DISK", "a full disk", free_gib=0),
    none("E_PULUMI", "no Pulumi CLI and no Go", commands={}),
    none("E_PULUMI", "Go 1.24.9 and no Pulumi CLI", commands={"go": OLD_GO}),
    none("E_PULUMI", "Pulumi 3.271.9 and no Go", commands={"pulumi": "echo v3.271.9"}),
    none("E_PULUMI", "a Pulumi of no version", commands={"pulumi": "echo something else"}),
    none("E_PULUMI", "a Pulumi that fails", commands={"pulumi": "exit 1"}),
    none("E_PULUMI", "a Pulumi that is no program", commands={"pulumi": "no program"}),
    none("E_PULUMI", "Pulumi 2 and an old Go", commands={"pulumi": "echo v2.9.0", "go": OLD_GO}),
    Case(Machine((3, 9), 1, {}), "E_PYTHON", (None, None, None), given="none of it"),
)  # fmt: skip
SURFACE = Surface("machines", "exit code of `make`'s first step", 4, run, CASES)
