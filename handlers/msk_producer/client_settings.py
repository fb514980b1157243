"""What the Kafka producer is set to, checked by rules of our own before it is made.

The client itself takes `acks=2` and a delivery time below the request's, and turns idempotence off
with a warning only.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from handlers.runtime.errors import VALUE_MAX_CHARACTERS, PipelineError, escaped, text_of

DELIVERY_SECONDS = 15.0

PRODUCER: Mapping[str, object] = {
    "acks": "all",
    "enable_idempotence": True,  # given, not defaulted: then a contradiction is an error
    "compression_type": "zstd",
    "linger_ms": 20,
    "batch_size": 128 * 1024,
    "max_request_size": 1_048_576,
    "max_block_ms": 5_000,
    "request_timeout_ms": 5_000,
    "delivery_timeout_ms": int(DELIVERY_SECONDS * 1000),
    "allow_auto_create_topics": False,
}

# Each record in a batch of its own, sent once: without sequence numbers a refusal says nothing of
# those that follow, and without retries the client doubles none.
ALONE: Mapping[str, object] = {"batch_size": 0, "enable_idempotence": False, "retries": 0}


def _between(low: int, high: int) -> tuple[Callable[[object], bool], str]:
    return (
        lambda value: type(value) is int and low <= value <= high,
        f"a whole number from {low} to {high}",
    )


def _only(*allowed: object) -> tuple[Callable[[object], bool], str]:
    return (
        lambda value: any(type(value) is type(one) and value == one for one in allowed),
        " or ".join(map(repr, allowed)),
    )


RULES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "acks": _only("all"),
    "enable_idempotence": _only(True),
    "compression_type": _only("gzip", "zstd"),
    "linger_ms": _between(0, 1_000),
    "batch_size": _between(16 * 1024, 1_048_576),
    "max_request_size": _between(256 * 1024 + 1024, 1_048_576),  # above a record's own limit
    "max_block_ms": _between(1, 60_000),
    "request_timeout_ms": _between(1_000, 60_000),
    "delivery_timeout_ms": _between(2_000, 120_000),
    "allow_auto_create_topics": _only(False),
}


def checked(given: Mapping[str, object]) -> dict[str, Any]:
    """A copy of the settings.

    Raises PipelineError (E_CFG_CLIENT) that lists every unknown, missing or unfit setting.
    """
    if not isinstance(given, Mapping):
        kind = type(given).__name__
        raise _problem("settings", f"a {kind}", "settings by their names", fix="give a mapping")
    problems = [_unknown(text_of(name)) for name in given if name not in RULES]
    for name, (fits, form) in RULES.items():
        if name not in given:
            problems.append(_problem(name, "missing", form))
        elif not fits(given[name]):
            problems.append(_problem(name, "unfit", form, given[name]))
    if not problems:
        times = ("delivery_timeout_ms", "linger_ms", "request_timeout_ms")
        delivery, linger, request = (int(str(given[name])) for name in times)
        if delivery < linger + request:
            problems.append(
                _problem(
                    times[0],
                    "below linger_ms + request_timeout_ms",
                    f"at least {linger + request}",
                    delivery,
                )
            )
    if problems:
        raise PipelineError.of(problems)
    return dict(given)


def _unknown(name: str) -> PipelineError:
    nearest = difflib.get_close_matches(name, RULES, 1)
    shown = escaped(name, VALUE_MAX_CHARACTERS)
    fix = "correct the name" if nearest else "leave it out"
    return _problem(shown, "unknown", nearest[0] if nearest else ", ".join(RULES), fix=fix)


def _problem(
    name: str, problem: str, expected: str, value: object = ..., fix: str | None = None
) -> PipelineError:
    return PipelineError(
        "E_CFG_CLIENT",
        problem,
        field=name,
        value=value,
        expected=expected,
        fix=fix or f"set {name} as handlers/msk_producer/client_settings.py does",
    )
