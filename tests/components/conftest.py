"""Both committed stacks, built once under mocks."""

from __future__ import annotations

import pytest

from tests.components.recording import Deployment, Recording, pipeline


@pytest.fixture(scope="session")
def dev_deployment() -> Deployment:
    return pipeline("dev")


@pytest.fixture(scope="session")
def local_deployment() -> Deployment:
    return pipeline("local")


@pytest.fixture(scope="session")
def dev(dev_deployment: Deployment) -> Recording:
    return dev_deployment.recording


@pytest.fixture(scope="session")
def local(local_deployment: Deployment) -> Recording:
    return local_deployment.recording
