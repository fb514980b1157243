"""The benchmarks run, small, and both programs make the same kind of line. No speed is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import columns, generation, page, plain
from benchmarks.measure import Figure, Times, interleaved
from handlers.contract.event import COLUMN_NAMES

REPO = Path(__file__).resolve().parents[2]
COUNT = 12_345  # more than a batch


@pytest.fixture(scope="module")
def made() -> bytes:
    return b"".join(columns.batches(COUNT, columns.references(60, 900)))


def test_columns_are_spelt_as_json_dumps_spells_the_same_events(made: bytes) -> None:
    for line in made.splitlines():
        event = json.loads(line, parse_float=lambda digits: f"\u241f{digits}\u241f")
        spelt = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
        assert spelt.replace('"\u241f', "").replace('\u241f"', "").encode() == line


def test_both_programs_make_whole_events_of_about_one_size(made: bytes) -> None:
    ours, others = made.decode().splitlines(), list(plain.lines(1_000))
    assert len(ours) == COUNT
    for line in (*ours[:1_000], *others):
        assert tuple(json.loads(line)) == COLUMN_NAMES
    ratio = (len(made) / COUNT) / (sum(map(len, others)) / len(others) + 1)
    assert 0.9 < ratio < 1.1


def test_a_process_writes_what_this_process_makes() -> None:
    written = subprocess.run(
        [sys.executable, "-m", "benchmarks.columns", "500"],
        cwd=REPO,
        check=True,
        capture_output=True,
    )
    assert written.stdout == b"".join(columns.batches(500, columns.references()))
    assert float(written.stderr) > 1


def test_figures_are_made_from_small_runs_and_shown_in_the_page() -> None:
    figures = [
        *generation.events(200, rounds=1),
        generation.processes(100, rounds=1),
        generation.handler_import(rounds=1),
        generation.memory(100, rounds=1),
    ]
    text = page.rendered(figures, load=0.5)
    assert [figure.what in text for figure in figures] == [True] * len(figures)


def test_rounds_are_interleaved_and_their_median_counts() -> None:
    order: list[str] = []
    ticks = iter([0.0, 1.0, 1.0, 3.0, 3.0, 7.0, 7.0, 9.0, 9.0, 10.0, 10.0, 12.0])
    costs = interleaved(
        3,
        {"a": lambda: order.append("a"), "b": lambda: order.append("b")},
        clock=lambda: next(ticks),
    )
    assert order == ["a", "b"] * 3
    assert costs == {"a": (1.0, 4.0, 1.0), "b": (2.0, 2.0, 2.0)}
    assert Times(costs["a"], events=2).middle == 0.5
    assert Times(costs["a"]).spread() == "1.00 / 1.00 / 4.00"


def test_the_page_holds_the_date_the_machine_and_the_ratio() -> None:
    text = page.rendered([Figure("what", "s", "1", "2", "2.0 × as fast", "≥ 1 ×")], load=1.25)
    assert "| what | s | 1 | 2 | 2.0 × as fast | ≥ 1 × |" in text
    assert "numpy 2" in text and "Load average at the beginning: 1.2" in text
