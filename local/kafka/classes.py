"""Our few Java classes (`java/`), compiled once per content into the shared cache.

The JRE from PyPI has no compiler, so Eclipse's batch compiler runs on it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from local.errors import LaptopError

SOURCES = Path(__file__).with_name("java")
COMPILE_SECONDS = 120


class CompileError(LaptopError):
    """The broker's Java classes do not compile; the text holds the compiler's words."""


def folder(cache: Path, pins: str) -> Path:
    """Where the classes of this source, compiled against the jars of the lock text, belong."""
    content = hashlib.sha256(pins.encode())
    for source in _sources():
        content.update(source.read_bytes())
    return cache / f"kafka-classes-{content.hexdigest()[:16]}"


def compile_into(target: Path, java: Path, compiler: Path, jars: list[Path]) -> None:
    """Compile unless `target` exists. It appears whole; two compilers at once do no harm.

    Raises CompileError.
    """
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".classes-") as work:
        out = Path(work) / "classes"
        command = [
            *(str(java), "-XX:TieredStopAtLevel=1", "-jar", str(compiler)),
            *("-source", "17", "-target", "17", "-proc:none", "-nowarn"),
            *("-cp", ":".join(map(str, jars)), "-d", str(out)),
            *map(str, _sources()),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False
        )
        if done.returncode:
            raise CompileError(
                f"E_SUPPLY_COMPILE: folder={SOURCES} does not compile: "
                f"{(done.stdout + done.stderr).strip()[:2000]}"
            )
        try:
            out.rename(target)
        except OSError:  # another process was faster
            if not target.is_dir():
                raise
            shutil.rmtree(out)


def _sources() -> list[Path]:
    return sorted(SOURCES.rglob("*.java"))
