"""Settings of the client are refused before any network, by our rules and not the client's."""

from __future__ import annotations

import pytest

from handlers.msk_producer.client_settings import PRODUCER, checked
from handlers.runtime.errors import PipelineError


def test_the_producers_own_settings_are_fit() -> None:
    assert checked(PRODUCER) == dict(PRODUCER)


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("linger", "linger_ms"), ("enable_idempotency", "enable_idempotence"), ("ack", "acks")],
)
def test_a_typo_is_answered_with_the_name_that_was_meant(typo: str, meant: str) -> None:
    with pytest.raises(PipelineError) as refused:
        checked({**PRODUCER, typo: 1})
    assert refused.value.expected == meant
