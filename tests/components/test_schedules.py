"""What AWS takes as a schedule, and what it refuses."""

from __future__ import annotations

import pytest

from components.schedules import is_cron, is_rate, tick_seconds


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


@pytest.mark.parametrize(
    ("expression", "minutes"),
    [
        ("rate(1 minute)", 1),
        ("rate(5 minutes)", 5),
        ("rate(60 minutes)", 60),
        ("rate(1 hour)", 60),
        ("rate(61 minutes)", None),
        ("rate(2 hours)", None),
        ("rate(1 day)", None),
        ("cron(0/5 * * * ? *)", 5),
        ("cron(*/5 8-20 * * ? *)", 5),
        ("cron(3/10 * * * ? *)", 10),
        ("cron(* * * * ? *)", 1),
        ("cron(0 * * * ? *)", 60),
        ("cron(0 12 * * ? *)", 60),
        ("cron(0,5,30 * * * ? *)", 5),
        ("cron(50-10/10 * * * ? *)", 10),
        ("cron(0/59 * * * ? *)", 1),
        ("cron(10-20 * * * ? *)", 1),
        ("every 5 minutes", None),
        ("cron(61 * * * ? *)", None),
    ],
)
def test_the_time_between_two_ticks(expression: str, minutes: int | None) -> None:
    assert tick_seconds(expression) == (None if minutes is None else 60 * minutes)
