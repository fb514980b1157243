"""Work that has no end of its own: waited for so long and no longer.

Looking up a name, and the client's start, questions and end take what time they take; some have no
time-out and those of others add up. They run in a thread that may outlast the call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def within(
    seconds: float, work: Callable[[], T], unwanted: Callable[[T], object] | None = None
) -> T:
    """What `work` returns or raises; `unwanted` gets a result that came too late.

    Raises TimeoutError when `work` is not done within `seconds`.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    def end(late: Future[T]) -> None:
        # In a thread of its own: what came just now ends here, where nobody waits any more.
        if unwanted is not None and late.exception() is None:
            threading.Thread(target=unwanted, args=(late.result(),), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        return future.result(max(0.0, seconds))
    except TimeoutError:
        future.add_done_callback(end)
        raise
