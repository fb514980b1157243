"""A clock that is behind is known by the call's own trace id; nothing else is claimed."""

from __future__ import annotations

import logging
import time

import pytest
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from handlers.msk_producer import causes
from handlers.msk_producer.settings import Settings
from handlers.msk_producer.skew import seconds_behind
from handlers.runtime.errors import Kind, PipelineError

NOW = 1_754_906_400
SETTINGS = Settings("127.0.0.1:9098", "acme-telemetry", 3, "eu-central-1", "AcmeTelemetry")


def trace(at: float) -> dict[str, str]:
    """What Lambda's runtime puts into the environment for a call whose trace began at `at`."""
    root = f"1-{int(at):08x}-bd862e3fe1be46a994272793"
    return {"_X_AMZN_TRACE_ID": f"Root={root};Parent=53995c3f42cd8ad8;Sampled=0"}


@pytest.mark.parametrize(
    ("environ", "behind"),
    [
        pytest.param(trace(NOW + 600), 600, id="10 minutes behind"),
        pytest.param(trace(NOW + 61), 61, id="just beyond"),
        pytest.param(trace(NOW + 60), None, id="within"),
        pytest.param(trace(NOW), None, id="right"),
        pytest.param(trace(NOW - 600), None, id="ahead, or a trace that began long ago"),
        pytest.param({}, None, id="no trace"),
        pytest.param({"_X_AMZN_TRACE_ID": ""}, None, id="empty"),
        pytest.param({"_X_AMZN_TRACE_ID": "Root=1-zz-1;Sampled=0"}, None, id="no time"),
        pytest.param({"_X_AMZN_TRACE_ID": "Root=1-7fffffff"}, None, id="cut"),
    ],
)
def test_only_a_clock_that_is_surely_behind_is_reported(
    environ: dict[str, str], behind: int | None
) -> None:
    assert seconds_behind(environ, NOW) == behind


def be_denied() -> None:
    """As the client is by a broker that closes the connection after the token."""
    with causes.explained(SETTINGS):
        log = logging.getLogger("kafka.net.manager")
        log.warning("%s", KafkaConnectionError("socket disconnected"))
        raise KafkaTimeoutError("Unable to bootstrap")


@pytest.mark.parametrize(
    ("offset", "code"), [(600, "E_AUTH_CLOCK_SKEW"), (0, "E_KAFKA_DENIED")], ids=["behind", "right"]
)
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"])
def test_a_denied_token_of_a_late_clock_says_so(
    monkeypatch: pytest.MonkeyPatch, offset: int, code: str, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for name, value in trace(time.time() + offset).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(PipelineError) as denied:
            be_denied()
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert denied.value.code == code
    assert denied.value.kind is Kind.DENIED
    assert not denied.value.kind.retried
