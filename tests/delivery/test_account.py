"""A role's keys: held while they are good, renewed before they are not."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import pytest
from botocore.credentials import Credentials

from local import settings
from local.delivery.account import RENEW_SECONDS, KeysError, RoleKeys, _Held
from local.ports import free_ports


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], RoleKeys]:
    """Keys of a role of which each set is good for so many seconds, numbered as they come."""

    def make(seconds: float) -> RoleKeys:
        made = RoleKeys(settings.load(), "arn:aws:iam::000000000000:role/r", "arn")
        numbers = iter(range(10))
        monkeypatch.setattr(
            made,
            "_fetch",
            lambda: _Held(Credentials(str(next(numbers)), "s", "t"), time.time() + seconds),
        )
        return made

    return make


@pytest.mark.parametrize(
    ("seconds", "second"), [(RENEW_SECONDS + 60, "0"), (RENEW_SECONDS - 60, "1"), (-5, "1")]
)
def test_keys_are_renewed_before_they_expire(
    keys: Callable[[float], RoleKeys], seconds: float, second: str
) -> None:
    held = keys(seconds)
    assert held.load().access_key == "0"
    assert held.load().access_key == second


def test_forgotten_keys_are_not_used_again(keys: Callable[[float], RoleKeys]) -> None:
    held = keys(3600)
    held.load()
    held.forget()
    assert held.load().access_key == "1"


def test_without_the_emulator_the_error_names_it() -> None:
    nobody = dataclasses.replace(settings.load(), ports=free_ports())
    with pytest.raises(KeysError, match=r"^E_DELIVERY_EMULATOR: .*; fix: "):
        RoleKeys(nobody, "arn:aws:iam::000000000000:role/r", "arn").load()
