"""Result reuse: a query that was answered a moment ago is not asked again, where the caller agrees.

As Athena has it (ResultReuseByAgeConfiguration): the same SELECT, parameters, workgroup, database
and output, at most MaxAgeInMinutes old. The caller's rights are checked as for any query.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from local.aws.athena.executions import Execution, Order

DEFAULT_MINUTES = 60
MAX_MINUTES = 10_080  # a week, Athena's limit


def configuration(document: Mapping[str, Any]) -> dict[str, Any]:
    """The request's ResultReuseByAgeConfiguration, whole. Raises ValueError for a wrong age."""
    wanted = document.get("ResultReuseConfiguration", {}).get("ResultReuseByAgeConfiguration", {})
    if not wanted.get("Enabled"):
        return {"Enabled": False}
    minutes = wanted.get("MaxAgeInMinutes", DEFAULT_MINUTES)
    if not 0 <= minutes <= MAX_MINUTES:
        raise ValueError(f"maxAgeInMinutes must be from 0 to {MAX_MINUTES}")
    return {"Enabled": True, "MaxAgeInMinutes": minutes}


def apply(known: Iterable[Execution], execution: Execution) -> None:
    """Let the latest fitting result of `known` answer `execution`, if its order allows it."""
    if not execution.order.reuse["Enabled"]:
        return
    oldest = time.time() - 60 * execution.order.reuse["MaxAgeInMinutes"]
    answers = [
        one
        for one in known
        if one.state == "SUCCEEDED"
        and one.reused is None
        and one.statement is not None
        and one.statement.kind == "SELECT"
        and (one.completed_at or 0) >= oldest
        and _subject(one.order) == _subject(execution.order)
    ]
    execution.reused = answers[-1] if answers else None


def _subject(order: Order) -> tuple[object, ...]:
    return (order.sql, order.parameters, order.workgroup, order.database, order.output)
