"""Fetches Trino and keeps a trimmed copy in the shared cache; says what it is called there.

The copy is named by version and content, appears only when it is whole, and is made once even if
two commands ask for it at the same time.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from local import maven
from local.settings import Laptop

VERSION = "476"
SERVER = f"io.trino:trino-server-core:{VERSION}:tar.gz"
HIVE = f"io.trino:trino-hive:{VERSION}:zip"
SHA256 = {
    SERVER: "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158",
    HIVE: "611bacdb07d9f3cf7b9d47f97ecc76fa2e7ff8bfe8a9728c3d06adc1bfb8662e",
}
UNUSED_FOLDERS = ("bin", "secrets-plugin", "plugin")
UNUSED_JARS = (  # of the Hive plugin: other clouds, caches and exchanges, 180 MB
    "org.rocksdb_",
    "alluxio_alluxio-core-transport",
    "netty-codec-native-quic",
    "grpc-xds",
    "conscrypt",
    "proto-google-cloud-monitoring",
)
PART = ".part-trino-"
MEGABYTE = 1_000_000
PROGRESS_STEPS = 5

Say = Callable[[str], None]


def folder(laptop: Laptop) -> Path:
    """Where the engine lies once fetched."""
    made_of = json.dumps([SHA256, UNUSED_FOLDERS, UNUSED_JARS], sort_keys=True)
    return laptop.cache / f"trino-{VERSION}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"


def fetch(laptop: Laptop, say: Say) -> Path:
    """The engine's folder (268 MiB), downloaded (452 MB) and unpacked if it is not there.

    `say` gets a line now and then. Raises MavenError when it cannot be downloaded.
    """
    target = folder(laptop)
    if target.is_dir():
        return target
    laptop.cache.mkdir(parents=True, exist_ok=True)
    with alone(laptop):
        if not target.is_dir():
            _make(laptop.cache, target, say)
    return target


def _make(cache: Path, target: Path, say: Say) -> None:
    for left in cache.glob(f"{PART}*"):
        shutil.rmtree(left)
    archives = {
        coordinate: maven.fetch(coordinate, digest, cache, _progress(coordinate, say))
        for coordinate, digest in SHA256.items()
    }
    say("unpacking the SQL engine")
    with tempfile.TemporaryDirectory(dir=cache, prefix=PART) as part:
        server = _unpack(archives, Path(part))
        os.rename(server, target)
    for archive in archives.values():
        archive.unlink()


def _unpack(archives: dict[str, Path], part: Path) -> Path:
    with tarfile.open(archives[SERVER]) as tar:  # holds hard links: first whole, then trimmed
        tar.extractall(part, filter="tar")
    server = part / f"trino-server-core-{VERSION}"
    for unused in UNUSED_FOLDERS:
        shutil.rmtree(server / unused)
    with zipfile.ZipFile(archives[HIVE]) as plugin:
        wanted = [
            name for name in plugin.namelist() if not any(unused in name for unused in UNUSED_JARS)
        ]
        plugin.extractall(part, wanted)
    (server / "plugin").mkdir()
    (part / f"trino-hive-{VERSION}").rename(server / "plugin" / "hive")
    return server


def _progress(coordinate: str, say: Say) -> maven.Progress:
    name = coordinate.split(":")[1]
    said = -1

    def report(done: int, total: int) -> None:
        nonlocal said
        step = done * PROGRESS_STEPS // total if total else 0
        if step > said:
            said = step
            say(f"fetching {name}: {done // MEGABYTE} of {total // MEGABYTE} MB")

    return report


@contextlib.contextmanager
def alone(laptop: Laptop) -> Iterator[None]:
    """One command at a time makes something of the engine in the cache."""
    with (laptop.cache / "trino.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
