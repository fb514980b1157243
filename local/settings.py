"""What the laptop is made of: folders and ports. The only reader of its environment variables.

Every setting has a default and may be set in the environment; `make up` writes what it used to
`<state>/laptop.json`, so that the commands after it speak of the stack that runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from local.errors import LaptopError

REPO = Path(__file__).resolve().parents[1]
REGION = "eu-central-1"
ACCOUNT_ID = "000000000000"  # the emulator's account: no real account has it
ROOT_KEY = "test"  # the emulator's root key and secret; it does not check their signature
CLUSTER = "acme-telemetry"  # the name of the cluster that the broker stands for


class LaptopSettingsError(LaptopError):
    """One or more environment variables of the laptop are wrong; the text names them all."""

    exit_code = 2


@dataclass(frozen=True)
class Ports:
    """TCP ports, all bound to 127.0.0.1."""

    emulator: int = 4566
    kafka: int = 9098
    kafka_internal: int = 19092
    kafka_controller: int = 19093
    trino: int = 18080
    provider: int = 14566


@dataclass(frozen=True)
class Laptop:
    """One laptop stack: `state` is its own, `cache` is shared and keyed by version and checksum."""

    state: Path = REPO / ".local"
    cache: Path = Path("~/.cache/acme-telemetry")
    ports: Ports = field(default_factory=Ports)

    @property
    def endpoint(self) -> str:
        """The emulator's URL."""
        return f"http://127.0.0.1:{self.ports.emulator}"

    @property
    def bootstrap_brokers(self) -> str:
        """host:port of the broker's IAM listener."""
        return f"127.0.0.1:{self.ports.kafka}"

    @property
    def certificate_authority(self) -> Path:
        """The PEM file that clients of the broker trust (`SSL_CERT_FILE`)."""
        return self.state / "kafka" / "ca.pem"

    def log(self, part: str) -> Path:
        """The log file of one part."""
        return self.state / "logs" / f"{part}.log"

    def save(self) -> None:
        """Write what this stack uses, for the commands that come later."""
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / "laptop.json").write_text(
            json.dumps({"cache": str(self.cache), "ports": asdict(self.ports)})
        )


def port_variable(name: str) -> str:
    """The environment variable that sets a port, e.g. ACME_KAFKA_PORT for `kafka`."""
    return f"ACME_{name.upper()}_PORT"


def load(environ: Mapping[str, str] = os.environ) -> Laptop:
    """The laptop that the environment describes.

    ACME_STATE_DIR and ACME_CACHE_DIR name folders, ACME_<PART>_PORT ports (1024-65535). What the
    environment leaves open comes from the stack that runs (laptop.json), then from the defaults.
    Raises LaptopSettingsError, which lists every problem.
    """
    problems = _unknown_ports(environ)
    state = _folder(environ, "ACME_STATE_DIR", Laptop.state)
    saved = _saved(state / "laptop.json")
    cache = _folder(environ, "ACME_CACHE_DIR", Path(saved["cache"] or Laptop.cache))
    chosen: dict[str, int] = {}
    for port in fields(Ports):
        text = environ.get(port_variable(port.name))
        if text is None:
            chosen[port.name] = saved["ports"].get(port.name, port.default)
        elif text.isascii() and text.isdecimal() and 1024 <= int(text) <= 65535:
            chosen[port.name] = int(text)
        else:
            problems.append(
                f"{port_variable(port.name)}={text[:80]!r} is no port; "
                "expected a number from 1024 to 65535; fix: set it to a free port"
            )
    for name, port_number in chosen.items():
        twin = next(
            (other for other, taken in chosen.items() if taken == port_number and other < name),
            None,
        )
        if twin:
            problems.append(
                f"{port_variable(name)}={port_number} is {port_variable(twin)}'s too; "
                "expected a port of its own; fix: set it to another one"
            )
    if problems:
        raise LaptopSettingsError("\n".join(f"E_CFG_LAPTOP: {problem}" for problem in problems))
    return replace(Laptop(), state=state, cache=cache, ports=Ports(**chosen))


def _folder(environ: Mapping[str, str], variable: str, default: Path) -> Path:
    """The folder that a variable names, absolute. Raises LaptopSettingsError."""
    given = environ.get(variable)
    try:
        return Path(given or default).expanduser().resolve()
    except RuntimeError as error:  # an unknown user's home, a link that leads to itself
        raise LaptopSettingsError(
            f"E_CFG_LAPTOP: {variable}={str(given)[:80]!r} is no folder ({str(error)[:80]}); "
            "expected a path; fix: set it to one that exists or can be made"
        ) from error


def _unknown_ports(environ: Mapping[str, str]) -> list[str]:
    """A misspelt variable would leave the port as it was without a word."""
    known = [port_variable(port.name) for port in fields(Ports)]
    return [
        f"{name[:80]} is no variable of the laptop; expected one of {', '.join(known)}; "
        "fix: spell it so, or unset it"
        for name in sorted(environ)
        if name.startswith("ACME_") and name.endswith("_PORT") and name not in known
    ]


def _saved(file: Path) -> dict[str, Any]:
    """What `Laptop.save` wrote, or nothing chosen where no stack was made yet."""
    if not file.exists():
        return {"cache": None, "ports": {}}
    try:
        found = json.loads(file.read_text())
        if not all(type(port) is int and 0 < port < 65536 for port in found["ports"].values()):
            raise TypeError("a port is no port")
        return {"cache": str(found["cache"]), "ports": found["ports"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LaptopSettingsError(
            f"E_CFG_LAPTOP: file={file} is damaged ({error}); expected what `make up` wrote; "
            "fix: delete it, and name ports that are not the default again"
        ) from error
