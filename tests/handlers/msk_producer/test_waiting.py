"""Work without an end is waited for so long and no longer, and what comes late is ended."""

from __future__ import annotations

import threading
import time

import pytest

from handlers.msk_producer import waiting
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


def test_what_is_done_just_now_is_ended_by_nobody_who_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Late(waiting.Future[str]):
        """Done between the end of the time and the look at what came."""

        was_waited_for = False

        def result(self, timeout: float | None = None) -> str:
            found = super().result(10)
            if not self.was_waited_for:
                self.was_waited_for = True
                raise TimeoutError
            return found

    ended = threading.Event()

    def end(_: str) -> None:
        time.sleep(2)
        ended.set()

    monkeypatch.setattr(waiting, "Future", Late)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.1, lambda: "late", unwanted=end)
    assert time.monotonic() - began < 1 and ended.wait(10)
