"""All the rows that this session asks for, done once and together."""

from __future__ import annotations

import pytest

from tests.faults import world
from tests.faults.performance import perform
from tests.faults.run import Size
from tests.faults.scene import Fault
from tests.faults.traffic import Result

QUICK = Size(seed=1, events=2_000, long=False)


@pytest.fixture(scope="session")
def results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Result]:
    """The result of each row by its name."""
    asked = [getattr(item, "callspec", None) for item in request.session.items]
    wanted = [one.params["fault"] for one in asked if one and "fault" in one.params]
    faults = list(dict.fromkeys(one for one in wanted if isinstance(one, Fault)))
    with world.made(tmp_path_factory.mktemp("faults")) as found:
        return {one.fault.name: one for one in perform(found, faults, QUICK, lambda _: None)}
