"""A reference to pick from, and the events of a run as dictionaries."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.telemetry_generator.lines import lines
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.run import InForce, Run, events
from tests.handlers.references import small_document

Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def reference() -> Reference:
    return Reference.of(small_document())


@pytest.fixture(scope="session")
def rows_of(reference: Reference) -> Callable[[Run], Rows]:
    """The events of a run over the small reference."""

    def make(run: Run) -> Rows:
        made = events(run, [InForce(reference, datetime(2020, 1, 1, tzinfo=UTC))])
        return [json.loads(line) for line in lines(made, run.run_id, 0, len(made))]

    return make
