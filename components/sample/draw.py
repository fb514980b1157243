"""Seeded draws that the sample's tables share: weighted picks, keys, days, gaps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# The day on which the sample was "taken": no clock is read, so that its bytes never change.
REFERENCE_DATE = date(2025, 8, 1)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def parameters(name: str) -> Any:
    """The parameters of `parameters/<name>.json`."""
    return json.loads((Path(__file__).parent / "parameters" / f"{name}.json").read_text("utf-8"))


def source(table: str) -> np.random.Generator:
    """The generator of one table: adding a table changes no other."""
    seed = int.from_bytes(hashlib.sha256(f"acme sample {table}".encode()).digest()[:8], "big")
    return np.random.Generator(np.random.PCG64(seed))


def indices(random: np.random.Generator, weights: Sequence[float], size: int) -> Integers:
    """`size` indices of `weights`, drawn in proportion to them."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn: Integers = np.searchsorted(edges, random.random(size) * edges[-1], side="right")
    return drawn.astype(np.int64)


def picks(
    random: np.random.Generator, weights: Mapping[str, float], size: int
) -> NDArray[np.object_]:
    """`size` names of `weights`, drawn in proportion to them."""
    return strings(list(weights))[indices(random, list(weights.values()), size)]


def strings(values: Sequence[str | None]) -> NDArray[np.object_]:
    """An object array, which keeps None apart from the text "None"."""
    array = np.empty(len(values), dtype=np.object_)
    array[:] = values
    return array


def keys(prefix: str, size: int) -> NDArray[np.object_]:
    """Keys like TITLE_0afcc18c_004133: 8 hex digits of a hash and the row's number, from 1."""
    return strings(
        [
            f"{prefix}_{hashlib.sha256(f'{prefix}:{row}'.encode()).hexdigest()[:8]}_{row:06d}"
            for row in range(1, size + 1)
        ]
    )


def day(value: date) -> int:
    """Days since 1970-01-01."""
    return (value - date(1970, 1, 1)).days


def dates(days: Integers) -> Any:
    """Days since 1970-01-01 as a date column."""
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def timestamps(random: np.random.Generator, days: Integers) -> Any:
    """A random millisecond of each day as a timestamp column, never past the reference date."""
    latest = int(datetime.combine(REFERENCE_DATE, datetime.min.time(), UTC).timestamp() * 1000)
    milliseconds = days * 86_400_000 + random.integers(0, 86_400_000, len(days))
    return pa.array(np.minimum(milliseconds, latest)).cast(pa.timestamp("ms"))


def with_gaps(
    random: np.random.Generator, values: Any, null_share: float, nan_share: float = 0.0
) -> Any:
    """`values` (pyarrow) with NULL, and in doubles NaN, in about these shares, once at least."""
    size = len(values)
    chance = random.random(size)
    chance[int(random.integers(0, size))] = 0.0
    missing = pa.array(chance < null_share)
    if pa.types.is_floating(values.type):
        not_a_number = chance > 1.0 - nan_share
        not_a_number[int(np.argmax(chance))] = True
        values = pc.if_else(pa.array(not_a_number), float("nan"), values)
    return pc.if_else(missing, pa.scalar(None, values.type), values)
