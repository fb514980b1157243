"""How a process of the laptop hears that it is to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})


def when_told(end: Callable[[], None]) -> None:
    """Call `end` in a thread of its own at the first SIGTERM or SIGINT.

    A handler runs in the middle of what the main thread does, and an Event that it sets waits for
    a lock that this thread may hold: for ever. Call it before other threads are started; they, and
    processes that are started, hear of these signals no more.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def wait() -> None:
        signal.sigwait(SIGNALS)
        end()

    threading.Thread(target=wait, name="ending", daemon=True).start()
