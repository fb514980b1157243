"""Charts: title with n, units on the axes, and a chart even without data."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import charts
from analysis.lateness import Lateness
from analysis.ticks import Missing, Ticks
from tests.analysis.figures import account, frames, run

FRAMES = frames()
CHARTS: list[tuple[Callable[[pd.DataFrame], Figure], str, str, str]] = [
    (charts.views_by_title, "views_by_title", "n = 420 views", "views"),
    (charts.events_by_type, "events_by_type", "n = 1,000 events", "unique events"),
    (charts.views_by_tier, "views_by_tier", "n = 400 customers", "distinct customers"),
    (charts.events_by_hour, "events_by_hour", "n = 1,000 events", "hour of the event, UTC"),
]


def title(figure: Figure) -> str:
    return str(figure.get_suptitle())


@pytest.mark.parametrize(("chart", "query", "n", "unit"), CHARTS)
def test_a_chart_tells_its_unit_and_n(
    chart: Callable[[pd.DataFrame], Figure], query: str, n: str, unit: str
) -> None:
    figure = chart(FRAMES[query])
    assert n in title(figure)
    assert figure.axes[0].get_xlabel() == unit


@pytest.mark.parametrize(("chart", "query", "n", "unit"), CHARTS)
def test_a_chart_without_data_says_so(
    chart: Callable[[pd.DataFrame], Figure], query: str, n: str, unit: str
) -> None:
    figure = chart(FRAMES[query].head(0))
    assert "n = 0" in title(figure)
    assert [text.get_text() for text in figure.axes[0].texts] == ["no data in this range"]


def test_a_notebook_shows_a_chart_as_a_drawing_of_its_own() -> None:
    drawn = charts.events_by_type(FRAMES["events_by_type"])._repr_svg_()
    assert drawn.startswith("<svg") and drawn.endswith("</svg>")
    assert drawn == charts.events_by_type(FRAMES["events_by_type"])._repr_svg_()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (r"Cost: $\foo$ of war", r"Cost: $\foo$ of war (Drama)"),
        ("A $5 and a $10 bill", "A $5 and a $10 bill (Drama)"),
        ("<b>&", "&lt;b&gt;&amp; (Drama)"),
        ("東京物語", "東京物語 (Drama)"),
        ("two\nlines", "two lines (Drama)"),
        ("long " * 60, "long long long long long long long long lon…"),
        ("x" * 300, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"),
    ],
)
def test_a_title_is_shown_as_it_is_written(name: str, shown: str) -> None:
    frame = FRAMES["views_by_title"].head(1).assign(title_name=name, genre="Drama")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f">{shown}<" in charts.views_by_title(frame)._repr_svg_()


def test_an_hour_without_events_is_a_gap_not_left_out() -> None:
    axes = charts.events_by_hour(FRAMES["events_by_hour"]).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [600, 0, 400]


def test_hours_show_what_was_made_and_what_arrived() -> None:
    figure = charts.hours(account(run(rows=990)).hours)
    assert "n = 1,000 lines, 990 rows" in title(figure)
    axes = figure.axes[0]
    assert [bar.get_height() for bar in axes.patches] == [0, 1000]
    assert [list(line.get_ydata()) for line in axes.lines] == [[0, 990], [1000, 0]]


def test_lateness_has_a_bar_for_each_bucket() -> None:
    figure = charts.lateness(Lateness(Counter({60: 9, 4000: 1})))
    assert "n = 10 lines" in title(figure)
    axes = figure.axes[0]
    bars = zip(axes.get_yticklabels(), axes.patches, strict=True)
    found = {label.get_text(): bar.get_width() for label, bar in bars}
    assert found == {**dict.fromkeys(found, 0), "under 5 min": 9, "1 to 6 h": 1}


def test_ticks_that_never_came_stand_on_those_that_came() -> None:
    noon = datetime(2025, 8, 11, 12, tzinfo=UTC)
    ten = noon - timedelta(hours=2)
    begin, end = noon - timedelta(minutes=10), noon - timedelta(minutes=5)
    missing = Missing(begin, end, (begin, end))
    figure = charts.ticks(Ticks(300, (ten, noon), (missing,), (), ()))
    assert "n = 3 due, 1 never came" in title(figure)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == [1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    "figure", [charts.hours([]), charts.lateness(Lateness(Counter())), charts.ticks(None)]
)
def test_without_a_run_the_charts_say_so(figure: Figure) -> None:
    assert "n = 0" in title(figure)
    assert [text.get_text() for text in figure.axes[0].texts] == ["no data in this range"]


def test_hops_have_the_colour_of_their_verdict() -> None:
    figure = charts.hops(account(run(lines=900, rows=900, distinct=900)).hops)
    colours = [bar.get_facecolor() for bar in figure.axes[0].patches]
    assert colours[0] == colours[1] == colours[3] == colours[4] != colours[2]
