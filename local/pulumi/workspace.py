"""Where Pulumi keeps what it knows of a laptop stack, and the environment that its CLI needs.

Owns the folder `<state>/pulumi` (backend, Pulumi's home, language host) and every variable of
`make env`. Finds the lock and the unfinished operations of a CLI that was killed.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
from datetime import datetime
from pathlib import Path

import certifi
import psutil

from local import pulumi as cli
from local.errors import LaptopError
from local.settings import REGION, ROOT_KEY, Laptop

STACK = "local"
# Encrypts the secrets of the laptop's state, all of them dummies. The salt that belongs to it is
# committed in each Pulumi.local.yaml, so that no run has to write that file.
PASSPHRASE = "laptop"
LANGUAGE_HOST = Path(__file__).with_name("language_host.py")


class DamagedStateError(LaptopError):
    """What the engine knows of the stack cannot be read; the text names the file."""


def backend(laptop: Laptop) -> Path:
    """The folder of the stacks' state."""
    return laptop.state / "pulumi" / "backend"


def prepare(laptop: Laptop) -> None:
    """Make the folders, and put the language host where a CLI without one looks for it."""
    backend(laptop).mkdir(parents=True, exist_ok=True)
    home = laptop.state / "pulumi" / "home"
    start = shlex.join([sys.executable, "-I", str(LANGUAGE_HOST)])
    _write(
        home / "plugins" / "language-python-v1.0.0" / "pulumi-language-python",
        f'#!/bin/sh\nexec {start} "$@"\n',
    ).chmod(0o755)
    _write(laptop.state / "aws" / "config", f"[default]\nregion = {REGION}\n")
    _write(laptop.state / "aws" / "credentials", "")


def environment(laptop: Laptop) -> dict[str, str]:
    """Every variable with which Pulumi, the AWS CLI, boto3 and PyAthena speak to this laptop.

    Real credentials are out of reach: profile and files are the laptop's own. SSL_CERT_FILE is
    there once the broker has made its certificate; it trusts the usual authorities too.
    """
    prepare(laptop)
    found = {
        # Without `metadata=skip` a file beside the state, written after it, makes the state
        # unreadable when the CLI is killed in between.
        "PULUMI_BACKEND_URL": f"file://{backend(laptop)}?metadata=skip",
        "PULUMI_HOME": str(laptop.state / "pulumi" / "home"),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        "PULUMI_DEBUG_PROVIDERS": f"aws:{laptop.ports.provider}",
        "AWS_ENDPOINT_URL": laptop.endpoint,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_SESSION_TOKEN": "",
        "AWS_PROFILE": "default",
        "AWS_CONFIG_FILE": str(laptop.state / "aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(laptop.state / "aws" / "credentials"),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if laptop.certificate_authority.exists():
        found["SSL_CERT_FILE"] = str(_trusted(laptop))
    if cli.is_built(laptop):
        folder = str(cli.executable(laptop).parent)
        rest = [one for one in os.environ["PATH"].split(os.pathsep) if one != folder]
        found["PATH"] = os.pathsep.join([folder, *rest])
    return found


def _trusted(laptop: Laptop) -> Path:
    """A file with the usual certificate authorities and the laptop's own."""
    usual = Path(os.environ.get("SSL_CERT_FILE") or certifi.where())
    if usual.is_relative_to(laptop.state) or not usual.exists():
        usual = Path(certifi.where())
    own = laptop.certificate_authority.read_text(encoding="ascii")
    return _write(laptop.state / "trusted.pem", f"{usual.read_text(encoding='utf-8')}\n{own}")


def _write(path: Path, text: str) -> Path:
    """Write a file in one step, if it does not say this already."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)
    return path


def lock_holders(laptop: Laptop, project: str) -> dict[Path, int | None]:
    """The locks on a project's stack: file to the process that holds it, None when it is gone."""
    folder = backend(laptop) / ".pulumi" / "locks" / "organization" / project / STACK
    return {file: _holder(file) for file in folder.glob("*")}


def _holder(file: Path) -> int | None:
    """The pid in a lock if that very process still runs; a pid alone may have been reused."""
    try:
        lock = json.loads(file.read_text(encoding="utf-8"))
        process = psutil.Process(int(lock["pid"]))
        locked_at = datetime.fromisoformat(lock["timestamp"]).timestamp()
        here = lock["hostname"] == socket.gethostname()
        return process.pid if here and process.create_time() <= locked_at else None
    except (ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        # killed while it wrote the lock, or after
        return None


def unfinished(laptop: Laptop, project: str) -> bool:
    """Whether a deployment was cut off between beginning and recording an operation."""
    file = backend(laptop) / ".pulumi" / "stacks" / project / f"{STACK}.json"
    if not file.exists():
        return False
    try:
        latest = json.loads(file.read_text(encoding="utf-8"))["checkpoint"].get("latest") or {}
        return bool(latest.get("pending_operations"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedStateError(
            f"E_ENGINE_STATE: {file} is damaged ({error}); expected what the engine wrote; "
            "fix: make reset, then make demo (all of it can be rebuilt)"
        ) from error
