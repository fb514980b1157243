"""Which Pulumi CLI is used, how one is built, and what is said when neither is possible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import local.pulumi
from local.pulumi import PulumiCliError
from local.settings import Laptop

BUILDS = 'while [ "$1" != -o ]; do shift; done; mkdir -p "$(dirname "$2")"; echo built > "$2"'
FAILS = "echo 'go: downloading a/b v1'; echo 'dial tcp: lookup of the proxy: no such host'; exit 1"


def put(folder: Path, name: str, version: str, build: str = "exit 9") -> None:
    """A command that says its version, and when asked to build does `build`."""
    folder.mkdir(parents=True, exist_ok=True)
    script = f'#!/bin/sh\nif [ "$1" = version ]; then echo "{version}"; exit; fi\n{build}\n'
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH but for the shell's own commands."""
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(local.pulumi, "PROGRESS_SECONDS", 0.05)
    return folder


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return replace(Laptop(), state=tmp_path / "state", cache=tmp_path / "cache")


def test_the_users_own_cli_is_used_if_new_enough(path: Path, laptop: Laptop) -> None:
    put(path, "pulumi", "v3.300.1")
    assert local.pulumi.fetch(laptop, print) == path / "pulumi"
    assert local.pulumi.executable(laptop) == path / "pulumi"
    assert not local.pulumi.is_built(laptop)


@pytest.mark.parametrize("own", [None, "v3.271.9"])
def test_else_one_is_built_once(path: Path, laptop: Laptop, own: str | None) -> None:
    put(path, "go", "go version go1.26.6 linux/amd64", f"sleep 0.3; {BUILDS}")
    if own:
        put(path, "pulumi", own)
    said: list[str] = []
    built = local.pulumi.fetch(laptop, said.append)
    assert built.read_text() == "built\n" and built.parent.name == "bin"
    assert local.pulumi.pinned_version() in built.parents[1].name
    assert said[0].startswith("building the Pulumi CLI") and len(said) > 2
    put(path, "go", "go version go1.26.6 linux/amd64", FAILS)
    assert local.pulumi.fetch(laptop, said.append) == built
    assert local.pulumi.is_built(laptop)


def test_one_that_was_built_here_is_not_the_users_own(
    path: Path, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a shell after `make env` the built CLI is on PATH."""
    put(path, "go", "go version go1.26.6 linux/amd64", BUILDS)
    built = local.pulumi.fetch(laptop, print)
    put(built.parent, "pulumi", "v3.999.0")
    monkeypatch.setenv("PATH", f"{built.parent}:/usr/bin:/bin")
    assert local.pulumi.is_built(laptop)


@pytest.mark.parametrize(
    ("versions", "build", "text"),
    [
        ({}, "", "E_PULUMI_CLI: pulumi is not on PATH, go is not on PATH; expected"),
        ({"pulumi": "v3.100.0"}, "", "E_PULUMI_CLI: pulumi is version 3.100.0, go is not on PATH"),
        ({"go": "go version go1.24.9 x"}, "", "E_PULUMI_CLI: .* go is version 1.24.9; expected"),
        ({"go": "go version go1.26.6 x"}, FAILS, "E_PULUMI_BUILD: go build says dial tcp: lookup"),
    ],
)
def test_one_line_says_what_is_missing(
    path: Path, laptop: Laptop, versions: dict[str, str], build: str, text: str
) -> None:
    for command, version in versions.items():
        put(path, command, version, build)
    with pytest.raises(PulumiCliError, match=f"^{text}[^\n]*fix: [^\n]+$"):
        local.pulumi.fetch(laptop, print)
    assert not list((laptop.cache / "pulumi").glob("*/bin/pulumi"))
    assert not list((laptop.cache / "pulumi").glob(".building-*"))


def test_nothing_was_fetched_yet(path: Path, laptop: Laptop) -> None:
    with pytest.raises(PulumiCliError, match=r"^E_PULUMI_CLI: .* is not built yet; .* fix: `make"):
        local.pulumi.executable(laptop)
