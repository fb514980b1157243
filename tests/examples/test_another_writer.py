"""The example on the real stack: its role writes to the topic, and to no other."""

from __future__ import annotations

import datetime as dt
import json
import os
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from kafka import KafkaProducer
from kafka.errors import TopicAuthorizationFailedError
from kafka.net.sasl.oauth import AbstractTokenProvider

from components import sample
from handlers.contract.event import COLUMNS
from local.engine import Engine, environment
from local.pulumi import executable
from local.settings import REGION, REPO
from tests.conftest import LaptopStack

pytestmark = pytest.mark.stack

EXAMPLE = REPO / "examples" / "another_writer"


class Tokens(AbstractTokenProvider):
    """Tokens of the keys in the environment."""

    def token(self) -> str:
        return str(MSKAuthTokenProvider.generate_auth_token(REGION)[0])


def program() -> None:
    runpy.run_path(str(EXAMPLE / "__main__.py"))


@pytest.fixture(scope="module")
def outputs(laptop_stack: LaptopStack) -> Iterator[dict[str, Any]]:
    """The example's outputs, deployed for this module."""
    engine = Engine(laptop_stack.laptop, program, EXAMPLE)
    yield engine.up().outputs
    engine.destroy()


@pytest.fixture
def producer(
    laptop_stack: LaptopStack, outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[KafkaProducer]:
    """A client with the keys that a function of the example's role gets."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    keys = laptop_stack.role_credentials(outputs["role_arn"], "lambda.amazonaws.com")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("SSL_CERT_FILE", str(laptop_stack.laptop.certificate_authority))
    client = KafkaProducer(
        bootstrap_servers=outputs["bootstrap_brokers"],
        security_protocol="SASL_SSL",
        sasl_mechanism="OAUTHBEARER",
        sasl_oauth_token_provider=Tokens(),
        acks="all",
        max_block_ms=8_000,
        delivery_timeout_ms=15_000,
        request_timeout_ms=5_000,
    )
    yield client
    client.close(timeout=2)


def test_takes_the_outputs_of_the_telemetry_stack(
    laptop_stack: LaptopStack, outputs: dict[str, Any]
) -> None:
    theirs = laptop_stack.outputs
    assert outputs["topic"] == theirs["topic"]
    assert outputs["bootstrap_brokers"] == theirs["bootstrap_brokers"]
    assert outputs["subnet_ids"] == theirs["private_subnet_ids"]
    assert outputs["security_group_id"] == theirs["client_security_group_id"]


def an_event(folder: Path) -> bytes:
    """One that no check of the data has to complain of: of a title and a customer that exist."""
    ids = {
        f"{table.removesuffix('s')}_id": pyarrow.parquet.read_table(file)[0][0].as_py()
        for table, file in sample.write(folder).items()
    }
    numbers = {"int": 0, "double": 0.0}
    event = {column.name: numbers.get(column.type, "x") for column in COLUMNS}
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    mine = {"event_id": "00000000000000ee-00000000", "event_type": "start", "event_timestamp": now}
    return json.dumps({**event, **ids, **mine}).encode()


def test_its_role_writes_to_the_topic(
    producer: KafkaProducer, outputs: dict[str, Any], tmp_path: Path
) -> None:
    event = an_event(tmp_path)
    assert producer.send(outputs["topic"], event).get(timeout=20).offset >= 0


def test_its_role_writes_to_no_other_topic(
    producer: KafkaProducer, outputs: dict[str, Any]
) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        producer.send(f"{outputs['topic']}-other", b"{}").get(timeout=20)


def test_the_readme_s_commands_work(
    laptop_stack: LaptopStack, outputs: dict[str, Any], tmp_path: Path
) -> None:
    """With the plain CLI, in a copy, since the example is deployed already."""
    project = Path(shutil.copytree(EXAMPLE, tmp_path / "examples" / "another_writer"))
    (tmp_path / ".venv").symlink_to(REPO / ".venv")
    settings = project / "Pulumi.yaml"
    settings.write_text(settings.read_text().replace("name: another-writer", "name: third-writer"))
    before = (project / "Pulumi.local.yaml").read_bytes()
    said = []
    for arguments in (
        ["stack", "init", "local"],
        ["up", "--stack", "local", "--yes", "--skip-preview"],
        ["stack", "output", "role_arn", "--stack", "local"],
        ["destroy", "--stack", "local", "--yes", "--skip-preview"],
    ):
        ran = subprocess.run(
            [executable(laptop_stack.laptop), *arguments, "--non-interactive"],
            cwd=project,
            env={**os.environ, **environment(laptop_stack.laptop)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        said.append(ran.stdout)
    assert said[2].startswith("arn:aws:iam::000000000000:role/writer-")
    assert (project / "Pulumi.local.yaml").read_bytes() == before
