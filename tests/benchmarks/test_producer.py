"""The producer's benchmark on the real broker, small. No speed is asserted."""

from __future__ import annotations

import pytest

from benchmarks import producer


@pytest.mark.stack
def test_all_three_ways_send_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("SSL_CERT_FILE", "")
    monkeypatch.setattr(producer, "CLIENTS", 2)
    figures = producer.figures(rounds=1, count=300)
    assert [figure.goal for figure in figures] == ["≥ 1.5 ×", "≥ 30 ×"]
