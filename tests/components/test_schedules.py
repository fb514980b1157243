"""What AWS takes as a schedule, and what it refuses."""

from __future__ import annotations

import pytest

from components.schedules import is_cron, is_rate


@pytest.mark.parametrize(
    "expression", ["rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(12 days)"]
)
def test_rates(expression: str) -> None:
    assert is_rate(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 * * * ? *)",
        "cron(0/15 8-17 ? * MON-FRI *)",
        "cron(5,35 0 1 1,7 ? 2027)",
        "cron(0 12 L * ? *)",
        "cron(0 12 15W * ? *)",
        "cron(0 12 ? * 6L *)",
        "cron(0 12 ? * 2#1 *)",
    ],
)
def test_crons(expression: str) -> None:
    assert is_cron(expression)
