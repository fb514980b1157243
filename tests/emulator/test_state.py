"""What survives an end of the emulator, and what is said of an end that was not clean."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local import emulator, settings
from local.ports import free_ports
from local.settings import Laptop
from tests.emulator.conftest import Emulator


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator that a test may kill."""
    laptop = Laptop(state=tmp_path, cache=settings.load().cache, ports=free_ports())
    emulator.fetch(laptop, lambda text: None)
    one = Emulator(laptop)
    one.start()
    yield one
    one.stop()


def _kill(one: Emulator) -> None:
    process = psutil.Process(one.supervisor.status(emulator.part(one.laptop)).pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)


def _parameters(one: Emulator) -> set[str]:
    found = one.client("ssm").describe_parameters()["Parameters"]
    return {parameter["Name"] for parameter in found}


def _put(one: Emulator, name: str) -> None:
    one.client("ssm").put_parameter(Name=name, Value="1", Type="String")


def test_a_clean_end_keeps_everything(own: Emulator) -> None:
    _put(own, "one")
    started = time.monotonic()
    own.stop()
    assert time.monotonic() - started < 8
    own.start()
    assert _parameters(own) == {"one"}
    assert own.hook("health", method="GET")["unclean_start"] is False


def test_a_kill_keeps_the_last_save_and_is_told(own: Emulator) -> None:
    s3 = own.client("s3")
    s3.create_bucket(
        Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    _put(own, "saved")
    assert own.hook("save")["services"] > 0
    _put(own, "lost")
    s3.put_object(Bucket="kept", Key="after/save", Body=b"body")
    _kill(own)
    own.start()
    assert _parameters(own) == {"saved"}
    assert own.hook("health", method="GET")["unclean_start"] is True
    body = own.client("s3").get_object(Bucket="kept", Key="after/save")["Body"].read()
    assert body == b"body"
    own.hook("save")
    assert own.hook("health", method="GET")["unclean_start"] is False


def test_a_kill_is_told_until_the_next_save(own: Emulator) -> None:
    _kill(own)
    own.start()
    own.stop()
    own.start()
    assert own.hook("health", method="GET")["unclean_start"] is True


def test_the_version_and_the_services_are_told(own: Emulator) -> None:
    health = own.hook("health", method="GET")
    assert health["version"] == "1.5.33"
    assert {"kafka", "athena", "glue", "firehose", "scheduler"} <= set(health["services"])


def test_an_unknown_address_is_not_found(own: Emulator) -> None:
    with pytest.raises(OSError, match="404"):
        own.hook("none")


def _role(one: Emulator) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    made = one.client("iam").create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps(trust))
    return str(made["Role"]["Arn"])


def _archive(says: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.py", f"def handle(event, context):\n    return {says!r}\n")
    return packed.getvalue()


def _answer(one: Emulator) -> tuple[object, bool]:
    found = one.client("lambda").invoke(FunctionName="f", Payload=b"{}")
    return json.loads(found["Payload"].read()), "FunctionError" in found


@pytest.mark.parametrize("is_clean", [True, False])
def test_functions_keep_the_newest_code_and_no_other(own: Emulator, is_clean: bool) -> None:
    functions = own.client("lambda")
    functions.create_function(
        FunctionName="f",
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Role=_role(own),
        Handler="f.handle",
        Code={"ZipFile": _archive("old")},
    )
    own.hook("save")
    functions.update_function_code(FunctionName="f", ZipFile=_archive("new"))
    for _ in range(2):  # a state that was loaded is saved again
        own.hook("save")
        own.stop() if is_clean else _kill(own)
        own.start()
        assert _answer(own) == ("new", False)
    code = own.laptop.state / "emulator" / "state" / "code"
    assert len(list(code.iterdir())) == 1


def test_a_function_whose_code_is_lost_fails_with_what_to_do(own: Emulator) -> None:
    own.client("lambda").create_function(
        FunctionName="f",
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Role=_role(own),
        Handler="f.handle",
        Code={"ZipFile": _archive("it ran")},
    )
    own.stop()
    shutil.rmtree(own.laptop.state / "emulator" / "state" / "code")
    own.start()
    answer, failed = _answer(own)
    assert failed
    assert "E_LAMBDA_CODE" in str(answer)
    assert "make reset" in str(answer)
