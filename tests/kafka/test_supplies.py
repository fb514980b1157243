"""Files of Maven Central: whole, pinned, once; without a network an error that says what to do."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import jgo.maven
import pytest

from local import maven
from local.kafka.relock import COMPILER, KAFKA, LOCK, LOGGING
from local.maven import Coordinate, MavenError

NAME = "org.example:thing:1.0"
CONTENT = b"the file"
PIN = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def central(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A Maven Central that has one content for every file; the list says what was asked."""
    asked: list[str] = []

    def download(self: Any, artifact: Any) -> Path:
        asked.append(artifact.filename)
        target: Path = artifact.cached_path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(CONTENT)
        return target

    monkeypatch.setattr(jgo.maven.PythonResolver, "download", download)
    return asked


def test_a_file_is_fetched_once(tmp_path: Path, central: list[str]) -> None:
    first = maven.fetch(NAME, PIN, tmp_path)
    assert first.read_bytes() == CONTENT
    assert first == tmp_path / "maven/org/example/thing/1.0/thing-1.0.jar"
    assert maven.fetch(NAME, PIN, tmp_path) == first
    assert central == ["thing-1.0.jar"]


def test_a_damaged_file_is_fetched_again(tmp_path: Path, central: list[str]) -> None:
    maven.fetch(NAME, PIN, tmp_path).write_bytes(b"the fi")
    assert maven.fetch(NAME, PIN, tmp_path).read_bytes() == CONTENT
    assert len(central) == 2


def test_another_content_than_the_pinned_one_is_refused(tmp_path: Path, central: list[str]) -> None:
    with pytest.raises(MavenError, match=r"E_SUPPLY_CHECKSUM.*is not the pinned one"):
        maven.fetch(NAME, "0" * 64, tmp_path)
    assert list(tmp_path.rglob("*.jar")) == []


def test_two_that_want_the_same_file_download_it_once(tmp_path: Path, central: list[str]) -> None:
    threads = [threading.Thread(target=maven.fetch, args=(NAME, PIN, tmp_path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert central == ["thing-1.0.jar"]


def test_without_a_network_the_file_and_the_way_out_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any, artifact: Any) -> Path:
        raise OSError("no route to host")

    monkeypatch.setattr(jgo.maven.PythonResolver, "download", fail)
    with pytest.raises(MavenError) as refused:
        maven.fetch(f"{NAME}:zip", PIN, tmp_path)
    assert "E_SUPPLY_FETCH: file=org.example:thing:1.0:zip" in str(refused.value)
    assert "no route to host" in str(refused.value)
    assert "fix: connect to the network" in str(refused.value)


@pytest.mark.parametrize("text", ["", "a", "a:b", "a:b:", "a:b:1:jar:x", ":b:1"])
def test_a_coordinate_has_its_parts(text: str) -> None:
    with pytest.raises(ValueError, match="group:artifact:version"):
        Coordinate.parse(text)


def test_the_lock_pins_all_that_the_broker_runs_on() -> None:
    pins = maven.lock(LOCK.read_text())
    assert {KAFKA, LOGGING, COMPILER} <= set(pins)
    assert len(pins) == 47
    assert all(len(digest) == 64 for digest in pins.values())
