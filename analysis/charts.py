"""Figures of the verification: one claim each, axes with units, n in the title.

Colours are Okabe and Ito's, which colour-blind readers can tell apart; the same thing has the same
colour in every figure.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.hops import Hop
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
}


class Chart(Figure):
    """A figure that a notebook shows by itself, as SVG; known to no global state of matplotlib."""

    def _repr_svg_(self) -> str:
        drawn = io.StringIO()
        with mpl.rc_context(STYLE):
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


def _bars(title: str, labels: Sequence[str], values: pd.Series, unit: str, colour: str) -> Chart:
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(0.55 + 0.36 * max(len(labels), 2) + 0.7)
        figure.suptitle(title, **TITLE)
        if not len(values):
            axes.set_xlabel(unit)
            return _without_data(figure, axes)
        counts = [float(value) for value in values]
        axes.barh(range(len(counts)), counts, color=colour)
        axes.set_yticks(range(len(counts)), labels)
        _finish_bars(axes, counts, unit)
        return figure


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
