"""Ids that are functions of what they name: the same on every retry, machine and Python.

A run's id is 64 bits of a hash of its parameters; an event's id is its run and its index; a
session's id is its 64-bit key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

EVENT_ID = re.compile(r"[0-9a-f]{16}-[0-9]{8}")
RUN_ID = re.compile(r"[0-9a-f]{16}")


def run_id(parameters: Mapping[str, object]) -> str:
    """16 hex digits for the parameters of a run (JSON values; their order does not matter)."""
    canonical = json.dumps(parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def event_id(run: str, index: int) -> str:
    """`<run_id>-<index>`, index from 0 to 99,999,999 in 8 digits."""
    return f"{run}-{index:08d}"


def session_id(key: int) -> str:
    """The id of the session with this 64-bit key."""
    return f"SESS_{key:016x}"


def key_of(*parts: object) -> int:
    """A 64-bit key for a tuple of texts and numbers."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
