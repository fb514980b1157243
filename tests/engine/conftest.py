"""A laptop with an emulator and a provider only, and a Pulumi project of two resources."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import local.provider
import local.pulumi
from local import emulator, settings
from local.ports import free_ports
from local.settings import Laptop
from local.supervisor import Supervisor

PROJECT = Path(__file__).with_name("project")


@pytest.fixture(scope="session")
def small_laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """Emulator and provider, running."""
    laptop = Laptop(
        state=tmp_path_factory.mktemp("engine"), cache=settings.load().cache, ports=free_ports()
    )
    emulator.fetch(laptop, print)
    local.pulumi.fetch(laptop, print)
    supervisor = Supervisor(laptop)
    parts = [emulator.part(laptop), local.provider.part(laptop)]
    try:
        for part in parts:
            supervisor.start(part)
        yield laptop
    finally:
        for part in reversed(parts):
            supervisor.stop(part)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder of its own, with two resources."""
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))
