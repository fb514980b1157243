"""An account as frames, for a notebook to show."""

from __future__ import annotations

import pandas as pd

from analysis.hours import HourFigures
from analysis.reconciliation import Account


def hops(account: Account) -> pd.DataFrame:
    """One row a hop: what should have come, what came, what is said of it."""
    return pd.DataFrame(
        [(one.name, one.expected, one.found, str(one.verdict)) for one in account.hops],
        columns=["hop", "expected", "found", "verdict"],
    )


def partings(account: Account) -> pd.DataFrame:
    """One row for each hop, hour and run or tick where figures part."""
    return pd.DataFrame(
        [
            (hop.name, hop.verdict.level.name, one.kind, one.hour, one.what, one.count)
            for hop in account.hops
            for one in hop.partings
        ],
        columns=["hop", "level", "kind", "hour", "run_or_tick", "count"],
    )


def hours(account: Account) -> pd.DataFrame:
    """One row an hour; `copies` are rows that are there already."""
    columns = list(HourFigures.__dataclass_fields__)
    frame = pd.DataFrame([vars(hour) for hour in account.hours], columns=columns)
    return frame.assign(copies=frame["rows"] - frame["first_copies"])


def copies(account: Account) -> pd.DataFrame:
    """One row a run of which an event has several rows."""
    columns = ["run_id", "attempts", "rows", "distinct", "max_copies"]
    frame = pd.DataFrame([vars(run) for run in account.runs], columns=columns)
    frame.insert(4, "copies", frame["rows"] - frame["distinct"])
    return frame[frame["copies"] > 0]
