"""What the Kafka client is set to: refused by rules of our own, before any network."""

from __future__ import annotations

from typing import Any

from handlers.msk_producer.client_settings import PRODUCER, RULES, checked
from tests.bad_input.case import RAISED, Case, Outcome, Surface, of_call


def run(changes: Any) -> Outcome:
    """The producer's own settings with changes, where `...` leaves one out; or what is none."""
    if not isinstance(changes, dict):
        return of_call(lambda: checked(changes))
    given = {name: value for name, value in {**PRODUCER, **changes}.items() if value is not ...}
    return of_call(lambda: checked(given))


def one(name: str, *values: object) -> tuple[Case, ...]:
    """The cases of one setting: what it may not be."""
    return tuple(
        Case({name: value}, "E_CFG_CLIENT", name, given=f"{name}={value!r}"[:70])
        for value in values
    )


CASES = (
    *(Case({name: ...}, "E_CFG_CLIENT", name, given=f"no {name}") for name in RULES),
    *one("acks", 2, 1, "1", 0, -1, True, None, "ALL"),
    *one("enable_idempotence", False, 1, "yes", None),
    *one("compression_type", None, "zstandard", "snappy", "GZIP", ""),
    *one("linger_ms", -1, "20", 0.5, 1_001),
    *one("batch_size", 0, 1_048_577, "128k"),
    *one("max_request_size", 1_000, 262_144, 100_000_000),
    *one("max_block_ms", True, 0, 60_001),
    *one("request_timeout_ms", 0, 999, float("inf")),
    *one("delivery_timeout_ms", 5_019, None, 120_001, 1_999),
    *one("allow_auto_create_topics", True, 0, "false"),
    *one("linger", 1),
    *one("ack", "all"),
    *one("enable_idempotency", True),
    *one("buffer_memory", 33_554_432),
    *one("retries", 0),
    Case({1: 2}, "E_CFG_CLIENT", "1", given="a number for a name"),
    Case({10**5_000: 2}, "E_CFG_CLIENT", "<int>", given="5,001 digits for a name"),
    Case({"x" * 9_000: 2}, "E_CFG_CLIENT", "x" * 77 + "...", given="a name of 9,000 letters"),
    Case({(): 2}, "E_CFG_CLIENT", "()", given="a tuple for a name"),
    Case({"linger_ms": 10**5_000}, "E_CFG_CLIENT", "linger_ms", given="linger_ms of 5,001 digits"),
    *(
        Case(bad, "E_CFG_CLIENT", "settings", given=f"{bad!r} for the settings")
        for bad in (None, 7, [], "acks=all")
    ),
    Case({"acks": 2, "buffer_memory": 1, "linger_ms": ...}, "E_CFG_CLIENT",
         ("buffer_memory", "acks", "linger_ms"), given="a wrong, an unknown and no setting"),
)  # fmt: skip
SURFACE = Surface("settings of the Kafka client", "raised before the client", RAISED, run, CASES)
