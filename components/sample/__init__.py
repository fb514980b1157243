"""Sample reference data: `titles` and `customers` as Parquet, for an account that has none.

Owns what the sample holds and that the same code gives the same bytes. Does not upload it, nor
declare its tables: the reference stage does. Parameters are data, in `parameters/`.
"""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

TITLES = 5_000
CUSTOMERS = 100_000


def content_version() -> str:
    """12 hex digits that change when the sample's code, parameters or writers change."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in sorted(here.rglob("*.py")) + sorted(here.rglob("*.json")):
        digest.update(source.relative_to(here).as_posix().encode() + b"\0" + source.read_bytes())
    for library in ("numpy", "pyarrow"):
        digest.update(f"{library}=={version(library)}".encode())
    return digest.hexdigest()[:12]


def write(folder: Path) -> dict[str, Path]:
    """Write the sample below `folder` and return {"titles": path, "customers": path}.

    The files lie in a subfolder named by `content_version()`; what is there already is returned as
    it is. A file appears only when it is whole.
    """
    target = folder / content_version()
    paths = {table: target / f"{table}.parquet" for table in ("titles", "customers")}
    if all(path.exists() for path in paths.values()):
        return paths
    # numpy and pyarrow cost half a second, which a cached sample need not pay
    from components.sample import customers, parquet, titles

    target.mkdir(parents=True, exist_ok=True)
    for path, columns, arrays in (
        (paths["titles"], titles.COLUMNS, titles.table(TITLES)),
        (paths["customers"], customers.COLUMNS, customers.table(CUSTOMERS)),
    ):
        partial = target / f".{path.name}.{os.getpid()}"
        parquet.store(arrays, columns, partial)
        partial.replace(path)
    return paths
