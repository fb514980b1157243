"""The provider as a process: starts, answers, ends; one line for what it cannot work with."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import local.provider
from local.ports import free_ports
from local.settings import REPO, Laptop


def run(laptop: Laptop, **changes: str) -> subprocess.Popen[str]:
    part = local.provider.part(laptop)
    return subprocess.Popen(
        part.command,
        cwd=REPO,
        env={"PATH": os.environ["PATH"], **part.environment, **changes},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def idle(tmp_path: Path) -> Laptop:
    """A laptop where nothing runs."""
    return Laptop(state=tmp_path, cache=tmp_path, ports=free_ports())


def test_it_answers_until_it_is_told_to_end(idle: Laptop) -> None:
    part = local.provider.part(idle)
    assert not part.healthy(idle)
    process = run(idle)
    try:
        deadline = time.monotonic() + part.start_seconds
        while not part.healthy(idle):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(part.stop_seconds) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AWS_ENDPOINT_URL": ""}, "E_PROVIDER_ENVIRONMENT: AWS_ENDPOINT_URL is missing"),
        ({"AWS_ENDPOINT_URL": "https://sts.amazonaws.com"}, "E_PROVIDER_ENDPOINT: endpoint=https:"),
    ],
)
def test_a_wrong_environment_is_one_line(idle: Laptop, changes: dict[str, str], code: str) -> None:
    process = run(idle, **changes)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 2
    assert error.startswith(code)
    assert len(error.splitlines()) == 1
