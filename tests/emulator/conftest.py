"""A real emulator, without the rest of the stack: started once for these tests, in under 2 s."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local import emulator, settings
from local.ports import free_ports
from local.settings import ACCOUNT_ID, REGION, ROOT_KEY, Laptop
from local.supervisor import Supervisor

RUNTIME = "python3.11"


@dataclass
class Emulator:
    """One emulator and what tests do to it."""

    laptop: Laptop

    @property
    def supervisor(self) -> Supervisor:
        """Starts and stops it."""
        return Supervisor(self.laptop)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.supervisor.start(emulator.part(self.laptop))

    def stop(self) -> None:
        """End it cleanly."""
        self.supervisor.stop(emulator.part(self.laptop))

    def hook(
        self, path: str, document: dict[str, Any] | None = None, method: str = "POST"
    ) -> dict[str, Any]:
        """The answer of one of the laptop's own addresses."""
        request = urllib.request.Request(
            f"{self.laptop.endpoint}/_laptop/{path}",
            data=None if method == "GET" else json.dumps(document or {}).encode(),
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            found: dict[str, Any] = json.load(reply)
            return found

    def client(self, service: str, keys: dict[str, Any] | None = None) -> Any:
        """A client as root, or with session keys."""
        return boto3.client(
            service,
            endpoint_url=self.laptop.endpoint,
            region_name=REGION,
            aws_access_key_id=keys["AccessKeyId"] if keys else ROOT_KEY,
            aws_secret_access_key=keys["SecretAccessKey"] if keys else ROOT_KEY,
            aws_session_token=keys["SessionToken"] if keys else None,
            config=Config(retries={"total_max_attempts": 1}),
        )

    def role(
        self, name: str, service: str, *statements: dict[str, Any], condition: Any = None
    ) -> str:
        """A role that `service` may assume, with the statements as its policy; its ARN."""
        trust: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": condition or {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
        }
        iam = self.client("iam")
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        if statements:
            iam.put_role_policy(
                RoleName=name,
                PolicyName="policy",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
            )
        return f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"

    def function(self, name: str, role: str, code: str, **settings: Any) -> str:
        """A function whose archive holds `code` as `main.py` with the handler `handle`."""
        created: dict[str, Any] = self.client("lambda").create_function(
            FunctionName=name,
            Role=role,
            Runtime=RUNTIME,
            Handler="main.handle",
            Code={"ZipFile": archive(code)},
            **{"Timeout": 20, **settings},
        )
        return str(created["FunctionArn"])

    def invoke(self, name: str, event: Any) -> tuple[Any, str | None]:
        """The payload of a synchronous call and the kind of its error."""
        reply = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(reply["Payload"].read()), reply.get("FunctionError")


def archive(code: str) -> bytes:
    """A function's archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("main.py", code)
    return content.getvalue()


def allow(actions: str | list[str], resources: str | list[str]) -> dict[str, Any]:
    """A statement of a policy."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator that these tests share; each test has names of its own in it."""
    laptop = Laptop(
        state=tmp_path_factory.mktemp("emulator"), cache=settings.load().cache, ports=free_ports()
    )
    emulator.fetch(laptop, lambda text: None)
    one = Emulator(laptop)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def lake(aws: Emulator, request: pytest.FixtureRequest) -> Any:
    """A lake (tests.emulator.lake) of the test's own."""
    from tests.emulator.lake import Lake

    return Lake(aws, f"lake-{zlib.crc32(request.node.name.encode())}")
