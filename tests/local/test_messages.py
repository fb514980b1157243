"""What the commands say and start: short where there is much, in full where it matters."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from local.__main__ import lab, logs
from local.demo import counted
from local.operations import OperationError, crawl, deployed, invoke
from local.ports import free_ports
from local.settings import Laptop
from local.stack import briefly


def test_new_resources_are_counted_and_changes_told_in_full() -> None:
    said: list[str] = []
    say = briefly(said.append, every=2)
    for number in range(5):
        say(f"created aws:s3/bucket:Bucket b{number}")
    say("updated aws:lambda/function:Function f")
    say("removed half-made role")
    assert said == [
        "2 resources created",
        "4 resources created",
        "updated aws:lambda/function:Function f",
        "removed half-made role",
    ]


@pytest.mark.parametrize(
    ("left_out", "line"),
    [
        (0, "7,003 titles: 3 popular, 7,000 niche"),
        (2, "7,005 titles: 3 popular, 7,000 niche, 2 left out"),
    ],
)
def test_rows_left_out_are_named_where_there_are(left_out: int, line: str) -> None:
    counts = {"titles": {"popular": 3, "niche": 7000, "left_out": left_out}}
    assert counted(counts) == [line]


@pytest.mark.parametrize(("user_id", "told"), [(0, True), (1000, False)])
def test_jupyterlab_is_told_to_run_as_root_only_where_it_does(user_id: int, told: bool) -> None:
    assert ("--allow-root" in lab(user_id)) is told


def test_a_destroyed_stack_is_named() -> None:
    with pytest.raises(OperationError, match=r"E_NOT_DEPLOYED: .* fix: make up"):
        deployed({})
    assert deployed({"region": "eu-central-1"}) == {"region": "eu-central-1"}


def test_aws_that_does_not_run_is_named_in_one_line(tmp_path: Path) -> None:
    laptop = Laptop(state=tmp_path, cache=tmp_path, ports=free_ports())
    one_line = r"^E_AWS: .*; fix: see `make status`.*$"
    with pytest.raises(OperationError, match=one_line):
        crawl(laptop, {"crawler": "C"})
    with pytest.raises(OperationError, match=one_line):
        invoke(laptop, "F", {})


def test_logs_that_are_not_there_are_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop = Laptop(state=tmp_path, cache=tmp_path, ports=free_ports())
    assert logs(laptop, argparse.Namespace(lines=5)) == 0
    assert capsys.readouterr().out.startswith("no logs in ")
