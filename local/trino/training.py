"""Makes the engine ready to start quickly: fetched, and run once to fill the Java machine's cache.

The cache keeps loaded classes and what the machine learnt of them (JEP 483, 514 and 515). It saves
a start half of its processor time, and is nothing but speed: without it all works the same.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from local.ports import free_ports
from local.settings import Laptop
from local.trino import server, supply
from local.trino.supply import Say

START_SECONDS = 240
END_SECONDS = 240  # the machine writes its cache when it ends, in 15 on an idle one
POLL_SECONDS = 0.2


def fetch(laptop: Laptop, say: Say) -> None:
    """Fetch the engine and train it, unless that was done before. Raises MavenError.

    A training that fails is said, and tried again by the next command.
    """
    supply.fetch(laptop, say)
    target = server.aot_cache(laptop)
    if target.exists():
        return
    with supply.alone(laptop):
        if not target.exists():
            say("running the SQL engine once, so that it starts quickly from now on")
            if not _train(laptop, target):
                say("the SQL engine could not be prepared for quick starts; it starts as before")


def _train(laptop: Laptop, target: Path) -> bool:
    with tempfile.TemporaryDirectory(dir=laptop.cache, prefix=supply.PART) as part:
        pupil = replace(laptop, state=Path(part), ports=free_ports())
        server.prepare(pupil)
        made = Path(part) / target.name
        with (Path(part) / "log").open("wb") as log:
            engine = subprocess.Popen(
                server.command(pupil, f"-XX:AOTCacheOutput={made}"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=part,
            )
            try:
                answers = _answers(engine, pupil)
                engine.terminate()
                engine.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                return False
            finally:
                engine.kill()
                engine.wait()
        if not (answers and made.exists()):
            return False
        os.replace(made, target)
        return True


def _answers(engine: subprocess.Popen[bytes], pupil: Laptop) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while engine.poll() is None and time.monotonic() < deadline:
        if server.healthy(pupil):
            return True
        time.sleep(POLL_SECONDS)
    return False
