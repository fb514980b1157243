"""The real laptop stack, started once for the whole session on ports and a state of its own."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest
from xdist.workermanage import NodeManager

from local import settings
from local.ports import free_ports
from local.settings import REGION, ROOT_KEY, Laptop

LAPTOP = "laptop_stack"
LONGEST = (LAPTOP, "tests/faults", "tests/kafka", "tests/delivery")
STOP_SECONDS = 60  # what a worker may take to stop the parts that it started


def pytest_configure(config: pytest.Config) -> None:
    """After Ctrl-C a worker ends by itself: one that is killed would leave its parts running."""
    NodeManager.EXIT_TIMEOUT = STOP_SECONDS


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are named by their length: every worker must give a test the same name, and bytes made
    at import may differ (gzip writes the time)."""
    return f"{argname}-of-{len(val)}-bytes" if isinstance(val, bytes) else None


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Cheap tests first, those that take the stack apart last; the order within each stays.

    Side by side, the tests of a folder stay together, since they share what is slow to start, and
    so do all of the laptop stack; those that take longest begin first.
    """
    side_by_side = hasattr(config, "workerinput")

    def rank(item: pytest.Item) -> tuple[int, bool, bool]:
        marks = [item.get_closest_marker(name) is not None for name in ("last", "stack")]
        group = _group(item) if side_by_side else ""
        place = LONGEST.index(group) if group in LONGEST else len(LONGEST)
        return (place, marks[0], marks[1])

    items.sort(key=rank)
    if side_by_side:
        for item in items:
            item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    if LAPTOP in getattr(item, "fixturenames", ()):
        return LAPTOP
    return str(item.path.parent.relative_to(item.config.rootpath))


def wait_for(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true value of `condition`; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not so within {seconds} s")


@dataclass
class LaptopStack:
    """A running, deployed laptop stack."""

    laptop: Laptop
    outputs: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def engine(self) -> Any:
        """The Pulumi engine on this stack."""
        from local.engine import Engine

        return Engine(self.laptop)

    @cached_property
    def supervisor(self) -> Any:
        """The processes of this stack."""
        from local.supervisor import Supervisor

        return Supervisor(self.laptop)

    def role_credentials(self, role_arn: str, service: str) -> dict[str, str]:
        """Session keys of a role, as a service that its trust policy admits gets them."""
        request = urllib.request.Request(
            f"{self.laptop.endpoint}/_laptop/role-credentials",
            data=json.dumps({"role_arn": role_arn, "service": service}).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=5) as reply:
            keys: dict[str, str] = json.load(reply)
            return keys

    def client(self, service: str, role_arn: str | None = None, principal: str = "") -> Any:
        """A client with the root key, or with the keys of a role that trusts `principal`."""
        keys: Any = {"AccessKeyId": ROOT_KEY, "SecretAccessKey": ROOT_KEY, "SessionToken": None}
        if role_arn:
            keys = self.role_credentials(role_arn, principal)
        session: Any = boto3.session.Session(
            keys["AccessKeyId"],
            keys["SecretAccessKey"],
            keys["SessionToken"],
            region_name=REGION,
        )
        return session.client(service, endpoint_url=self.laptop.endpoint)


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    """Settings of a laptop that shares nothing but the cache with any other."""
    return Laptop(
        state=tmp_path_factory.mktemp("laptop"), cache=settings.load().cache, ports=free_ports()
    )


@pytest.fixture(scope="session")
def laptop_stack(laptop: Laptop) -> Iterator[LaptopStack]:
    """The stack, started and deployed; its processes are stopped when the session ends."""
    from local import stack
    from local.supervisor import Supervisor

    supervisor = Supervisor(laptop)
    lines: list[str] = []
    stack.fetch(laptop, lines.append)
    try:
        stack.start(laptop, supervisor, lines.append)
        result = stack.deploy(laptop, lines.append)
        yield LaptopStack(laptop, result.outputs)
    finally:
        stack.stop(laptop, supervisor)


@pytest.fixture
def repo() -> Path:
    """The root of the repository."""
    return settings.REPO
