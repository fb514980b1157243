"""The engine as a part: its settings and its command."""

from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path

import pytest

from local.ports import free_ports
from local.settings import Laptop
from local.trino import server, supply


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    """A laptop whose engine is an empty folder."""
    laptop = Laptop(state=tmp_path / "state", cache=tmp_path / "cache", ports=free_ports())
    supply.folder(laptop).mkdir(parents=True)
    return laptop


def test_settings_are_written_for_this_laptop(laptop: Laptop) -> None:
    server.prepare(laptop)
    etc = laptop.state / "trino" / "etc"
    config = (etc / "config.properties").read_text()
    assert f"http-server.http.port={laptop.ports.trino}" in config
    assert "node.bind-ip=127.0.0.1" in config
    catalog = (etc / "catalog" / "awsdatacatalog.properties").read_text()
    assert f"s3.endpoint={laptop.endpoint}" in catalog and "$" not in config + catalog
    moved = replace(laptop, ports=free_ports())
    server.prepare(moved)
    assert f"port={moved.ports.trino}" in (etc / "config.properties").read_text()


def test_the_engine_must_have_been_fetched(laptop: Laptop, tmp_path: Path) -> None:
    with pytest.raises(server.EngineError, match=r"E_SUPPLY_ENGINE.*run `make up`"):
        server.prepare(replace(laptop, cache=tmp_path / "empty"))


@pytest.mark.parametrize(("hard", "given"), [(resource.RLIM_INFINITY, 8192), (5000, 5000)])
def test_the_limit_of_open_files(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch, hard: int, given: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda what: (1024, hard))
    server.prepare(laptop)
    assert str(given) in server.part(laptop).command


def test_too_few_open_files_are_said_before_the_start(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda what: (1024, 4095))
    with pytest.raises(server.EngineError, match="open files=4095"):
        server.prepare(laptop)


def test_an_engine_that_is_not_there_is_not_healthy(laptop: Laptop) -> None:
    assert server.healthy(laptop) is False
