"""The engine's files: fetched once, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from local import maven
from local.settings import Laptop
from local.trino import supply

SERVER_FILES = ("lib/a.jar", "bin/launcher", "plugin/tpch/b.jar", "secrets-plugin/c.jar")
HIVE_FILES = ("hive.jar", "org.rocksdb_rocksdbjni.jar")


def tar_bytes() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name in SERVER_FILES:
            info = tarfile.TarInfo(f"trino-server-core-{supply.VERSION}/{name}")
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
    return content.getvalue()


def zip_bytes() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in HIVE_FILES:
            archive.writestr(f"trino-hive-{supply.VERSION}/{name}", "x")
    return content.getvalue()


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """A laptop whose Maven Central holds two small archives."""

    def fetch(
        coordinate: str, sha256: str, cache: Path, progress: maven.Progress | None = None
    ) -> Path:
        target = cache / hashlib.sha256(coordinate.encode()).hexdigest()
        target.write_bytes(tar_bytes() if coordinate == supply.SERVER else zip_bytes())
        if progress:
            progress(0, 2_000_000)
            progress(2_000_000, 2_000_000)
        return target

    monkeypatch.setattr(maven, "fetch", fetch)
    return Laptop(state=tmp_path / "state", cache=tmp_path / "cache")


def test_the_engine_is_trimmed_to_what_it_needs(laptop: Laptop) -> None:
    said: list[str] = []
    folder = supply.fetch(laptop, said.append)
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert files == ["lib/a.jar", "plugin/hive/hive.jar"]
    assert said[:2] == [
        "fetching trino-server-core: 0 of 2 MB",
        "fetching trino-server-core: 2 of 2 MB",
    ]
    assert {p.name for p in laptop.cache.iterdir()} == {folder.name, "trino.lock"}


def test_what_is_there_is_not_fetched_again(laptop: Laptop) -> None:
    supply.folder(laptop).mkdir(parents=True)
    said: list[str] = []
    assert supply.fetch(laptop, said.append) == supply.folder(laptop) and said == []


def test_a_broken_fetch_leaves_no_engine(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(archives: dict[str, Path], part: Path) -> Path:
        (part / "half").write_text("x")
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(supply, "_unpack", broken)
        with pytest.raises(OSError, match="no space"):
            supply.fetch(laptop, lambda line: None)
    assert not supply.folder(laptop).exists()
    (laptop.cache / f"{supply.PART}of-a-killed-command").mkdir()
    supply.fetch(laptop, lambda line: None)
    assert not list(laptop.cache.glob(f"{supply.PART}*"))


def test_two_commands_at_once_fetch_once(laptop: Laptop) -> None:
    said: list[str] = []
    threads = [threading.Thread(target=supply.fetch, args=(laptop, said.append)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("unpacking the SQL engine") == 1
