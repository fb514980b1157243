"""An account is taken for one only if each of its figures is what it should be."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.contract.batch import Account

WHOLE: dict[str, Any] = {
    "batch_id": "b",
    "topic": "t",
    "received": 1,
    "acked": 1,
    "rejected": [],
    "unresolved": [],
}


def test_a_whole_account_comes_back() -> None:
    assert Account.of_reply(WHOLE).as_reply() == WHOLE


@pytest.mark.parametrize(
    "changes",
    [
        {"received": True, "acked": True},
        {"received": True},
        {"acked": True},
        {"received": 1.0},
        {"acked": False, "unresolved": [0]},
        {"acked": 0, "unresolved": [False]},
        {"acked": 0, "unresolved": (0,)},
        {"error": "text"},
        {"batch_id": None},
        {"batch_id": 7},
        {"topic": None},
    ],
    ids=str,
)
def test_a_figure_of_another_type_makes_it_none(changes: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Account.of_reply({**WHOLE, **changes})
