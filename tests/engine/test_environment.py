"""`make env`: with its variables and nothing else, the user's own tools work on the laptop."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from local.engine import environment
from local.pulumi import executable
from local.settings import ACCOUNT_ID, REPO, Laptop
from tests.conftest import LaptopStack
from tests.engine.test_cli import put

# What a user's shell may hold that must not leak into the laptop.
FOREIGN = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_REGION": "us-west-2",
    "PULUMI_BACKEND_URL": "https://nowhere.invalid",
}


@pytest.fixture
def quiet_laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """Nothing runs; the user has a CLI of their own."""
    put(tmp_path / "bin", "pulumi", "v3.300.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return replace(Laptop(), state=tmp_path / "state", cache=tmp_path / "cache")


def test_an_own_cli_needs_no_path(quiet_laptop: Laptop) -> None:
    assert "PATH" not in environment(quiet_laptop)


def test_trust_grows_by_the_laptop_s_authority_and_by_nothing_else(quiet_laptop: Laptop) -> None:
    assert "SSL_CERT_FILE" not in environment(quiet_laptop)
    authority = quiet_laptop.certificate_authority
    authority.parent.mkdir(parents=True)
    authority.write_text("# the laptop's\n")
    found = Path(environment(quiet_laptop)["SSL_CERT_FILE"])
    once = found.read_text()
    assert once.endswith("# the laptop's\n")
    assert len(ssl.create_default_context(cafile=str(found)).get_ca_certs()) > 50
    environment(quiet_laptop)
    assert found.read_text() == once


def test_a_second_environment_in_the_same_shell_is_the_same(
    quiet_laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet_laptop.certificate_authority.parent.mkdir(parents=True)
    quiet_laptop.certificate_authority.write_text("# the laptop's\n")
    first = environment(quiet_laptop)
    trusted = Path(first["SSL_CERT_FILE"]).read_text()
    for name, value in first.items():
        monkeypatch.setenv(name, value)
    assert environment(quiet_laptop) == first
    assert Path(first["SSL_CERT_FILE"]).read_text().count("# the laptop's") == 1
    assert trusted.count("# the laptop's") == 1


def run(laptop: Laptop, *command: str | Path) -> str:
    ran = subprocess.run(
        command,
        cwd=REPO,
        env={**os.environ, **FOREIGN, **environment(laptop)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return ran.stdout


@pytest.mark.stack
def test_boto3_as_it_is(laptop_stack: LaptopStack) -> None:
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    assert run(laptop_stack.laptop, sys.executable, "-c", code).strip() == ACCOUNT_ID


@pytest.mark.stack
def test_pyathena_as_it_is(laptop_stack: LaptopStack) -> None:
    table = laptop_stack.outputs["tables"]["titles"]
    code = (
        "import sys; from pyathena import connect\n"
        "cursor = connect(work_group=sys.argv[1]).cursor()\n"
        "print(cursor.execute('select count(*) from ' + sys.argv[2]).fetchone()[0])"
    )
    said = run(
        laptop_stack.laptop, sys.executable, "-c", code, laptop_stack.outputs["workgroup"], table
    )
    assert said.strip() == "5000"


@pytest.mark.stack
def test_the_plain_cli_as_it_is(laptop_stack: LaptopStack) -> None:
    before = (REPO / "Pulumi.local.yaml").read_bytes()
    cli = executable(laptop_stack.laptop)
    outputs = run(laptop_stack.laptop, cli, "stack", "output", "-s", "local", "--json")
    assert json.loads(outputs) == laptop_stack.outputs
    preview = run(laptop_stack.laptop, cli, "preview", "-s", "local", "--non-interactive")
    assert " unchanged" in preview and "to " not in preview.split("Resources:")[1], preview
    assert (REPO / "Pulumi.local.yaml").read_bytes() == before
