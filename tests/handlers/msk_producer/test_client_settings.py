"""Settings of the client are refused before any network, by our rules and not the client's."""

from __future__ import annotations

import pytest

from handlers.msk_producer.client_settings import PRODUCER, checked
from handlers.runtime.errors import PipelineError


def test_the_producers_own_settings_are_fit() -> None:
    assert checked(PRODUCER) == dict(PRODUCER)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("acks", 2),
        ("acks", 1),
        ("acks", "1"),
        ("acks", -1),
        ("acks", True),
        ("enable_idempotence", False),
        ("enable_idempotence", 1),
        ("enable_idempotence", "yes"),
        ("compression_type", None),
        ("compression_type", "zstandard"),
        ("linger_ms", -1),
        ("linger_ms", "20"),
        ("linger_ms", 0.5),
        ("batch_size", 0),
        ("max_request_size", 1_000),
        ("max_request_size", 100_000_000),
        ("max_block_ms", True),
        ("request_timeout_ms", 0),
        ("delivery_timeout_ms", 5_019),
        ("delivery_timeout_ms", None),
        ("allow_auto_create_topics", True),
        ("allow_auto_create_topics", 0),
    ],
)
def test_an_unfit_value_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(PipelineError, match="E_CFG_CLIENT: ") as refused:
        checked({**PRODUCER, name: value})
    assert [one.field for one in refused.value.problems] == [name]


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("linger", "linger_ms"), ("enable_idempotency", "enable_idempotence"), ("ack", "acks")],
)
def test_a_typo_is_answered_with_the_name_that_was_meant(typo: str, meant: str) -> None:
    with pytest.raises(PipelineError) as refused:
        checked({**PRODUCER, typo: 1})
    assert refused.value.expected == meant


def test_every_problem_is_listed() -> None:
    given = {**PRODUCER, "acks": 2, "buffer_memory": 1}
    del given["linger_ms"]
    with pytest.raises(PipelineError) as refused:
        checked(given)
    assert [one.field for one in refused.value.problems] == ["buffer_memory", "acks", "linger_ms"]
