"""The language host of `runtime: python` for a Pulumi CLI that was built without one.

Speaks `pulumirpc.LanguageRuntime` over gRPC: says its port on stdout, runs each program as a
process in its project's virtual environment (run_program.py), runs plugins given as a folder, and
leaves when the engine is gone. It installs nothing, generates nothing and names no plugin to fetch.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import LanguageRuntimeServicer, language_pb2, plugin_pb2
from pulumi.runtime.proto import language_pb2_grpc as rpc

RUN_PROGRAM = Path(__file__).with_name("run_program.py")
BAIL = 32  # run_program.py's exit code: the engine has been told why
PARENT_POLL_SECONDS = 0.2


class ProjectError(Exception):
    """The project does not say which interpreter or program to run; the text says what to do."""


def interpreter(info: Any) -> str:
    """The Python of a project: its `virtualenv` option's, else the one that runs this host.

    Raises ProjectError when the option names a folder without a Python.
    """
    options = json_format.MessageToDict(info.options)
    virtualenv = options.get("virtualenv")
    if not virtualenv:
        return sys.executable
    python = Path(info.root_directory) / virtualenv / "bin" / "python"
    if not python.exists():
        raise ProjectError(
            f"E_PULUMI_PROJECT: virtualenv={virtualenv[:80]} has no bin/python; expected a virtual "
            f"environment relative to {info.root_directory}; fix: make it, or mend Pulumi.yaml"
        )
    return str(python)


def program_file(info: Any) -> str:
    """The file to run: the entry point, or its __main__.py. Raises ProjectError."""
    entry = Path(info.program_directory) / (info.entry_point or ".")
    program = entry / "__main__.py" if entry.is_dir() else entry
    if not program.exists():
        raise ProjectError(
            f"E_PULUMI_PROJECT: main={program} is missing; expected a Python program; "
            "fix: mend `main` in Pulumi.yaml"
        )
    return str(program)


class Host(LanguageRuntimeServicer):  # type: ignore[misc]
    """The service; the engine calls it from several threads."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._running: set[subprocess.Popen[bytes]] = set()

    def Handshake(self, request: Any, context: Any) -> Any:
        """The engine's first words, which also give its address."""
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """No version: it comes with the repository."""
        return plugin_pb2.PluginInfo()

    def GetRequiredPlugins(self, request: Any, context: Any) -> Any:
        """None: the AWS provider of the laptop is attached, not fetched."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """None, as for plugins."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        """None: the lock files say what is installed."""
        return language_pb2.GetProgramDependenciesResponse()

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Nothing: the project's environment is used as it is."""
        yield language_pb2.InstallDependenciesResponse(
            stdout=b"the project's environment is used as it is\n"
        )

    def About(self, request: Any, context: Any) -> Any:
        """What `pulumi about` shows."""
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def Cancel(self, request: Any, context: Any) -> Any:
        """Ctrl-C: the programs end."""
        for process in list(self._running):
            process.terminate()
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:
        """Run the program; its stdout and stderr become the engine's messages."""
        try:
            command = [interpreter(request.info), "-u", str(RUN_PROGRAM), self._order(request)]
        except ProjectError as error:
            return language_pb2.RunResponse(error=str(error))
        process = subprocess.Popen(
            command, cwd=request.pwd or None, stdin=subprocess.DEVNULL, stdout=sys.stderr
        )
        self._running.add(process)
        try:
            code = process.wait()
        finally:
            self._running.discard(process)
        if code == BAIL:
            return language_pb2.RunResponse(bail=True)
        if code:
            return language_pb2.RunResponse(error=f"the program ended with exit code {code}")
        return language_pb2.RunResponse()

    def _order(self, request: Any) -> str:
        return json.dumps(
            {
                "program": program_file(request.info),
                "parallel": request.parallel,
                "config": dict(request.config),
                "secret_keys": list(request.configSecretKeys),
                "options": {
                    "project": request.project,
                    "stack": request.stack,
                    "organization": request.organization or "organization",
                    "root_directory": request.info.root_directory,
                    "parallel": request.parallel,
                    "preview": request.dryRun,
                    "engine_address": self._engine_address,
                    "monitor_address": request.monitor_address,
                },
            }
        )

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a policy pack or a provider given as a folder, and hand on what it prints."""
        given = dict(entry.split("=", 1) for entry in request.env)
        try:
            python = interpreter(request.info)
        except ProjectError as error:
            yield language_pb2.RunPluginResponse(stderr=f"{error}\n".encode())
            yield language_pb2.RunPluginResponse(exitcode=1)
            return
        process = subprocess.Popen(
            [python, "-u", request.info.program_directory or request.program, *request.args],
            cwd=request.pwd or None,
            env={**(given or os.environ), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._running.add(process)
        context.add_callback(process.terminate)
        for is_error, line in _lines(process):
            if is_error:
                yield language_pb2.RunPluginResponse(stderr=line)
            else:
                yield language_pb2.RunPluginResponse(stdout=line)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())
        self._running.discard(process)


def _lines(process: subprocess.Popen[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Every line of a process as (whether of stderr, line), as they come."""
    said: queue.Queue[tuple[bool, bytes] | None] = queue.Queue()

    def read(is_error: bool, stream: Any) -> None:
        for line in stream:
            said.put((is_error, line))
        said.put(None)

    streams = (process.stdout, process.stderr)
    for number, stream in enumerate(streams):
        threading.Thread(target=read, args=(number == 1, stream), daemon=True).start()
    open_streams = len(streams)
    while open_streams:
        item = said.get()
        if item is None:
            open_streams -= 1
        else:
            yield item


def serve(engine_address: str) -> None:
    """Serve until the engine ends; a killed engine leaves its plugins, so its pid is watched."""
    engine_pid = os.getppid()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=16),
        options=[("grpc.max_receive_message_length", 400 << 20)],
    )
    host = Host(engine_address)
    rpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    told: list[int] = []  # an Event may not be set where the handler interrupts its wait
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: told.append(number))
    print(port, flush=True)
    while os.getppid() == engine_pid and not told:
        time.sleep(PARENT_POLL_SECONDS)
    host.Cancel(None, None)
    server.stop(0)


if __name__ == "__main__":
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    serve(addresses[-1] if addresses else "")
