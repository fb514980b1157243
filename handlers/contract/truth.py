"""The truth of a run: what its profile injected, when and to whom; to grade detection against.

One document a run whose profile is not `steady`, beside the ledger's records:
`ledger/truth/year=YYYY/month=MM/day=DD/<run_id>.json`, by the UTC date of the window's end. All
attempts of a run write the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

PREFIX = "ledger/truth/"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Injection:
    """One thing injected into the sessions that start in [from, to) and fit `scope`.

    `scope` names columns of the event and their values; empty: all sessions. `effect` says what
    was changed: names end in their unit. Times are RFC 3339.
    """

    kind: str
    start: str
    end: str
    scope: dict[str, str]
    effect: dict[str, int]


@dataclass(frozen=True)
class Truth:
    """What was injected into a run; `references` as in the run's ledger record."""

    run_id: str
    profile: str
    seed: int
    window: dict[str, str]
    references: list[dict[str, str]]
    injections: list[Injection] = field(default_factory=list)
    schema_version: int = SCHEMA_VERSION

    def encode(self) -> bytes:
        """The document as its object's bytes."""
        return json.dumps(asdict(self), sort_keys=True, indent=2).encode()

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Truth:
        """The truth that `values` describe. Raises TypeError for a missing or unknown field."""
        truth = cls(**values)  # type: ignore[arg-type]
        found = [Injection(**one) for one in truth.injections]  # type: ignore[arg-type]
        return cls(**{**values, "injections": found})  # type: ignore[arg-type]


def key(window_end: datetime, run: str) -> str:
    """The object key of a run's truth."""
    return f"{PREFIX}{window_end.astimezone(UTC):year=%Y/month=%m/day=%d}/{run}.json"
