"""The engine's training: once, whole or not at all, and never needed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from local.ports import free_ports
from local.settings import Laptop
from local.trino import server, supply, training

# What a Java machine does with -XX:AOTCacheOutput: it writes its cache when it is told to end.
PUPIL = 'trap "echo cache > $0; exit 143" TERM; echo $$ >> $1; while :; do sleep 0.05; done'


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """A laptop whose engine is a shell that answers at once."""
    laptop = Laptop(state=tmp_path / "state", cache=tmp_path / "cache", ports=free_ports())
    supply.folder(laptop).mkdir(parents=True)

    def command(pupil: Laptop, flag: str) -> tuple[str, ...]:
        return ("/bin/bash", "-c", PUPIL, flag.partition("=")[2], str(tmp_path / "started"))

    monkeypatch.setattr(server, "command", command)
    monkeypatch.setattr(server, "healthy", lambda pupil: (tmp_path / "started").exists())
    return laptop


def test_the_cache_is_made_once_and_the_pupil_leaves_nothing(
    laptop: Laptop, tmp_path: Path
) -> None:
    said: list[str] = []
    threads = [threading.Thread(target=training.fetch, args=(laptop, said.append)) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    training.fetch(laptop, said.append)
    assert len((tmp_path / "started").read_text().split()) == len(said) == 1
    assert server.aot_cache(laptop).read_text() == "cache\n"
    assert sorted(path.name for path in laptop.cache.iterdir()) == sorted(
        [supply.folder(laptop).name, server.aot_cache(laptop).name, "trino.lock"]
    )


@pytest.mark.parametrize(
    "pupil",
    [
        pytest.param("exit 1", id="ends before it answers"),
        pytest.param('trap "exit 1" TERM; echo $$ >> $1; sleep 60 & wait', id="writes none"),
        pytest.param('trap "" TERM; echo $$ >> $1; sleep 60', id="does not end"),
    ],
)
def test_a_training_that_fails_is_said_and_leaves_no_cache(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch, pupil: str
) -> None:
    monkeypatch.setattr("tests.trino.test_training.PUPIL", pupil)
    monkeypatch.setattr(training, "END_SECONDS", 1)
    said: list[str] = []
    training.fetch(laptop, said.append)
    assert "starts as before" in said[-1]
    assert not server.aot_cache(laptop).exists() and not list(laptop.cache.glob("*part*"))


def test_the_engine_starts_from_the_cache(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert f"-XX:AOTCache={server.aot_cache(laptop)}" in server.part(laptop).command
