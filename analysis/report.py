"""The report of a run: one page that says whether every event arrived, and where everything is.

Writes HTML from facts; gathers nothing itself. All it shows is of the runs that `Facts.account`
names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import icons
from analysis.findings import SHOWN_RUNS
from analysis.hops import Hop
from analysis.page import page
from analysis.reconciliation import Account
from analysis.verdict import Level, Verdict, overall
from analysis.verification import Verification
from analysis.wording import listed

NAME = "report.html"
TOP_TITLES = 10


@dataclass(frozen=True)
class Step:
    """Something that was done, and how long it took, in seconds."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Command:
    """A command to try: what it does, and its text, which a shell takes as it is."""

    purpose: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that the page tells.

    `places` are (what, where) pairs; `notebook` is a page beside the report, or None.
    """

    stack: str
    finished_at: datetime
    account: Account
    verification: Verification
    steps: Sequence[Step] = ()
    places: Sequence[tuple[str, str]] = ()
    commands: Sequence[Command] = ()
    notebook: Path | None = None

    @property
    def verdict(self) -> Verdict:
        """The account first: events that are lost cannot be judged."""
        return overall(
            (self.account.verdict, self.verification.verdict),
            f"{self.account.verdict.text} {self.verification.verdict.text}",
        )


def write(folder: Path, facts: Facts) -> Path:
    """Write `<folder>/report.html` and return its path; it appears only when it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    partial = folder / f".{NAME}"
    partial.write_text(render(facts), "utf-8")
    partial.replace(path)
    return path


def render(facts: Facts) -> str:
    """The page, as text."""
    runs = [run.run_id for run in facts.account.runs]
    named = listed([f"<code>{escape(run)}</code>" for run in runs], SHOWN_RUNS)
    body = (
        f"<header><h1>Is every event accounted for?</h1>"
        f'<p class="soft">Stack <b>{escape(facts.stack)}</b>, '
        f"{facts.finished_at.astimezone(UTC):%d %B %Y, %H:%M:%S} UTC, "
        f"run{'' if len(runs) == 1 else 's'} {named or 'none'}</p>"
        f"{_verdict(facts.verdict)}</header><main>"
        f"<h2>The way of the events</h2>{_flow(facts.account)}{_hops(facts.account.hops)}"
        f"<h2>Are they real?</h2>{_checks(facts)}"
        f'<div class="columns" style="margin-top:16px">{_titles(facts)}{_types(facts)}</div>'
        f"{_where(facts)}{_commands(facts.commands)}</main>"
        f'<footer class="soft"><small>Every figure is of these runs alone and was counted at its '
        f"own stage: the ledger, the topic's offsets, the lines of the objects, the rows of the "
        f"table. The topic's is what it took since the first of them.</small></footer>"
    )
    return page(f"{facts.verdict.level.name}: ACME Telemetry, {facts.stack}", body)


def _verdict(verdict: Verdict) -> str:
    action = f"<br><span>Next: {escape(verdict.action)}</span>" if verdict.action else ""
    return (
        f'<div class="verdict {verdict.level.name}" role="status"><b>{verdict.level.name}</b>'
        f"<span>{escape(verdict.text)}</span>{action}</div>"
    )


def _flow(account: Account) -> str:
    total, topic = account.total, account.topic
    losses = [
        text
        for count, text in (
            (total.rejected, f"{total.rejected:,} rejected"),
            (total.unresolved, f"{total.unresolved:,} unresolved"),
        )
        if count
    ]
    stages = (
        ("generator", "Generated", total.generated, f"events, {_count(account.runs, 'run')}"),
        ("producer", "Acknowledged", total.acked, ", ".join(losses) or "none rejected or in doubt"),
        ("topic", "In Kafka", topic.records, f"records, {topic.partitions} partitions"),
        ("bucket", "In S3", total.lines, f"lines, {total.objects:,} objects"),
        ("table", "In Athena", total.rows, "rows"),
        ("event", "Distinct", total.distinct, f"events, {total.rows - total.distinct:,} copies"),
    )
    parts = []
    for index, (icon, what, count, detail) in enumerate(stages):
        if index:
            parts.append(_arrow(account.hops[index - 1]))
        parts.append(
            f'<li class="stage card">{icons.svg(icon)}<div class="what">{what}</div>'
            f'<div class="count">{count:,}</div><small>{escape(detail)}</small></li>'
        )
    return f'<ol class="flow">{"".join(parts)}</ol>'


def _arrow(hop: Hop) -> str:
    level = hop.verdict.level
    difference = hop.found - hop.expected
    word = {Level.OK: "✓", Level.WARN: "!", Level.FAIL: "✗"}[level]
    number = f"{difference:+,}" if difference and level is not Level.OK else ""
    return (
        f'<li class="hop {level.name}" title="{escape(hop.verdict.text)}">'
        f"<span>{word}</span><i></i><span>{number}</span></li>"
    )


def _hops(hops: Iterable[Hop]) -> str:
    judged = _judged((hop.name, hop.verdict) for hop in hops)
    return f'<div class="card" style="margin-top:16px">{judged}</div>'


def _checks(facts: Facts) -> str:
    link = ""
    if facts.notebook:
        link = (
            f'<p style="margin:12px 0 0">All queries, figures and tables: '
            f'<a href="{escape(facts.notebook.name)}">the executed notebook</a>.</p>'
        )
    return f'<div class="card">{_judged(facts.verification.verdicts.items())}{link}</div>'


def _titles(facts: Facts) -> str:
    frame = facts.verification.frames["views_by_title"].head(TOP_TITLES)
    largest = max([*frame["views"], 1])
    rows = "".join(
        f"<tr><td>{escape(str(row['title_name']))}{_meter(row['views'], largest)}</td>"
        f"<td>{escape(str(row['genre']))}</td>"
        f'<td class="number">{row["views"]:,}</td><td class="number">{row["events"]:,}</td></tr>'
        for row in _rows(frame)
    )
    return _card(
        f"Most viewed titles, n = {int(frame['views'].sum()):,} views of {_count(frame, 'title')}",
        f'<tr><th>Title</th><th>Genre</th><th class="number">Views</th>'
        f'<th class="number">Events</th></tr>{rows}',
        bool(rows),
    )


def _types(facts: Facts) -> str:
    by_type = facts.verification.frames["events_by_type"]
    tiers = facts.verification.frames["views_by_tier"]
    largest = max([*by_type["events"], 1])
    type_rows = "".join(
        f"<tr><td>{escape(str(row['event_type']))}{_meter(row['events'], largest, 'two')}</td>"
        f'<td class="number">{row["events"]:,}</td>'
        f'<td class="number">{row["share_percent"]:.1f} %</td></tr>'
        for row in _rows(by_type)
    )
    largest = max([*tiers["customers"], 1])
    tier_rows = "".join(
        f"<tr><td>{escape(str(row['subscription_tier']).replace('_', ' '))}"
        f"{_meter(row['customers'], largest)}</td>"
        f'<td class="number">{row["customers"]:,}</td><td class="number">{row["views"]:,}</td></tr>'
        for row in _rows(tiers)
    )
    types = _card(
        f"Event types, n = {int(by_type['events'].sum()):,} events",
        f'<tr><th>Type</th><th class="number">Events</th><th class="number">Share</th></tr>'
        f"{type_rows}",
        bool(type_rows),
    )
    viewers = _card(
        f"Viewers by tier, n = {int(tiers['customers'].sum()):,} customers",
        f'<tr><th>Tier</th><th class="number">Customers</th><th class="number">Views</th></tr>'
        f"{tier_rows}",
        bool(tier_rows),
    )
    return f'<div style="display:grid;gap:16px;align-content:start">{types}{viewers}</div>'


def _where(facts: Facts) -> str:
    places = "".join(
        f"<dt>{escape(what)}</dt><dd><code>{escape(where)}</code></dd>"
        for what, where in facts.places
    )
    longest = max([*(step.seconds for step in facts.steps), 0.1])
    steps = "".join(
        f"<tr><td>{escape(step.name)}{_meter(step.seconds, longest)}</td>"
        f'<td class="number">{step.seconds:,.1f} s</td></tr>'
        for step in facts.steps
    )
    total = sum(step.seconds for step in facts.steps)
    parts = []
    if places:
        parts.append(f'<div class="card"><h3>Where everything is</h3><dl>{places}</dl></div>')
    if steps:
        parts.append(_card(f"How long it took: {total:,.1f} s in all", steps, True))
    return f'<h2>The stack</h2><div class="columns">{"".join(parts)}</div>' if parts else ""


def _commands(commands: Iterable[Command]) -> str:
    items = "".join(
        f"<h3>{escape(command.purpose)}</h3><pre><code>{escape(command.text)}</code></pre>"
        for command in commands
    )
    return f'<h2>Try it</h2><div class="card">{items}</div>' if items else ""


def _card(title: str, rows: str, has_rows: bool) -> str:
    content = f"<table>{rows}</table>" if has_rows else '<p class="soft">No data in this range.</p>'
    return f'<div class="card"><h3>{escape(title)}</h3>{content}</div>'


def _sentence(verdict: Verdict) -> str:
    action = f' <span class="soft">Next: {escape(verdict.action)}</span>' if verdict.action else ""
    return escape(verdict.text) + action


def _judged(judgements: Iterable[tuple[str, Verdict]]) -> str:
    rows = "".join(
        f'<li><span class="badge {verdict.level.name}">{verdict.level.name}</span>'
        f"<b>{escape(name)}</b><span>{_sentence(verdict)}</span></li>"
        for name, verdict in judgements
    )
    return f'<ul class="judged">{rows}</ul>'


def _meter(value: float, largest: float, kind: str = "") -> str:
    return f'<span class="meter {kind}" style="width:{100 * value / largest:.1f}%"></span>'


def _count(items: Sized, noun: str) -> str:
    return f"{len(items):,} {noun}{'' if len(items) == 1 else 's'}"


def _rows(frame: pd.DataFrame) -> list[Mapping[Any, Any]]:
    return list(frame.to_dict(orient="records"))
