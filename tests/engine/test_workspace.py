"""Locks and unfinished operations that a killed CLI leaves, as files."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.pulumi.workspace import STACK, DamagedStateError, backend, lock_holders, unfinished
from local.settings import Laptop

NOW = "2999-01-01T00:00:00.123456789Z"
BEFORE_THIS_PROCESS = "2001-01-01T00:00:00Z"
HERE = socket.gethostname()
NOBODY = 2**22 + 1  # above the largest pid of Linux


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return replace(Laptop(), state=tmp_path)


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        (json.dumps({"pid": os.getpid(), "hostname": HERE, "timestamp": NOW}), os.getpid()),
        (
            json.dumps({"pid": os.getpid(), "hostname": HERE, "timestamp": BEFORE_THIS_PROCESS}),
            None,
        ),
        (json.dumps({"pid": NOBODY, "hostname": HERE, "timestamp": NOW}), None),
        (json.dumps({"pid": os.getpid(), "hostname": f"not-{HERE}", "timestamp": NOW}), None),
        ('{"pid": 1, "host', None),
        ("", None),
        ("[]", None),
        ("{}", None),
    ],
    ids=["runs", "pid was reused", "gone", "another machine", "cut short", "empty", "list", "{}"],
)
def test_who_holds_a_lock(laptop: Laptop, text: str, holder: int | None) -> None:
    lock = backend(laptop) / ".pulumi" / "locks" / "organization" / "trial" / STACK / "a.json"
    lock.parent.mkdir(parents=True)
    lock.write_text(text)
    assert lock_holders(laptop, "trial") == {lock: holder}
    assert lock_holders(laptop, "other") == {}


@pytest.mark.parametrize(
    ("checkpoint", "cut_off"),
    [
        ({"latest": {"pending_operations": [{"type": "creating"}]}}, True),
        ({"latest": {"pending_operations": []}}, False),
        ({"latest": {}}, False),
        ({"latest": None}, False),
    ],
)
def test_what_a_kill_left_unfinished(
    laptop: Laptop, checkpoint: dict[str, Any], cut_off: bool
) -> None:
    assert not unfinished(laptop, "trial")
    state = backend(laptop) / ".pulumi" / "stacks" / "trial" / f"{STACK}.json"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps({"checkpoint": checkpoint}))
    assert unfinished(laptop, "trial") is cut_off


@pytest.mark.parametrize("text", ["", '{"version": 3, "check', "[]", "null", "{}", '"x"'])
def test_a_damaged_state_is_named_with_what_to_do(laptop: Laptop, text: str) -> None:
    file = backend(laptop) / ".pulumi" / "stacks" / "trial" / f"{STACK}.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(DamagedStateError, match=r"^E_ENGINE_STATE: .*local\.json.*make reset"):
        unfinished(laptop, "trial")
