"""Writes an account as text for a terminal and as values for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from analysis.lateness import Lateness
from analysis.reconciliation import Account
from analysis.ticks import Ticks

SHOWN_HOURS = 48


def as_json(account: Account) -> dict[str, object]:
    """Every figure and every parting, as JSON values."""
    return {
        "taken_at": account.taken_at.isoformat(),
        "verdict": {**asdict(account.verdict), "level": account.verdict.level.name},
        "runs": [asdict(run) for run in account.runs],
        "younger_runs": account.younger,
        "total": asdict(account.total),
        "topic": asdict(account.topic),
        "nameless_lines": account.nameless_lines,
        "hours": [asdict(hour) for hour in account.hours],
        "late_by": {
            "lines": account.lateness.histogram,
            "without_time": account.lateness.timeless,
            "p50_seconds": account.lateness.quantile(0.5),
            "p95_seconds": account.lateness.quantile(0.95),
        },
        "ticks": _ticks(account.ticks),
        "hops": [
            {**asdict(hop), "verdict": {**asdict(hop.verdict), "level": hop.verdict.level.name}}
            for hop in account.hops
        ],
    }


def as_text(account: Account) -> str:
    """The totals, the hours, how late, each hop, and the verdict last."""
    total = account.total
    younger = f" ({account.younger} more are too young to be judged)" if account.younger else ""
    lines = [
        f"{len(account.runs)} runs{younger}: {total.generated:,} generated, {total.acked:,} acked, "
        f"{total.rejected:,} rejected, {total.unresolved:,} unresolved; "
        f"{total.lines:,} lines in {total.objects:,} objects; "
        f"{total.rows:,} rows, {total.distinct:,} distinct",
        *_hours(account),
        late_by(account.lateness),
    ]
    lines += [f"  {hop.name:<22} {hop.verdict}" for hop in account.hops]
    return "\n".join([*lines, str(account.verdict)])


def late_by(lateness: Lateness) -> str:
    """`late by: 10 under 5 min, …; p50 240 s, p95 300 s`."""
    counts = ", ".join(f"{lines:,} {name}" for name, lines in lateness.histogram.items() if lines)
    if lateness.timeless:
        counts += f"{', ' if counts else ''}{lateness.timeless:,} without a readable time"
    if not lateness.by_second:
        return f"late by: {counts or 'no line'}"
    return f"late by: {counts}; p50 {lateness.quantile(0.5):,} s, p95 {lateness.quantile(0.95):,} s"


def _hours(account: Account) -> list[str]:
    names = ("runs", "generated", "acked", "rejected", "unresolved", "objects", "lines", "rows")
    head = f"  {'hour, UTC':<14}" + "".join(f"{name:>12}" for name in (*names, "copies", "others"))
    shown = account.hours[-SHOWN_HOURS:]
    rows = [
        f"  {hour.hour:<14}"
        + "".join(f"{getattr(hour, name):>12,}" for name in names)
        + f"{hour.rows - hour.first_copies:>12,}{hour.other_lines:>12,}"
        for hour in shown
    ]
    earlier = len(account.hours) - len(shown)
    return [head, *([f"  {earlier} hours before: see --json"] if earlier else []), *rows]


def _ticks(ticks: Ticks | None) -> dict[str, Any] | None:
    if ticks is None:
        return None
    return {
        "every_seconds": ticks.every,
        "seen": len(ticks.seen),
        "missing": [one.end.isoformat() for one in ticks.missing],
        "make_good": [one.payload for one in ticks.missing],
        "overdue": [at.isoformat() for at in ticks.overdue],
        "late": [{"scheduled_at": at.isoformat(), "seconds": late} for at, late in ticks.late],
    }
