"""What the emulator remembers between two runs, and whether it can be believed.

The emulator itself writes its state at a clean end only. Here a save may be asked for at any time
(`POST /_laptop/save`, after each deploy) and is whole or not at all: a snapshot is written beside
the old one and takes its place by a rename. A marker stays on disk while the emulator runs; found
at a start, it means that the last run was killed and that the state may lag behind what was
deployed, until the next save (`unclean_start` in `GET /_laptop/health`). Objects of S3 and the
code of functions are not part of a snapshot: they are on disk at once, code by its checksum.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.aws import hooks
from local.aws.selfcheck import VERSION

SEAMS = {
    "ministack.app:save_all": "(services)",
    "ministack.app:_build_persistence_save_dict": "()",
    "ministack.core.persistence:save_state": "(service, data)",
    "ministack.core.persistence:STATE_DIR": "str",
    "ministack.services.lambda_svc:CODE_BLOB_DIR": "str",
    "ministack.services.lambda_svc:_prune_orphan_code_blobs": "(referenced)",
}
ATTEMPTS = 5  # a state is copied while requests change it


class SaveError(RuntimeError):
    """A snapshot could not be written; the one before it stays."""


class Snapshots:
    """The snapshots in `folder`: `current`, and `next` while one is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.current = folder / "current"
        self.code = folder / "code"
        self.code_referenced: set[str] = set()
        self._marker = folder / "running"
        self._lock = asyncio.Lock()
        self.unclean = False

    def open(self) -> None:
        """Find the newest whole snapshot and say whether the last run ended cleanly."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.unclean = self._marker.exists()
        previous = self.folder / "previous"
        if not self.current.exists() and previous.exists():
            previous.rename(self.current)
        for leftover in (previous, self.folder / "next"):
            shutil.rmtree(leftover, ignore_errors=True)
        self.current.mkdir(exist_ok=True)
        self._marker.touch()

    def close(self) -> None:
        """The run ends with everything saved."""
        if not self.unclean:
            self._marker.unlink(missing_ok=True)

    def collect(self, services: dict[str, Callable[[], Any]]) -> dict[str, Any]:
        """A copy of each service's state; a service without any is left out."""
        self.code_referenced.clear()
        states = {name: _copy(name, get_state) for name, get_state in services.items()}
        return {name: state for name, state in states.items() if state is not None}

    def write(self, states: dict[str, Any]) -> None:
        """Replace the snapshot by `states`; raises SaveError and keeps the old one."""
        from ministack.core import persistence

        coming = self.folder / "next"
        referenced = set(self.code_referenced)
        shutil.rmtree(coming, ignore_errors=True)
        coming.mkdir()
        persistence.STATE_DIR = str(coming)
        try:
            for name, state in states.items():
                persistence.save_state(name, state)
        finally:
            persistence.STATE_DIR = str(self.current)
        missing = [name for name in states if not (coming / f"{name}.json").exists()]
        if missing:
            raise SaveError(f"E_EMULATOR_SAVE: state of {', '.join(missing)[:80]} was not written")
        previous = self.folder / "previous"
        self.current.rename(previous)
        coming.rename(self.current)
        shutil.rmtree(previous)
        self._drop_old_code(referenced)

    def keep_code(self) -> None:
        """Keep the archives of functions beside the snapshots, each as long as one refers to it.

        The emulator would keep them in the folder that a snapshot replaces.
        """
        from ministack.services import lambda_svc

        lambda_svc.CODE_BLOB_DIR = str(self.code)
        lambda_svc._prune_orphan_code_blobs = self.code_referenced.update

    def _drop_old_code(self, referenced: set[str]) -> None:
        for archive in self.code.glob("*.zip"):
            if archive.stem not in referenced:
                archive.unlink()

    async def save(self, _: dict[str, Any]) -> dict[str, Any]:
        """The hook `/_laptop/save`: {"services": the number saved}."""
        from ministack import app

        async with self._lock:
            states = self.collect(app._build_persistence_save_dict())
            try:
                await asyncio.to_thread(self.write, states)
            except (SaveError, OSError) as error:
                raise hooks.HookError(500, str(error)) from error
            self.unclean = False
        return {"services": len(states)}


def _copy(name: str, get_state: Callable[[], Any]) -> Any:
    for attempt in range(ATTEMPTS):
        try:
            return get_state()
        except RuntimeError:  # a dictionary changed while it was copied
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError(name)


def install(snapshots: Snapshots, services: list[str]) -> None:
    """Serve health and save, and make the emulator's save at its end a whole snapshot too."""
    from ministack import app

    async def health(_: dict[str, Any]) -> dict[str, Any]:
        return {
            "unclean_start": snapshots.unclean,
            "version": VERSION,
            "services": services,
        }

    def save_all(states: dict[str, Callable[[], Any]]) -> None:
        snapshots.write(snapshots.collect(states))

    app.save_all = save_all
    snapshots.keep_code()
    hooks.serve("GET", "/_laptop/health", health)
    hooks.serve("POST", "/_laptop/save", snapshots.save)
