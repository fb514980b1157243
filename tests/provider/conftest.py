"""One emulator and one provider for all tests of the provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import local.provider
import local.pulumi
from local import emulator, settings
from local.ports import free_ports
from local.settings import Laptop
from local.supervisor import Supervisor
from tests.provider.world import World


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    laptop = Laptop(
        state=tmp_path_factory.mktemp("provider"),
        cache=settings.load().cache,
        ports=free_ports(),
    )
    supervisor = Supervisor(laptop)
    emulator.fetch(laptop, print)
    local.pulumi.fetch(laptop, print)
    parts = [emulator.part(laptop), local.provider.part(laptop)]
    try:
        for part in parts:
            supervisor.spawn(part)
        for part in parts:
            supervisor.wait(part)
        yield World(laptop, tmp_path_factory.mktemp("project"))
    finally:
        for part in reversed(parts):
            supervisor.stop(part)
