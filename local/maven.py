"""Files of Maven Central, pinned by SHA-256, in the shared cache.

`fetch` is what the parts of the laptop call. A file appears in the cache only when it is whole and
its checksum is right; two processes that want the same one download it once. What a part needs, and
which versions, is the part's own business (`lock` reads its list).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local.errors import LaptopError

CONNECT_SECONDS = 30  # without an answer for so long a download is given up

Progress = Callable[[int, int], None]  # bytes so far, bytes in all


class MavenError(LaptopError):
    """A file could not be had, or is not the one that was pinned; the text says which and why."""


@dataclass(frozen=True)
class Coordinate:
    """`group:artifact:version[:packaging]`; packaging is `jar` if not given."""

    group: str
    artifact: str
    version: str
    packaging: str = "jar"

    @classmethod
    def parse(cls, text: str) -> Coordinate:
        """Raises ValueError unless `text` has three or four parts, none of them empty."""
        parts = text.split(":")
        if len(parts) not in (3, 4) or not all(parts):
            raise ValueError(
                f"coordinate={text[:80]!r} is no Maven coordinate; "
                "expected group:artifact:version[:packaging]"
            )
        return cls(*parts)

    def __str__(self) -> str:
        tail = "" if self.packaging == "jar" else f":{self.packaging}"
        return f"{self.group}:{self.artifact}:{self.version}{tail}"

    @property
    def path(self) -> Path:
        """Where a Maven repository keeps the file."""
        name = f"{self.artifact}-{self.version}.{self.packaging}"
        return Path(*self.group.split("."), self.artifact, self.version, name)


def fetch(coordinate: str, sha256: str, cache: Path, progress: Progress | None = None) -> Path:
    """The file of `coordinate` in `cache`, downloaded if it is not there whole.

    Raises MavenError when it cannot be downloaded or its content is not the pinned one.
    """
    wanted = Coordinate.parse(coordinate)
    target = cache / "maven" / wanted.path
    if _is(target, sha256):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.with_name(target.name + ".lock")):
        if not _is(target, sha256):
            _download(wanted, sha256, target, progress)
    return target


def lock(text: str) -> dict[str, str]:
    """The pins of a lock file: a line each, `<sha256> <coordinate>`; `#` starts a comment line."""
    pins: dict[str, str] = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            digest, coordinate = line.split()
            pins[coordinate] = digest
    return pins


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and digest(path) == sha256


def _download(wanted: Coordinate, sha256: str, target: Path, progress: Progress | None) -> None:
    """Through a folder of its own, so that a broken download never looks like a file."""
    from jgo.maven import (
        MavenContext,
        PythonResolver,
    )  # slow to import; most starts need no download

    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".part-") as folder:
        context = MavenContext(
            resolver=PythonResolver(progress_callback=_reporter(progress)),
            repo_cache=Path(folder),
            local_repos=[],
            timeout=CONNECT_SECONDS,
        )
        component = context.project(wanted.group, wanted.artifact).at_version(wanted.version)
        try:
            got = component.artifact(packaging=wanted.packaging).resolve()
        # The resolver raises what its HTTP client, the disk or the answer's text make it raise.
        except Exception as problem:
            raise MavenError(
                f"E_SUPPLY_FETCH: file={wanted} is not to be had "
                f"({type(problem).__name__}: {' '.join(str(problem).split())[:200]}); "
                "expected an answer of Maven Central; fix: connect to the network once and repeat"
            ) from problem
        found = digest(Path(got))
        if found != sha256:
            raise MavenError(
                f"E_SUPPLY_CHECKSUM: file={wanted} is not the pinned one (SHA-256 {found}); "
                f"expected {sha256}; fix: see what stands between this machine and Maven Central"
            )
        os.replace(got, target)


def _reporter(progress: Progress | None):  # type: ignore[no-untyped-def]  # the resolver's own shape
    if progress is None:
        return None

    @contextlib.contextmanager
    def report(name: str, total: int) -> Iterator[Callable[[int], None]]:
        done = 0

        def add(count: int) -> None:
            nonlocal done
            done += count
            progress(done, total)

        yield add

    return report


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the kernel frees the lock of a process that dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
