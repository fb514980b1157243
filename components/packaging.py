"""A function's deployment archive: the same bytes for the same sources, made and cached on the fly.

Owns what goes into each archive, its layout and its limits; so `pulumi up` needs no step before
it. What the wheels are and how they are fetched is wheels.py's; how a function is deployed is
function.py's.

Layout: the wheels of `requirements/handlers-<function>.txt`, then `handlers/` with the function's
package, `contract` and `runtime`, then the SQL files that the function reads; compiled modules
beside the sources (bytecode.py). Two builds on one machine give the same bytes (another zlib may
compress differently).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from components import bytecode, wheels
from components.wheels import PackagingError

REPO = Path(__file__).resolve().parents[1]
DEFAULT_CACHE = Path("~/.cache/acme-telemetry")

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: direct upload, unpacked
ZIPPED_MAX_BYTES = 50 * 1024**2
UNZIPPED_MAX_BYTES = 250 * 1024**2

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can hold
_ABANDONED_SECONDS = 3600


@dataclass(frozen=True)
class Contents:
    """What one function needs beside its own package.

    `services` are the AWS services whose descriptions it loads (botocore's names), `queries`
    patterns of the files in queries/ that it reads.
    """

    services: frozenset[str]
    queries: tuple[str, ...] = ()


CONTENTS = {
    "data_loader": Contents(
        frozenset({"athena", "glue", "lambda", "s3", "sts"}), ("reference_*.sql",)
    ),
    "telemetry_generator": Contents(frozenset({"lambda", "s3", "sts"})),
    "msk_producer": Contents(frozenset({"sts"})),
}


def function_archive(
    function: str, runtime: str, architecture: str, cache: Path | None = None
) -> Path:
    """The zip of `handlers/<function>` for a Lambda runtime, built once per content.

    `runtime` is python3.11, python3.12, python3.13 or host; `architecture` x86_64, arm64 or
    host. `cache` defaults to ACME_CACHE_DIR, else ~/.cache/acme-telemetry. Several processes may
    call it at once. Raises PackagingError.
    """
    contents = CONTENTS.get(function)
    if contents is None:
        raise PackagingError(
            f"E_PACKAGE_FUNCTION: function={function[:80]} is unknown; expected one of "
            f"{', '.join(CONTENTS)}; fix: add its row to CONTENTS in components/packaging.py"
        )
    where = wheels.target(runtime, architecture)
    requirements = _requirements(function)
    sources = dict(_sources(function, contents))
    layer_key = _digest(
        [
            *_own_code(),
            where.key,
            bytecode.tag(where),
            *sorted(contents.services),
            requirements.read_text(encoding="utf-8"),
        ]
    )
    own_key = _digest(
        [layer_key, *(part for name, data in sources.items() for part in (name, data))]
    )
    root = _root(cache)
    archive = root / f"{function}-{where.key}-{own_key}.zip"
    if not archive.exists():
        layer = root / f"wheels-{where.key}-{layer_key}.zip"
        with _workshop(root) as workshop:
            if not layer.exists():
                _build_layer(requirements, where, contents.services, workshop, layer)
            _append(layer, sources, where, workshop)
            _check_size(function, workshop / "archive.zip")
            os.replace(workshop / "archive.zip", archive)
    return archive


def _requirements(function: str) -> Path:
    return REPO / "requirements" / f"handlers-{function.replace('_', '-')}.txt"


def _root(cache: Path | None) -> Path:
    root = cache or Path(os.environ.get("ACME_CACHE_DIR") or DEFAULT_CACHE)
    root = root.expanduser().resolve() / "functions"
    root.mkdir(parents=True, exist_ok=True)
    return root


def _own_code() -> list[bytes]:
    """What decides how an archive is made: a change of it makes every archive anew."""
    modules = (__file__, bytecode.__file__, wheels.__file__)
    return [Path(module).read_bytes() for module in modules]


def _digest(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def _sources(function: str, contents: Contents) -> Iterator[tuple[str, bytes]]:
    """The repo's own files of one archive, sorted, as (path in the archive, content)."""
    handlers = REPO / "handlers"
    files = [handlers / "__init__.py"]
    for package in (function, "contract", "runtime"):
        if not (handlers / package).is_dir():
            raise PackagingError(
                f"E_PACKAGE_SOURCE: package=handlers/{package} is missing; expected a folder with "
                f"the code of {function}; fix: restore it from version control"
            )
        files += [
            file
            for file in (handlers / package).rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        ]
    for pattern in contents.queries:
        matching = list((REPO / "queries").glob(pattern))
        if not matching:
            raise PackagingError(
                f"E_PACKAGE_SOURCE: queries={pattern} matches no file; expected the statements "
                f"that {function} reads; fix: restore queries/ from version control"
            )
        files += matching
    for file in sorted(files):
        yield PurePosixPath(file.relative_to(REPO)).as_posix(), file.read_bytes()


@contextmanager
def _workshop(root: Path) -> Iterator[Path]:
    """A folder beside the cache's files, so that a finished file moves there in one step."""
    for old in root.glob(".building-*"):
        if time.time() - old.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=root) as folder:
        yield Path(folder)


def _build_layer(
    requirements: Path,
    where: wheels.Target,
    services: frozenset[str],
    workshop: Path,
    layer: Path,
) -> None:
    folder = workshop / "wheels"
    wheels.install(requirements, where, folder)
    _write(workshop / "layer.zip", folder, list(wheels.kept(folder, services)), where)
    os.replace(workshop / "layer.zip", layer)


def _append(layer: Path, sources: dict[str, bytes], where: wheels.Target, workshop: Path) -> None:
    shutil.copyfile(layer, workshop / "archive.zip")
    folder = workshop / "sources"
    for name, data in sources.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    entries = [(PurePosixPath(name), folder / name) for name in sources]
    _write(workshop / "archive.zip", folder, entries, where)


def _write(
    archive: Path, folder: Path, entries: list[bytecode.Entry], where: wheels.Target
) -> None:
    """Add files of `folder` to a zip, with compiled modules where this process can make them."""
    with zipfile.ZipFile(archive, "a") as whole:
        for path, file in bytecode.compiled(folder, entries) if bytecode.tag(where) else entries:
            whole.writestr(_entry(str(path)), file.read_bytes(), zipfile.ZIP_DEFLATED)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # Unix, wherever it is made: Lambda reads the mode below
    entry.external_attr = 0o100644 << 16
    return entry


def _check_size(function: str, archive: Path) -> None:
    with zipfile.ZipFile(archive) as whole:
        unzipped = sum(entry.file_size for entry in whole.infolist())
    for name, size, limit in (
        ("zipped", archive.stat().st_size, ZIPPED_MAX_BYTES),
        ("unzipped", unzipped, UNZIPPED_MAX_BYTES),
    ):
        if size > limit:
            raise PackagingError(
                f"E_PACKAGE_SIZE: {name}={size} bytes of {function} is too much; expected at most "
                f"{limit}; fix: drop a package from {_requirements(function).with_suffix('.in')}"
            )
