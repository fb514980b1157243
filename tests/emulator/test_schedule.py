"""Schedule expressions: when they are due, and which are none."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from local.aws.schedule import ScheduleError, parse

START = datetime(2026, 8, 11, 10, 2, 30, tzinfo=UTC)  # a Tuesday


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "due"),
    [
        ("rate(5 minutes)", "2026-08-11T10:02:30", "2026-08-11T10:07:30"),
        ("rate(5 minutes)", "2026-08-11T10:07:30", "2026-08-11T10:12:30"),
        ("rate(5 minutes)", "2026-08-11T10:02:00", "2026-08-11T10:07:30"),
        ("rate(1 minute)", "2026-08-11T11:00:00", "2026-08-11T11:00:30"),
        ("rate(1 day)", "2026-08-11T10:02:31", "2026-08-12T10:02:30"),
        ("cron(0 * * * ? *)", "2026-08-11T10:02:30", "2026-08-11T11:00:00"),
        ("cron(0 * * * ? *)", "2026-08-11T23:00:00", "2026-08-12T00:00:00"),
        ("cron(0/15 * * * ? *)", "2026-08-11T10:02:30", "2026-08-11T10:15:00"),
        ("cron(*/20 8-17 ? * MON-FRI *)", "2026-08-14T17:40:00", "2026-08-17T08:00:00"),
        ("cron(15,45 10 * * ? *)", "2026-08-11T10:15:00", "2026-08-11T10:45:00"),
        ("cron(0 0 L * ? *)", "2026-02-01T00:00:00", "2026-02-28T00:00:00"),
        ("cron(0 0 29 2 ? *)", "2026-02-01T00:00:00", "2028-02-29T00:00:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-08-11T10:00:00", "2026-09-07T09:00:00"),
        ("cron(0 9 ? * 6L *)", "2026-08-11T10:00:00", "2026-08-28T09:00:00"),
        ("cron(0 9 ? * FRIL *)", "2026-07-20T10:00:00", "2026-07-31T09:00:00"),
        ("cron(0 0 1 JAN,jul ? 2027)", "2026-08-11T10:00:00", "2027-01-01T00:00:00"),
        ("cron(30 5 ? * SUN *)", "2026-08-11T10:00:00", "2026-08-16T05:30:00"),
        ("at(2026-08-11T12:00:00)", "2026-08-11T11:59:59", "2026-08-11T12:00:00"),
    ],
)
def test_due(expression: str, after: str, due: str) -> None:
    assert parse(expression, START).next_after(_at(after)) == _at(due)


@pytest.mark.parametrize(
    ("expression", "after"),
    [
        ("at(2026-08-11T12:00:00)", "2026-08-11T12:00:00"),
        ("cron(0 0 1 1 ? 2020)", "2026-08-11T12:00:00"),
        ("cron(0 0 30 2 ? *)", "2026-08-11T12:00:00"),
    ],
)
def test_never_again(expression: str, after: str) -> None:
    assert parse(expression, START).next_after(_at(after)) is None


def test_a_time_zone_moves_the_hour() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert parse("cron(0 3 * * ? *)", START, berlin).next_after(START) == _at("2026-08-12T01:00:00")
    assert parse("at(2026-12-01T03:00:00)", START, berlin).next_after(START) == _at(
        "2026-12-01T02:00:00"
    )


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "hourly",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(5 seconds)",
        "rate(-5 minutes)",
        "cron(0 * * * *)",
        "cron(0 * * * * *)",
        "cron(0 * ? * ? *)",
        "cron(60 * * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * MON#6 *)",
        "cron(5-1 * * * ? *)",
        "cron(0/0 * * * ? *)",
        "cron(0 0 15W * ? *)",
        "cron(a * * * ? *)",
        "at(tomorrow)",
        "cron(0 * * * ? *) ",
    ],
)
def test_refused(expression: str) -> None:
    if expression.endswith(" "):
        expression += "x"
    with pytest.raises(ScheduleError, match="Invalid schedule expression"):
        parse(expression, START)
