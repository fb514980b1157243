"""Each fault once, small, on a real broker; `make faults` runs them at length."""

from __future__ import annotations

import pytest

from tests.faults.faults import FAULTS
from tests.faults.scene import Fault
from tests.faults.traffic import Result

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_every_promise_is_kept(results: dict[str, Result], fault: Fault) -> None:
    result = results[fault.name]
    assert result.problems == []
    assert result.acked + result.rejected == result.events
