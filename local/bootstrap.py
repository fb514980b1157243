"""Makes `.venv`, after checking what the machine must have. Run by make before all else.

Standard library only, and written so that a Python from 3.6 on can read it and be told so.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

OLDEST_PYTHON = (3, 11)
OLDEST_GO = (1, 25)
OLDEST_PULUMI = (3, 272)
NEEDED_BYTES = 5 * 1024**3  # environments 1.1, SQL engine 0.7, CLI and its build 2, data and room

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(REPO, ".venv")


def version_of(command: "list[str]") -> "tuple[int, int] | None":
    """(major, minor) that `command` prints, or None when it cannot be run."""
    if shutil.which(command[0]) is None:
        return None
    try:
        run = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError:  # for another machine, or no program at all
        return None
    found = re.search(r"(\d+)\.(\d+)", run.stdout.decode(errors="replace"))
    return (int(found.group(1)), int(found.group(2))) if found else None


def cli_is_built() -> bool:
    """Whether an earlier run built the CLI that this version of the repository pins."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        with open(os.path.join(REPO, "local", "pulumi", "cli", name), "rb") as file:
            digest.update(file.read())
    cache = os.environ.get("ACME_CACHE_DIR") or "~/.cache/acme-telemetry"
    folders = os.path.join(os.path.expanduser(cache), "pulumi")
    built = f"-{digest.hexdigest()[:12]}"
    return os.path.isdir(folders) and any(
        name.endswith(built) and os.path.exists(os.path.join(folders, name, "bin", "pulumi"))
        for name in os.listdir(folders)
    )


def problems() -> "list[str]":
    """What is missing on this machine, one line each: what, and how to mend it."""
    found = []
    if sys.version_info[:2] < OLDEST_PYTHON:
        found.append(
            "E_PYTHON: Python {}.{} is too old; expected 3.11 or later; "
            "fix: run make PYTHON=python3.12 with a newer one".format(*sys.version_info[:2])
        )
    free = shutil.disk_usage(REPO).free
    if free < NEEDED_BYTES and not os.path.exists(os.path.join(VENV, ".ready")):
        found.append(
            f"E_DISK: {free / 1024**3:.1f} GiB are free in {REPO}; "
            f"expected {NEEDED_BYTES / 1024**3:.0f} GiB; fix: make room"
        )
    pulumi, go = version_of(["pulumi", "version"]), version_of(["go", "version"])
    has_tool = (pulumi and pulumi >= OLDEST_PULUMI) or (go and go >= OLDEST_GO)
    if not has_tool and not cli_is_built():
        found.append(
            "E_PULUMI: neither a Pulumi CLI {}.{} or later nor Go {}.{} or later (to build one) "
            "is on PATH; fix: install either".format(*(OLDEST_PULUMI + OLDEST_GO))
        )
    return found


def lock_hash() -> str:
    """Names what `.venv` must hold."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("tools.txt", "environment.txt"):
        with open(os.path.join(REPO, "requirements", name), "rb") as lock:
            digest.update(lock.read())
    return digest.hexdigest()


def install() -> None:
    """A fresh `.venv` with every package of the lock files, checked by hash."""
    started = time.time()
    print("installing the Python packages into .venv", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    python = os.path.join(VENV, "bin", "python")
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    with_hashes = ["install", "--quiet", "--require-hashes", "-r"]
    tools = os.path.join(REPO, "requirements", "tools.txt")
    subprocess.run([python, "-m", "pip", *with_hashes, tools], check=True)
    lock = os.path.join(REPO, "requirements", "environment.txt")
    uv = os.path.join(VENV, "bin", "uv")
    # Compiled once here: else a shell that writes no bytecode compiles all of it at every start.
    compiled = ["--compile-bytecode", "--python", python]
    subprocess.run([uv, "pip", *with_hashes, lock, *compiled], check=True)
    print(f"installed in {time.time() - started:.0f} s", flush=True)


def main() -> int:
    found = problems()
    if found:
        print("\n".join(found), file=sys.stderr)
        return 4
    marker = os.path.join(VENV, ".ready")
    wanted = lock_hash()
    if os.path.exists(marker):
        with open(marker) as file:
            if file.read() == wanted:
                os.utime(marker)
                return 0
    try:
        install()
    except subprocess.CalledProcessError as error:
        print(
            f"E_INSTALL: {error.cmd[0]} ended with {error.returncode}; fix: see its words above "
            "(is the package index reachable?), then run the same command again",
            file=sys.stderr,
        )
        return 4
    with open(marker, "w") as file:
        file.write(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
