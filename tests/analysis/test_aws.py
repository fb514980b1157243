"""What the environment lacks for a client is one error, not botocore's own."""

from __future__ import annotations

import pytest

from analysis import aws
from analysis.errors import AnalysisError


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("AWS_PROFILE", "nobody", "nobody"),
        ("AWS_ENDPOINT_URL", "localhost:4566", "localhost:4566"),
        ("AWS_ENDPOINT_URL", "not a url", "not a url"),
        ("AWS_CA_BUNDLE", "", "Invalid CA bundle"),
    ],
)
def test_a_client_that_cannot_be_made_is_one_error(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(AnalysisError, match=f"E_AWS: there is no client of s3: .*{says}") as found:
        aws.client({"region": "eu-central-1"}, "s3")
    assert found.value.exit_code == 4
