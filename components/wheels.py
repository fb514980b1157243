"""The third-party half of a function's archive: pinned wheels for the runtime that will run them.

Owns the choice of platform, the download (by `uv`, every file checked against the hashes of the
requirements file) and what is left out because a function never runs it. Nothing is compiled:
a package without a wheel for the runtime is an error. The repo's own code is packaging.py's.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pulumi import RunError

HOST = "host"
RUNNING = f"python{sys.version_info.major}.{sys.version_info.minor}"  # what runs this
RUNTIMES = ("python3.11", "python3.12", "python3.13")
ARCHITECTURES = ("x86_64", "arm64")

# Lambda's python3.11 runs on Amazon Linux 2 (glibc 2.26), later runtimes on Amazon Linux 2023
# (2.34): a wheel built for a newer glibc installs and then fails to load.
_GLIBC = {"python3.11": "manylinux_2_17", "python3.12": "manylinux_2_34"}
_GLIBC["python3.13"] = _GLIBC["python3.12"]
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}

_NEVER_RUN_FOLDERS = frozenset({"tests", "__pycache__"})
_NEVER_RUN_TREES = (("bin",), ("numpy", "f2py"), ("numpy", "_core", "include"))
_NEVER_RUN_SUFFIXES = (".pyi", ".pyc", ".a", ".h", ".pxd", ".pyx")
# Written by the installer with local paths and times: they would make every archive different.
_INSTALLER_NOTES = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
)


class PackagingError(RunError):
    """A function's archive cannot be made; the text has the code, the cause and one action."""


@dataclass(frozen=True)
class Target:
    """The interpreter and platform that wheels are chosen for; `native` is this very process."""

    runtime: str
    machine: str
    native: bool

    @property
    def key(self) -> str:
        """What tells two targets apart in a cache, e.g. python3.13-x86_64."""
        if self.native:
            return f"{sys.implementation.cache_tag}-{sysconfig.get_platform()}"
        return f"{self.runtime}-{self.machine}"

    @property
    def options(self) -> tuple[str, ...]:
        """The options of `uv pip install` that choose wheels for this target."""
        if self.native:
            return ()
        version = self.runtime.removeprefix("python")
        return (
            "--python-platform",
            f"{self.machine}-{_GLIBC[self.runtime]}",
            "--python-version",
            version,
        )


def target(runtime: str, architecture: str) -> Target:
    """The target of the settings functionRuntime and functionArchitecture.

    `host` is the interpreter or machine of this process; if both are, its own platform (macOS,
    musl) too, else Linux as Lambda has it. Raises PackagingError for a value not allowed.
    """
    for name, value, allowed in (
        ("functionRuntime", runtime, RUNTIMES),
        ("functionArchitecture", architecture, ARCHITECTURES),
    ):
        if value not in (*allowed, HOST):
            raise PackagingError(
                f"E_PACKAGE_TARGET: {name}={value[:80]} is unknown; expected one of "
                f"{', '.join((*allowed, HOST))}; fix: set {name} in the stack's settings"
            )
    native = runtime == architecture == HOST
    if runtime == HOST:
        runtime = RUNNING
    machine = (platform.machine() if architecture == HOST else architecture).lower()
    if not native and (runtime not in RUNTIMES or machine not in _MACHINES):
        raise PackagingError(
            f"E_PACKAGE_TARGET: functionRuntime={runtime} on {machine} is no Lambda runtime; "
            f"expected {', '.join(RUNTIMES)} on {', '.join(ARCHITECTURES)}; "
            "fix: set functionRuntime and functionArchitecture"
        )
    return Target(runtime, _MACHINES.get(machine, machine), native)


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise PackagingError(
            f"E_PACKAGE_TOOL: uv={beside} is missing; expected the package uv in the program's "
            "environment; fix: pip install -r requirements/environment.txt"
        )
    return found


def install(requirements: Path, where: Target, folder: Path) -> None:
    """Unpack the wheels of a hashed requirements file into `folder`.

    Raises PackagingError: E_PACKAGE_OFFLINE, E_PACKAGE_HASH, E_PACKAGE_WHEEL, E_PACKAGE_INSTALL.
    """
    command = [
        *(_uv(), "pip", "install", "--target", str(folder), "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--link-mode", "copy", "--python", sys.executable),
        *("--no-python-downloads", "--no-progress", "--color", "never", *where.options),
        *("-r", str(requirements)),
    ]
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise PackagingError(_explain(ran.stderr, requirements, where))


def _explain(stderr: str, requirements: Path, where: Target) -> str:
    lines = [line.strip() for line in stderr.splitlines()]
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith(("error", "cause"))]
    last = causes[-1][:80] if causes else stderr.strip()[-80:]
    name = requirements.name
    if "network was disabled" in stderr or "Failed to fetch" in stderr or "(Connect)" in stderr:
        return (
            f"E_PACKAGE_OFFLINE: requirements={name} cannot be fetched ({last}); expected PyPI or "
            "its mirror to answer; fix: connect once, later builds come from the cache"
        )
    if "Hash mismatch" in stderr:
        return (
            f"E_PACKAGE_HASH: requirements={name} has a file that is not the one pinned; expected "
            "the locked SHA-256; fix: do not deploy, compare the index with PyPI, then lock again"
        )
    if "no usable wheels" in stderr or "no wheels" in stderr:
        package = next(
            (c.split(" has no ")[0].split()[-1] for c in causes if " has no " in c), name
        )
        return (
            f"E_PACKAGE_WHEEL: package={package} is without a wheel for {where.key}; expected one "
            "that the runtime's C library loads; fix: set functionRuntime to python3.12 or later"
        )
    return (
        f"E_PACKAGE_INSTALL: requirements={name} cannot be installed for {where.key} ({last}); "
        "expected wheels of every package; fix: run `uv pip install --target` on it by hand"
    )


def kept(folder: Path, services: frozenset[str]) -> Iterator[tuple[PurePosixPath, Path]]:
    """The files of an installed folder that a function may need, as (path in the archive, file).

    Left out: tests, type stubs, headers, scripts, installers' notes, and the AWS service
    descriptions of services other than `services` (hundreds of files that cost start-up time).
    """
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        path = PurePosixPath(file.relative_to(folder).as_posix())
        if not _never_runs(path) and not _is_other_service(path, services):
            yield path, file


def _never_runs(path: PurePosixPath) -> bool:
    return (
        not _NEVER_RUN_FOLDERS.isdisjoint(path.parts[:-1])
        or any(path.parts[: len(tree)] == tree for tree in _NEVER_RUN_TREES)
        or path.suffix in _NEVER_RUN_SUFFIXES
        or (path.parts[0].endswith(".dist-info") and path.name in _INSTALLER_NOTES)
        or path.name == ".lock"
    )


def _is_other_service(path: PurePosixPath, services: frozenset[str]) -> bool:
    """Whether a file describes an AWS service that the function never calls."""
    in_data = path.parts[:2] in (("botocore", "data"), ("boto3", "data"))
    return in_data and len(path.parts) > 3 and path.parts[2] not in services
