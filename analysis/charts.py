"""Figures of the verification: one claim each, axes with units, n in the title.

Colours are Okabe and Ito's, which colour-blind readers can tell apart; the same thing has the same
colour in every figure.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.hops import Hop
from analysis.hours import HourFigures
from analysis.lateness import Lateness
from analysis.ticks import Ticks
from analysis.verdict import Level

BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#6B7280"
VIEWS, EVENTS = BLUE, ORANGE
LEVELS = {Level.OK: GREEN, Level.WARN: ORANGE, Level.FAIL: VERMILION}
WIDTH_INCHES = 8.0
TITLE: Any = {"x": 0.01, "ha": "left", "fontsize": 11.5, "fontweight": "bold"}
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "acme-telemetry",
    # a text stays text, in a font of the reader's that has its letters, and `$` is a dollar
    "svg.fonttype": "none",
    "text.parse_math": False,
}
LABEL_CHARACTERS = 44


class Chart(Figure):
    """A figure that a notebook shows by itself, as SVG; known to no global state of matplotlib."""

    def _repr_svg_(self) -> str:
        drawn = io.StringIO()
        with mpl.rc_context(STYLE), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            self.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        return drawn.getvalue().partition("<!DOCTYPE")[2].partition(">")[2].strip()


def views_by_title(frame: pd.DataFrame, top: int = 10) -> Chart:
    """Bars of the most viewed titles (`views_by_title`)."""
    rows = frame.head(top)
    labels = [
        f"{name} ({genre})" for name, genre in zip(rows["title_name"], rows["genre"], strict=True)
    ]
    return _bars(
        f"Most viewed titles (n = {_total(rows, 'views')} views of these {len(rows)} titles)",
        labels,
        rows["views"],
        "views",
        VIEWS,
    )


def events_by_type(frame: pd.DataFrame) -> Chart:
    """Bars of the event types (`events_by_type`)."""
    return _bars(
        f"Events by type (n = {_total(frame, 'events')} events)",
        list(frame["event_type"]),
        frame["events"],
        "unique events",
        EVENTS,
    )


def views_by_tier(frame: pd.DataFrame) -> Chart:
    """Bars of the customers of each subscription tier (`views_by_tier`)."""
    return _bars(
        f"Viewers by subscription tier (n = {_total(frame, 'customers')} customers)",
        [str(tier).replace("_", " ") for tier in frame["subscription_tier"]],
        frame["customers"],
        "distinct customers",
        BLUE,
    )


def events_by_hour(frame: pd.DataFrame) -> Chart:
    """Events and views in each hour of event time (`events_by_hour`); gaps are drawn as zero."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(3.2)
        figure.suptitle(
            f"Events by hour (n = {_total(frame, 'events')} events, "
            f"{_total(frame, 'views')} views begun)",
            **TITLE,
        )
        axes.set_xlabel("hour of the event, UTC")
        axes.set_ylabel("count in the hour")
        if frame.empty:
            return _without_data(figure, axes)
        hours = pd.DatetimeIndex(pd.to_datetime(frame["event_hour"], format="%Y-%m-%dT%H"))
        counts = frame[["events", "views"]].astype(float).set_axis(hours)
        every = counts.reindex(pd.date_range(hours.min(), hours.max(), freq="h"), fill_value=0.0)
        places = range(len(every))
        axes.bar(places, every["events"], width=0.8, color=EVENTS, label="unique events")
        axes.plot(places, every["views"], color=VIEWS, marker="o", ms=4, label="views begun")
        step = max(1, len(every) // 8)
        labels = [
            f"{hour:%H:00}\n{hour:%d %b}" if at == 0 or hour.hour < step else f"{hour:%H:00}"
            for at, hour in enumerate(every.index[::step])
        ]
        axes.set_xticks(list(places)[::step], labels)
        _count_axis(axes, "y")
        figure.legend(frameon=False, loc="outside lower left", ncols=2)
        return figure


def hops(account: Sequence[Hop]) -> Chart:
    """What came out of each hop, coloured by its verdict."""
    with mpl.rc_context(STYLE):
        n = max((hop.expected for hop in account), default=0)
        figure, axes = _canvas(0.55 + 0.42 * len(account) + 0.9)
        figure.suptitle(f"Events after each hop (n = {n:,} events expected)", **TITLE)
        places = range(len(account))
        axes.barh(
            places,
            [hop.found for hop in account],
            color=[LEVELS[hop.verdict.level] for hop in account],
        )
        axes.set_yticks(list(places), [f"{hop.name} [{hop.verdict.level.name}]" for hop in account])
        _finish_bars(axes, [float(hop.found) for hop in account], "events, records, lines or rows")
        return figure


def hours(figures: Sequence[HourFigures]) -> Chart:
    """Lines and rows by hour of arrival, and what was acknowledged by hour of its window."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(3.2)
        lines, rows = (sum(getattr(hour, name) for hour in figures) for name in ("lines", "rows"))
        figure.suptitle(f"Made and arrived by hour (n = {lines:,} lines, {rows:,} rows)", **TITLE)
        axes.set_xlabel("hour of the window (acknowledged) or of arrival (lines, rows), UTC")
        axes.set_ylabel("count in the hour")
        if not figures:
            return _without_data(figure, axes)
        places = range(len(figures))
        axes.bar(places, [one.lines for one in figures], color=EVENTS, label="lines in S3")
        axes.plot(places, [one.rows for one in figures], "o", color=BLUE, ms=4, label="rows")
        axes.step(
            *(places, [one.acked for one in figures]),
            where="mid",
            color=GREY,
            label="events acknowledged",
        )
        step = max(1, len(figures) // 8)
        labels = [f"{one.hour[11:]}:00\n{one.hour[5:10]}" for one in figures[::step]]
        axes.set_xticks(list(places)[::step], labels)
        _count_axis(axes, "y")
        figure.legend(frameon=False, loc="outside lower left", ncols=3)
        return figure


def lateness(late: Lateness) -> Chart:
    """Lines by how long after their event they lay in S3."""
    found = late.histogram
    n = sum(found.values())
    shown = pd.Series(found if n else {}, dtype=float)
    title = f"From an event to its object in S3 (n = {n:,} lines)"
    return _bars(title, [str(name) for name in shown.index], shown, "lines", EVENTS)


def ticks(found: Ticks | None) -> Chart:
    """Ticks of the schedule by the hour in which they were due; those that never came on top."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(2.8)
        seen = found.seen if found else ()
        missing = [one.end for one in found.missing] if found else []
        figure.suptitle(
            f"Ticks by hour (n = {len(seen) + len(missing):,} due, {len(missing):,} never came)",
            **TITLE,
        )
        axes.set_xlabel("hour in which they were due, UTC")
        axes.set_ylabel("ticks in the hour")
        if not seen and not missing:
            return _without_data(figure, axes)
        due = pd.DatetimeIndex([*seen, *missing]).floor("h")
        every = pd.date_range(due.min(), due.max(), freq="h")
        came, gone = (
            due[part].value_counts().reindex(every, fill_value=0)
            for part in (slice(len(seen)), slice(len(seen), None))
        )
        places = range(len(every))
        axes.bar(places, came, color=GREEN, label="came")
        axes.bar(places, gone, bottom=came, color=VERMILION, label="never came")
        step = max(1, len(every) // 8)
        axes.set_xticks(list(places)[::step], [f"{at:%H:00}\n{at:%d %b}" for at in every[::step]])
        _count_axis(axes, "y")
        figure.legend(frameon=False, loc="outside lower left", ncols=2)
        return figure


def _bars(title: str, labels: Sequence[str], values: pd.Series, unit: str, colour: str) -> Chart:
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(0.55 + 0.36 * max(len(labels), 2) + 0.7)
        figure.suptitle(title, **TITLE)
        if not len(values):
            axes.set_xlabel(unit)
            return _without_data(figure, axes)
        counts = [float(value) for value in values]
        axes.barh(range(len(counts)), counts, color=colour)
        axes.set_yticks(range(len(counts)), [_short(label) for label in labels])
        _finish_bars(axes, counts, unit)
        return figure


def _short(label: str) -> str:
    """On one line, with room left for the bars."""
    line = " ".join(label.split())
    return line if len(line) <= LABEL_CHARACTERS else f"{line[: LABEL_CHARACTERS - 1]}…"


def _finish_bars(axes: Axes, counts: Sequence[float], unit: str) -> None:
    """The first bar on top, each with its value, room for the values at the right."""
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.tick_params(axis="y", length=0)
    _count_axis(axes, "x")
    largest = max([*counts, 1.0])
    axes.set_xlim(0, largest * 1.14)
    for at, count in enumerate(counts):
        axes.text(count + largest * 0.01, at, f"{count:,.0f}", va="center", fontsize=9)


def _count_axis(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.grid(axis="x" if which == "x" else "y", color="#E5E7EB", linewidth=0.8)


def _canvas(height_inches: float) -> tuple[Chart, Axes]:
    figure = Chart(figsize=(WIDTH_INCHES, height_inches), layout="constrained", dpi=110)
    return figure, figure.add_subplot()


def _without_data(figure: Chart, axes: Axes) -> Chart:
    axes.text(
        0.5,
        0.5,
        "no data in this range",
        ha="center",
        va="center",
        color=GREY,
        transform=axes.transAxes,
    )
    axes.set_xticks([])
    axes.set_yticks([])
    return figure


def _total(frame: pd.DataFrame, column: str) -> str:
    return f"{int(frame[column].sum()):,}"
