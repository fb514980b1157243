"""Work without an end is waited for so long and no longer, and what comes late is ended."""

from __future__ import annotations

import threading
import time

import pytest

from handlers.msk_producer.waiting import within


def test_what_is_done_in_time_is_returned() -> None:
    assert within(5, lambda: 7) == 7


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("its own")])
def test_what_is_raised_in_time_is_raised(error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error), match=str(error)):
        within(5, fail)


@pytest.mark.parametrize("seconds", [-1, 0, 0.2])
def test_what_comes_late_is_not_waited_for_and_handed_to_be_ended(seconds: float) -> None:
    released, ended = threading.Event(), threading.Event()
    late: list[str] = []

    def work() -> str:
        released.wait(10)
        return "late"

    def end(result: str) -> None:
        late.append(result)
        ended.set()

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        within(seconds, work, unwanted=end)
    assert time.monotonic() - began < 1
    assert late == []
    released.set()
    assert ended.wait(10)
    assert late == ["late"]
