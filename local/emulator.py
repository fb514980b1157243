"""The AWS emulator as a part of the laptop: its environment, its process and its health."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from local.parts import Part
from local.settings import REGION, REPO, Laptop

REQUIREMENTS = REPO / "requirements" / "emulator.txt"


def environment_folder(laptop: Laptop) -> Path:
    """The emulator's own Python environment, named by what is installed in it."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(b"compiled" + REQUIREMENTS.read_bytes()).hexdigest()[:12]
    return laptop.cache / f"emulator-python{version}-{digest}"


def fetch(laptop: Laptop, say: Callable[[str], None]) -> Path:
    """Install the emulator from PyPI by hash, once per lock file; returns its Python."""
    folder = environment_folder(laptop)
    python = folder / "bin" / "python"
    if (folder / "complete").exists() and python.exists():
        return python
    say("installing the AWS emulator")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    locked = ("--require-hashes", "-r", REQUIREMENTS)
    subprocess.run(
        ["uv", "pip", "install", "-q", "--compile-bytecode", "--python", python, *locked],
        executable=Path(sys.executable).parent / "uv",
        check=True,
    )
    (folder / "complete").touch()
    return python


def health(laptop: Laptop) -> dict[str, object] | None:
    """What the emulator says of itself, or None when it does not answer."""
    try:
        with urllib.request.urlopen(f"{laptop.endpoint}/_laptop/health", timeout=2) as reply:
            found: dict[str, object] = json.load(reply)
            return found
    except (OSError, ValueError):
        return None


def part(laptop: Laptop) -> Part:
    """The emulator's process."""
    return Part(
        name="emulator",
        command=(str(environment_folder(laptop) / "bin" / "python"), "-m", "local.aws"),
        ports=("emulator",),
        healthy=lambda at: health(at) is not None,
        environment={
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", str(laptop.state)),
            "PYTHONPATH": str(REPO),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SSL_CERT_FILE": str(laptop.certificate_authority),
            "ACME_EMULATOR_PORT": str(laptop.ports.emulator),
            "ACME_KAFKA_PORT": str(laptop.ports.kafka),
            "ACME_KAFKA_INTERNAL_PORT": str(laptop.ports.kafka_internal),
            "ACME_TRINO_PORT": str(laptop.ports.trino),
            "ACME_STATE_DIR": str(laptop.state),
            "ACME_REGION": REGION,
        },
        start_seconds=30,
    )
