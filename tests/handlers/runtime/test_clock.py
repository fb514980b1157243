"""RFC 3339 in, RFC 3339 out, UTC always."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers.runtime.clock import parse_rfc3339, rfc3339


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2025-08-11T10:00:00Z", "2025-08-11T10:00:00.000Z"),
        ("2025-08-11t10:00:00.1239z", "2025-08-11T10:00:00.123Z"),
        ("2025-08-11T10:00:00.1239999999+00:00", "2025-08-11T10:00:00.123Z"),
        ("2025-08-11T10:00:00+02:00", "2025-08-11T08:00:00.000Z"),
    ],
)
def test_an_instant_has_one_spelling(text: str, canonical: str) -> None:
    assert rfc3339(parse_rfc3339(text)) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2025-08-11", "2025-08-11T10:00:00", "2026-02-30T00:00:00Z", "2025-W33-1",
     "2025-08-11 10:00:00Z", "2025-08-11T24:30:00Z", "2025-08-11T10:00:00.Z",
     "2025-08-11T10:00:001Z", "<aws.scheduler.scheduled-time>"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rfc3339(text)


def test_milliseconds_are_cut() -> None:
    assert rfc3339(datetime(2025, 1, 1, microsecond=999_999, tzinfo=UTC)).endswith("00.999Z")
