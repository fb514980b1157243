"""Deploys the repository's program to the laptop with the real Pulumi engine, and asks it back.

The inline program is the repository's own `__main__.py`; project and stack file are used as they
are committed and not rewritten. The AWS of the engine is the provider part, attached by its port.
Owns deployment as a whole: locks of killed runs, refresh after them, saving the emulator's state.
"""

from __future__ import annotations

import json
import logging
import os
import runpy
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml
from pulumi import automation

from local import pulumi as cli
from local.errors import LaptopError
from local.provider import settle
from local.pulumi import leftovers
from local.pulumi.events import Listener, Say
from local.pulumi.workspace import STACK, environment, lock_holders, unfinished
from local.settings import REPO, Laptop

__all__ = ["Engine", "EngineError", "Result", "environment"]

CANCEL_SECONDS = 5  # what an interrupted CLI gets before it is asked again


class EngineError(LaptopError):
    """The engine refused or failed; the text names the resource, the reason and the log file."""


@dataclass(frozen=True)
class Result:
    """One operation: `changes` counts resources by what happened to them (create, same …)."""

    changes: dict[str, int]
    outputs: dict[str, Any]
    seconds: float


def repository_program() -> None:
    """What `pulumi up` runs too."""
    runpy.run_path(str(REPO / "__main__.py"), run_name="__main__")


# A CLI that is killed leaves the inline program without its peer; the SDK then logs tracebacks of
# what the EngineError says.
logging.getLogger("grpc._server").setLevel(logging.CRITICAL)


class Engine:
    """The engine on one laptop's stack `local`.

    `folder` has Pulumi.yaml and the stack's file, `program` declares the resources; `stack_file`
    stands in for the committed settings.
    """

    def __init__(
        self,
        laptop: Laptop,
        program: Callable[[], None] = repository_program,
        folder: Path = REPO,
        stack_file: Path | None = None,
    ) -> None:
        self._laptop = laptop
        self._program = program
        self._folder = folder
        self._stack_file = stack_file
        settings = yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
        self._project: str = settings["name"]

    def up(self, refresh: bool = False, on_event: Say | None = None) -> Result:
        """Make the laptop's AWS what the program says; `refresh` looks first at what is there.

        After a run that was killed in the middle it always looks first. Raises EngineError.
        """
        self._mend(on_event)
        done = self._operate(
            "up", on_event, lambda stack, options: stack.up(refresh=refresh or None, **options)
        )
        self._save()
        return done

    def preview(self, on_event: Say | None = None) -> Result:
        """What `up` would do; nothing is changed. The outputs are those of the last `up`."""
        return self._operate("preview", on_event, lambda stack, options: stack.preview(**options))

    def refresh(self, on_event: Say | None = None) -> Result:
        """Write down what is really there; nothing is changed but the engine's memory."""
        return self._operate(
            "refresh",
            on_event,
            lambda stack, options: stack.refresh(clear_pending_creates=True, **options),
        )

    def destroy(self, on_event: Say | None = None) -> Result:
        """Delete everything that the stack made; its outputs are empty afterwards."""
        self._mend(on_event)
        done = self._operate("destroy", on_event, lambda stack, options: stack.destroy(**options))
        self._save()
        return done

    def _mend(self, on_event: Say | None) -> None:
        """Clean up after a run that was killed between asking for a change and recording it."""
        if not unfinished(self._laptop, self._project):
            return
        say = on_event or (lambda line: None)
        say("an earlier deployment was cut off: comparing with what is there")
        settle(self._laptop)
        for thing in leftovers.remove(self._laptop, self._project):
            say(f"removed half-made {thing}")
        self.refresh()

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs by name, secrets in clear. Raises EngineError before the first up."""
        command = [str(cli.executable(self._laptop)), "stack", "output", "--stack", STACK]
        ran = subprocess.run(
            [*command, "--json", "--show-secrets", "--non-interactive"],
            cwd=self._folder,
            env={**os.environ, **environment(self._laptop)},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise EngineError(
                f"E_ENGINE_OUTPUTS: stack={STACK} has no outputs ({ran.stderr.strip()[:80]}); "
                "expected a deployed stack; fix: make up"
            )
        found: dict[str, Any] = json.loads(ran.stdout)
        return found

    def _operate(
        self,
        what: str,
        on_event: Say | None,
        act: Callable[[automation.Stack, dict[str, Any]], Any],
    ) -> Result:
        began = time.monotonic()
        self._require("provider", self._laptop.ports.provider)
        self._require("emulator", self._laptop.ports.emulator)
        listener = Listener(self._laptop.log("pulumi"), on_event)
        listener.begin(what)
        stack = self._stack()
        options = {
            "color": "never",
            "on_output": listener.on_output,
            "on_error": listener.on_output,
            "on_event": listener.on_event,
            "config_file": str(self._stack_file) if self._stack_file else None,
        }
        try:
            _interruptible(lambda: act(stack, options))
        except automation.CommandError as error:
            listener.on_output(str(error))
            raise EngineError(
                listener.explanation(f"E_ENGINE_{what.upper()}", _last_words(str(error)))
            ) from error
        return Result(listener.changes, self.outputs(), time.monotonic() - began)

    def _stack(self) -> automation.Stack:
        """The stack, made if it is new, free of the locks of processes that are gone."""
        for lock, holder in lock_holders(self._laptop, self._project).items():
            if holder is not None:
                raise EngineError(
                    f"E_ENGINE_BUSY: stack={STACK} is being deployed by process {holder}; expected "
                    "one deployment at a time; fix: wait for it or stop it"
                )
            lock.unlink(missing_ok=True)
        executable = cli.executable(self._laptop)
        in_bin = executable.parent.name == "bin"
        return automation.create_or_select_stack(
            stack_name=STACK,
            project_name=self._project,
            program=self._program,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(self._folder),
                env_vars=environment(self._laptop),
                pulumi_command=automation.PulumiCommand(
                    root=str(executable.parents[1]) if in_bin else None
                ),
            ),
        )

    def _require(self, part: str, port: int) -> None:
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex(("127.0.0.1", port)):
                raise EngineError(
                    f"E_ENGINE_PART: {part}=127.0.0.1:{port} does not answer; expected the "
                    f"laptop's {part}; fix: make up starts it"
                )

    def _save(self) -> None:
        """Let the emulator keep what was deployed over a restart."""
        request = urllib.request.Request(f"{self._laptop.endpoint}/_laptop/save", method="POST")
        try:
            urllib.request.urlopen(request, timeout=60).close()
        except OSError as error:
            raise EngineError(
                f"E_ENGINE_SAVE: emulator={self._laptop.endpoint} did not save its state "
                f"({error}); expected 200; fix: see {self._laptop.log('emulator')}"
            ) from error


def _last_words(text: str) -> str:
    """The error lines of the CLI, else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return " ".join(errors or lines[-1:])


def _interruptible(act: Callable[[], Any]) -> None:
    """Run `act` so that Ctrl-C ends its CLI in good order: state recorded, lock given back."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(act)
        try:
            running.result()
        except KeyboardInterrupt:
            while not running.done():
                wait([running], timeout=CANCEL_SECONDS)
                for child in psutil.Process().children():
                    if child.name() == "pulumi":
                        child.send_signal(signal.SIGINT)
            raise
