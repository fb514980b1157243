"""Settings come from the environment whole, or every problem is named."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from handlers.runtime import settings
from handlers.runtime.errors import PipelineError


@dataclass(frozen=True)
class Example:
    """Two variables."""

    bucket: str = settings.bucket_name("DATA_BUCKET")
    minutes: int = settings.whole_number("CACHE_TTL_MINUTES", 1, 60, "minutes", "60")


def test_a_whole_environment_gives_the_settings() -> None:
    given = {"DATA_BUCKET": "acme-telemetry-1-eu", "CACHE_TTL_MINUTES": "5", "OTHER": "x"}
    assert settings.load(Example, given) == Example("acme-telemetry-1-eu", 5)


def test_every_missing_and_malformed_variable_is_named_at_once() -> None:
    with pytest.raises(PipelineError) as caught:
        settings.load(Example, {"CACHE_TTL_MINUTES": "61"})
    assert [problem.field for problem in caught.value.problems] == [
        "DATA_BUCKET",
        "CACHE_TTL_MINUTES",
    ]
    assert "DATA_BUCKET is missing" in str(caught.value)
    assert "CACHE_TTL_MINUTES='61' is malformed; expected a whole number of minutes" in str(
        caught.value
    )
