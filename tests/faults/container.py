"""A container of the producer in a process of its own: it can be frozen, killed and measured.

As a program: reads `{"payload", "seconds"}` by line and answers each with the handler's reply, how
long it took without the way here and back, and how many tokens were signed since the start.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from local.settings import REPO

OLD_SECONDS = 1800.0  # half of what its keys last


class Container:
    """One call at a time, as Lambda has it; `between_calls` is held while one runs.

    Its keys do not outlive an hour: Lambda has replaced a sandbox by then.
    """

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.tokens = 0
        """How many were signed, as of the last answer."""
        self.between_calls = threading.Lock()
        self._made_at = time.monotonic()
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.container"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                cwd=REPO,
                env={"PATH": os.environ["PATH"], **environment},
            )

    @property
    def old(self) -> bool:
        """Whether it should be replaced before it is used for another row."""
        return time.monotonic() - self._made_at > OLD_SECONDS

    def call(self, payload: object, seconds: float) -> tuple[dict[str, Any] | None, float]:
        """The reply of one invocation with `seconds` to its time-out, and how long it took.

        The reply is None when the process was killed meanwhile.
        """
        pipe, answers = self._process.stdin, self._process.stdout
        assert pipe is not None and answers is not None
        with self.between_calls:
            try:
                pipe.write(json.dumps({"payload": payload, "seconds": seconds}).encode() + b"\n")
                pipe.flush()
            except BrokenPipeError:
                return None, 0.0
            answer = answers.readline()
        if not answer.endswith(b"\n"):
            return None, 0.0
        answered = json.loads(answer)
        self.tokens = answered["tokens"]
        return answered["reply"], answered["seconds"]

    def freeze(self) -> None:
        """As the platform does between calls."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """And before the next one."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """As the platform does at the time-out."""
        self._process.kill()
        self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def memory_bytes(self) -> int:
        """What is resident now."""
        resident: int = psutil.Process(self._process.pid).memory_info().rss
        return resident


def main() -> None:
    """Answer until the input ends; logs and metrics go to stderr."""
    answers, sys.stdout = sys.stdout, sys.stderr
    from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

    from handlers.msk_producer.handler import handle
    from tests.handlers.msk_producer.events import Clock

    tokens = 0

    def counted(sign: Callable[..., Any]) -> Callable[..., Any]:
        def signed(*given: Any, **named: Any) -> Any:
            nonlocal tokens
            tokens += 1
            return sign(*given, **named)

        return signed

    for name in [name for name in vars(MSKAuthTokenProvider) if name.startswith("generate_")]:
        setattr(MSKAuthTokenProvider, name, counted(getattr(MSKAuthTokenProvider, name)))
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.monotonic()
        reply = handle(asked["payload"], Clock(asked["seconds"]))
        answer = {"reply": reply, "seconds": time.monotonic() - began, "tokens": tokens}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
