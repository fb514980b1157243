"""The account's frames, as a notebook shows them."""

from __future__ import annotations

from analysis import tables
from tests.analysis.figures import GOOD, account, run

LOST = run(run_id="b" * 16, lines=990, rows=990, distinct=990)
TWICE = run(run_id="c" * 16, lines=1010, rows=1010, max_copies=3)


def test_each_hop_and_each_parting_is_a_row() -> None:
    made = account(GOOD, LOST)
    assert list(tables.hops(made)["hop"]) == [hop.name for hop in made.hops]
    assert tables.partings(made).to_dict("records") == [
        {
            "hop": "Kafka → S3",
            "level": "FAIL",
            "kind": "lost",
            "hour": LOST.sent_hour,
            "run_or_tick": LOST.run_id,
            "count": 10,
        }
    ]


def test_hours_count_copies() -> None:
    frame = tables.hours(account(GOOD, TWICE))
    assert list(frame["hour"]) == [GOOD.hour, GOOD.sent_hour]
    assert list(frame["copies"]) == [0, 10]


def test_runs_with_copies() -> None:
    (row,) = tables.copies(account(GOOD, TWICE)).to_dict("records")
    assert (row["run_id"], row["copies"], row["max_copies"]) == (TWICE.run_id, 10, 3)


def test_without_runs_the_frames_have_their_columns() -> None:
    for frame in (tables.partings, tables.hours, tables.copies):
        found = frame(account())
        assert found.empty and len(found.columns) > 4
