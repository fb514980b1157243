"""Compiled modules beside their sources, so that a cold start compiles nothing.

Lambda's folder of the code is read-only: without them every new container compiles every module
that it imports, about half of what its imports take. They are bound to nothing but the version of
Python ("unchecked"): an archive's times mean nothing, and its sources never change.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from components.wheels import RUNNING, Target

Entry = tuple[PurePosixPath, Path]


def tag(where: Target) -> str:
    """The version of compiled modules that an archive for `where` holds; "" where it holds none.

    Only the version of Python that runs this can be compiled for.
    """
    return str(sys.implementation.cache_tag) if where.runtime == RUNNING else ""


def compiled(folder: Path, entries: list[Entry]) -> Iterator[Entry]:
    """`entries`, files under `folder`, each source followed by its compiled module.

    A source that does not compile stays alone: who imports it is told why.
    """
    # in a process of its own, so that the same sources give the same bytes
    subprocess.run(
        [
            *(sys.executable, "-I", "-m", "compileall", "-qq", "-f", "-s", str(folder)),
            *("--invalidation-mode", "unchecked-hash", "-i", "-"),
        ],
        input="".join(f"{file}\n" for path, file in entries if path.suffix == ".py"),
        text=True,
        capture_output=True,
        check=False,
    )
    for path, file in entries:
        yield path, file
        if path.suffix == ".py":
            made = Path(importlib.util.cache_from_source(str(file)))
            if made.is_file():
                yield path.parent / "__pycache__" / made.name, made
