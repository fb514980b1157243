"""The laptop stack as a whole: its parts in order, brought up, deployed to, and taken down."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import local.delivery
import local.kafka.broker
import local.provider
import local.pulumi
import local.trino.server
from local import emulator
from local.engine import Engine, Result
from local.errors import LaptopError
from local.parts import Part
from local.settings import Laptop
from local.supervisor import Supervisor

Say = Callable[[str], None]


def parts(laptop: Laptop) -> list[Part]:
    """Every process of the stack; the broker is first, since it makes what the others trust."""
    return [
        local.kafka.broker.part(laptop),
        emulator.part(laptop),
        local.trino.server.part(laptop),
        local.provider.part(laptop),
        local.delivery.part(laptop),
    ]


def fetch(laptop: Laptop, say: Say) -> None:
    """Bring all that the stack runs on into the cache, side by side.

    Raises the first failure, after the others have ended.
    """
    supplies = (
        emulator.fetch,
        local.kafka.broker.fetch,
        local.trino.server.fetch,
        local.pulumi.fetch,
    )
    speaking = threading.Lock()

    def say_one(text: str) -> None:
        with speaking:
            say(text)

    with ThreadPoolExecutor(len(supplies)) as pool:
        for done in [pool.submit(supply, laptop, say_one) for supply in supplies]:
            done.result()


def start(laptop: Laptop, supervisor: Supervisor, say: Say) -> None:
    """Start the parts that do not run, all at once, and wait until each answers.

    Where one cannot be started, those that this call started are stopped again.
    """
    laptop.save()
    began = time.monotonic()
    try:
        for part in [part for part in parts(laptop) if supervisor.spawn(part)]:
            supervisor.wait(part)
            say(f"{part.name} answers after {time.monotonic() - began:.1f} s")
    except LaptopError:
        stop(laptop, supervisor, supervisor.started)
        raise


def deploy(laptop: Laptop, say: Say) -> Result:
    """`pulumi up` of the program; refreshes first when the emulator lost what it had not saved."""
    health = emulator.health(laptop) or {}
    lost = bool(health.get("unclean_start"))
    if lost:
        say("the emulator ended uncleanly before: comparing with what is left")
    return Engine(laptop).up(refresh=lost, on_event=say)


def stop(laptop: Laptop, supervisor: Supervisor, only: list[Part] | None = None) -> list[str]:
    """Stop the parts, last first, or those of `only`; the names of those that ran."""
    chosen = parts(laptop) if only is None else only
    return [part.name for part in reversed(chosen) if supervisor.stop(part)]


def erase(laptop: Laptop) -> None:
    """Delete the stack's data; everything on the laptop can be rebuilt from nothing."""
    shutil.rmtree(laptop.state, ignore_errors=True)
