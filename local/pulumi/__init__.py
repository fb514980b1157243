"""The Pulumi CLI of the laptop: the user's own, else one built from source with Go.

Owns which CLI is used and the PATH it needs. Where no prebuilt one is installed, the CLI is built
from the modules pinned in cli/go.mod and cli/go.sum; such a CLI has no language host beside it,
so workspace.py offers it ours. What is done with the CLI is local/engine.py's.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from local.errors import LaptopError
from local.settings import Laptop

SOURCE = Path(__file__).with_name("cli")
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

OLDEST_CLI = (3, 272, 0)  # the pinned Python SDK's own version: no CLI is older than its SDK
OLDEST_GO = (1, 25)  # fetches by itself the newer toolchain that go.mod asks for
PROGRESS_SECONDS = 10

Say = Callable[[str], None]


class PulumiCliError(LaptopError):
    """There is no Pulumi CLI and none can be built; one line with what to do."""


def fetch(laptop: Laptop, say: Say) -> Path:
    """The CLI that is used; the first time it may have to be built (minutes).

    Raises PulumiCliError: E_PULUMI_CLI (no CLI, no Go), E_PULUMI_BUILD (the build failed).
    """
    own = _own_cli(laptop)
    if own is not None:
        return own
    built = _built(laptop)
    if not built.exists():
        go = _go()
        with _alone(built.parents[1]):
            if not built.exists():
                _build(go, built.parents[1], say)
    return built


def executable(laptop: Laptop) -> Path:
    """The CLI that `fetch` found or made. Raises PulumiCliError when there is none yet."""
    found = _own_cli(laptop) or _built(laptop)
    if not found.exists():
        raise PulumiCliError(
            f"E_PULUMI_CLI: pulumi={found} is not built yet; expected a Pulumi CLI; "
            "fix: `make up` builds it"
        )
    return found


def is_built(laptop: Laptop) -> bool:
    """Whether the CLI in use is one that was built here, which is on nobody's PATH."""
    return executable(laptop) == _built(laptop)


def pinned_version() -> str:
    """The version of the CLI that is built, e.g. 3.274.1."""
    found = re.search(
        r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", (SOURCE / "go.mod").read_text(encoding="utf-8")
    )
    if found is None:
        raise PulumiCliError(f"E_PULUMI_BUILD: go.mod={SOURCE} pins no Pulumi; fix: restore it")
    return found[1]


def _version_of(command: list[str]) -> tuple[int, ...] | None:
    """The first dotted number that a command prints; None when there is no such command."""
    if shutil.which(command[0]) is None:
        return None
    ran = subprocess.run(
        command,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", ran.stdout)
    return tuple(int(part) for part in found.groups(default="0")) if found else None


def _own_cli(laptop: Laptop) -> Path | None:
    """The user's own CLI on PATH, if it is new enough; one that was built here is not it."""
    found = shutil.which("pulumi")
    if found is None or Path(found).resolve().is_relative_to(laptop.cache):
        return None
    version = _cli_version(found, os.stat(found).st_mtime_ns)
    return Path(found).absolute() if version and version >= OLDEST_CLI else None


@cache
def _cli_version(command: str, modified_ns: int) -> tuple[int, ...] | None:
    """Asked once for each state of the file: the answer takes the CLI half a second."""
    return _version_of([command, "version"])


def _built(laptop: Laptop) -> Path:
    pinned = b"".join((SOURCE / name).read_bytes() for name in ("go.mod", "go.sum"))
    digest = hashlib.sha256(pinned).hexdigest()[:12]
    return laptop.cache / "pulumi" / f"{pinned_version()}-{digest}" / "bin" / "pulumi"


def _go() -> str:
    version = _version_of(["go", "version"])
    if version is None or version < OLDEST_GO:
        found = _version_of(["pulumi", "version"])
        own = f"version {'.'.join(map(str, found))}" if found else "not on PATH"
        go = f"version {'.'.join(map(str, version))}" if version else "not on PATH"
        raise PulumiCliError(
            f"E_PULUMI_CLI: pulumi is {own}, go is {go}; expected Pulumi "
            f"{'.'.join(map(str, OLDEST_CLI))} or later, or Go {'.'.join(map(str, OLDEST_GO))} or "
            "later to build it; fix: install either and run the same command again"
        )
    return str(shutil.which("go"))


@contextmanager
def _alone(built: Path) -> Iterator[None]:
    """Only one process builds; another waits for it and finds the CLI made."""
    built.parent.mkdir(parents=True, exist_ok=True)
    with (built.parent / f"{built.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(go: str, built: Path, say: Say) -> None:
    """Build the CLI; the folder appears complete, in one step."""
    version = pinned_version()
    say(f"building the Pulumi CLI {version} with Go; the first time takes about 5 minutes")
    with tempfile.TemporaryDirectory(prefix=".building-", dir=built.parent) as folder:
        made = Path(folder) / "root"
        log = built.parent / f"{built.name}.log"
        command = [
            *(go, "build", "-mod=readonly", "-o", str(made / "bin" / "pulumi")),
            *("-ldflags", f"-s -w -X {VERSION_VARIABLE}=v{version}", PACKAGE),
        ]
        with log.open("w") as output:
            building = subprocess.Popen(
                command,
                cwd=SOURCE,
                env={**os.environ, "GOTOOLCHAIN": "auto", "GOFLAGS": "-buildvcs=false"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                _watch(building, log, say)
            finally:
                if building.poll() is None:
                    building.terminate()
                    building.wait()
        if building.returncode:
            raise PulumiCliError(_build_failure(log))
        os.replace(made, built)


def _watch(building: subprocess.Popen[bytes], log: Path, say: Say) -> None:
    began = time.monotonic()
    while True:
        try:
            building.wait(PROGRESS_SECONDS)
            return
        except subprocess.TimeoutExpired:
            modules = log.read_text(errors="replace").count("go: downloading")
            say(
                f"building the Pulumi CLI: {time.monotonic() - began:.0f} s, "
                f"{modules} modules fetched"
            )


def _build_failure(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith("go: downloading")] or ["no output"]
    return (
        f"E_PULUMI_BUILD: go build says {said[-1][:200]}; expected the modules of cli/go.mod from "
        f"the Go module proxy; fix: see {log}, or install the Pulumi CLI"
    )
