"""The laptop stack as a whole: its parts in order, brought up, deployed to, and taken down."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import local.delivery
import local.kafka.broker
import local.provider
import local.pulumi
import local.trino.server
import local.trino.training
from local import emulator
from local.engine import Engine, Result
from local.errors import LaptopError
from local.parts import Part
from local.settings import Laptop
from local.supervisor import Supervisor

Say = Callable[[str], None]

# All that a stack writes into its state folder.
STATE = (
    *("aws", "delivery", "emulator", "kafka", "logs", "pulumi", "report", "run", "trino"),
    *("laptop.json", "lock", "trusted.pem"),
)


def parts(laptop: Laptop) -> list[Part]:
    """Every process of the stack: the slowest to start first, the broker before its clients."""
    return [
        local.trino.server.part(laptop),
        local.kafka.broker.part(laptop),
        emulator.part(laptop),
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
        local.trino.training.fetch,
        local.pulumi.fetch,
    )
    speaking = threading.Lock()

    def say_one(text: str) -> None:
        with speaking:
            say(text)

    with ThreadPoolExecutor(len(supplies)) as pool:
        for done in [pool.submit(supply, laptop, say_one) for supply in supplies]:
            done.result()


def start(laptop: Laptop, supervisor: Supervisor, say: Say, later: tuple[str, ...] = ()) -> None:
    """Start the parts that do not run, all at once, and wait until each answers.

    Those named in `later` are not waited for: `wait` does it, when they are needed. Where a part
    cannot be started, those that this call started are stopped again.
    """
    laptop.save()
    with _all_or_none(laptop, supervisor):
        for part in parts(laptop):
            supervisor.spawn(part)
        _wait(supervisor, [part for part in supervisor.started if part.name not in later], say)


def wait(laptop: Laptop, supervisor: Supervisor, say: Say, names: tuple[str, ...]) -> None:
    """Wait for parts that `start` left for later; stops what was started where one fails."""
    with _all_or_none(laptop, supervisor):
        _wait(supervisor, [part for part in supervisor.started if part.name in names], say)


def _wait(supervisor: Supervisor, awaited: list[Part], say: Say) -> None:
    for part in awaited:
        supervisor.wait(part)
        say(f"{part.name} answers")


@contextmanager
def _all_or_none(laptop: Laptop, supervisor: Supervisor) -> Iterator[None]:
    try:
        yield
    except LaptopError:
        stop(laptop, supervisor, supervisor.started)
        raise


def deploy(laptop: Laptop, say: Say) -> Result:
    """`pulumi up` of the program; refreshes first when the emulator lost what it had not saved."""
    health = emulator.health(laptop) or {}
    lost = bool(health.get("unclean_start"))
    if lost:
        say("the emulator ended uncleanly before: comparing with what is left")
    return Engine(laptop).up(refresh=lost, on_event=briefly(say))


def briefly(say: Say, every: int = 20) -> Say:
    """Tells of new resources by their number, `every` so many; of all else in full."""
    created = 0

    def say_one(text: str) -> None:
        nonlocal created
        if not text.startswith("created "):
            say(text)
            return
        created += 1
        if created % every == 0:
            say(f"{created} resources created")

    return say_one


def stop(laptop: Laptop, supervisor: Supervisor, only: list[Part] | None = None) -> list[str]:
    """Stop the parts, last first, or those of `only`; the names of those that ran."""
    chosen = parts(laptop) if only is None else only
    return [part.name for part in reversed(chosen) if supervisor.stop(part)]


def erase(laptop: Laptop) -> None:
    """Delete the stack's data, and the folder if nothing else is in it.

    Only what a stack writes is deleted: `ACME_STATE_DIR` may name a folder that holds more. Raises
    LaptopError (E_FILE) for what cannot be deleted.
    """
    try:
        for name in STATE:
            path = laptop.state / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        if laptop.state.is_dir() and not any(laptop.state.iterdir()):
            laptop.state.rmdir()
    except OSError as error:
        raise LaptopError(
            f"E_FILE: {error.filename} cannot be deleted ({error.strerror}); "
            "fix: delete it by hand, then run the same command again"
        ) from error
