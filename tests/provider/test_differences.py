"""What counts as a change of the program, and what as drift in the cloud."""

from __future__ import annotations

from typing import Any

import pytest

from local.provider.differences import agrees, changed, settled
from local.provider.values import ARCHIVE, SIGNATURE


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}, ["b", "c"]),
        ({"a": 1}, {}, ["a"]),
        ({"p": '{"a": 1, "b": [2]}'}, {"p": '{"b":[2],"a":1}'}, []),
        ({"p": '{"a": 1}'}, {"p": '{"a": 2}'}, ["p"]),
        ({"p": "{not json"}, {"p": "{not json"}, []),
        ({"t": {}, "l": [], "s": ""}, {}, []),
        ({"on": False}, {}, ["on"]),
        ({"n": {"a": None, "b": 1}}, {"n": {"b": 1}}, []),
        ({"list": [1, 2]}, {"list": [2, 1]}, ["list"]),
    ],
)
def test_changes_are_by_content(old: Any, new: Any, names: list[str]) -> None:
    assert changed(old, new) == names


def test_an_archive_is_its_hash_wherever_it_lies() -> None:
    old = {"code": {SIGNATURE: ARCHIVE, "hash": "1", "path": "/a"}}
    assert changed(old, {"code": {SIGNATURE: ARCHIVE, "hash": "1", "path": "/b"}}) == []
    assert changed(old, {"code": {SIGNATURE: ARCHIVE, "hash": "2", "path": "/a"}}) == ["code"]


@pytest.mark.parametrize(
    ("declared", "live", "same"),
    [
        (30, "30", True),
        (30, "31", False),
        (True, "true", True),
        (False, None, True),
        (True, None, False),
        (None, {}, True),
        (None, {"a": "b"}, False),
        (["b", "a"], ["a", "b"], True),
        ([{"n": "b"}, {"n": "a"}], [{"n": "a"}, {"n": "b"}], False),
        ({"a": {"on": False}, "b": 1}, {"b": 1}, True),
        ('{"a": 1}', '{"a":1}', True),
        ("x", None, False),
    ],
)
def test_what_aws_leaves_out_or_reorders_is_no_drift(declared: Any, live: Any, same: bool) -> None:
    assert agrees(declared, live) is same


def test_drift_is_written_down_and_the_rest_stays_as_declared() -> None:
    declared = {"days": 7, "policy": '{"a": 1}', "code": "kept", "gone": "x"}
    live = {"days": 3, "policy": '{"a":1}', "gone": None, "tags": {"by": "hand"}, "arn": "no input"}
    found = settled(declared, live, ["days", "policy", "code", "gone", "tags"])
    assert found == {"days": 3, "policy": '{"a": 1}', "code": "kept", "tags": {"by": "hand"}}
