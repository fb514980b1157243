"""Bad input to what is deployed: the functions by the Lambda API, the settings by `pulumi preview`.

A dozen cases a function, taken evenly from the catalogue and judged as there.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from local.engine import environment
from local.pulumi import executable
from local.settings import REPO, Laptop
from tests.bad_input.case import (
    RAISED,
    TAKEN,
    Case,
    Outcome,
    Surface,
    described,
    faults,
    of_json,
    of_lines,
)
from tests.bad_input.leaks import leaks
from tests.bad_input.surfaces import data_loader, generator, producer
from tests.conftest import LaptopStack

pytestmark = pytest.mark.stack

SENT_MAX_BYTES = 100_000
SURFACES = {
    "generator": generator.SURFACE,
    "producer": producer.SURFACE,
    "data_loader": data_loader.SURFACE,
}
GOOD = {
    "generator": {"test": True, "batch_size": 10},
    "producer": {"describe_topic": True},
    "data_loader": {},
}


def representative(surface: Surface, count: int = 12) -> list[Case]:
    """Cases of a surface that can be sent, evenly spread."""
    sent = [case for case in surface.cases if len(body(case.value)) in range(1, SENT_MAX_BYTES)]
    return [sent[index * len(sent) // count] for index in range(count)]


def body(payload: object) -> bytes:
    """The payload as JSON; nothing where it is none."""
    try:
        return json.dumps(payload, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        return b""


def invoked(stack: LaptopStack, function: str, payload: object) -> Outcome:
    """What a deployed function answers."""
    answer = stack.client("lambda").invoke(
        FunctionName=stack.outputs["function_names"][function], Payload=body(payload)
    )
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        return of_lines(said["errorMessage"], RAISED, json.dumps({**said, "stackTrace": []}))
    return of_json(said, "")


@pytest.mark.parametrize("function", SURFACES)
def test_a_deployed_function_answers_bad_payloads_and_goes_on(
    laptop_stack: LaptopStack, function: str
) -> None:
    surface = SURFACES[function]
    cases = representative(surface)
    assert len({case.code for case in cases}) >= 3
    began = time.time()
    found = {
        described(case): faults(surface, case, invoked(laptop_stack, function, case.value))
        for case in cases
    }
    assert {given: faults for given, faults in found.items() if faults} == {}
    assert invoked(laptop_stack, function, GOOD[function]).code == TAKEN
    logged = log_since(laptop_stack, function, began)
    assert "the call failed" in logged
    assert leaks(logged) == []


def log_since(stack: LaptopStack, function: str, began: float) -> str:
    """What a function has logged since."""
    name = stack.outputs["function_names"][function]
    events = stack.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{name}", startTime=int(began * 1000)
    )["events"]
    return "\n".join(event["message"] for event in events)


WRONG = {
    "prefix": "Acme",
    "retainDate": "true",
    "streamMode": "existing",
    "rawRetentionDays": "soon",
    "generatorSchedule": "rate(5 minute)",
    "networkEndpoints": "sts",
}


def pulumi(laptop: Laptop, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The plain CLI, as a user runs it."""
    return subprocess.run(
        [executable(laptop), *arguments, "--stack", "local", "--non-interactive"],
        cwd=REPO,
        env={**os.environ, **environment(laptop)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_wrong_settings_are_all_named_by_a_preview(
    laptop_stack: LaptopStack, tmp_path: Path
) -> None:
    committed = (REPO / "Pulumi.local.yaml").read_text()
    wrong = tmp_path / "Pulumi.local.yaml"
    own = "".join(f"  acme-telemetry:{key}: {value!r}\n" for key, value in WRONG.items())
    wrong.write_text(committed.replace("  acme-telemetry:prefix: acme-telemetry\n", own))
    file = ("--config-file", str(wrong))
    hidden = "word-that-nobody-may-read"
    kept = pulumi(laptop_stack.laptop, "config", "set", "--secret", "alarmsEmail", hidden, *file)
    assert kept.returncode == 0, kept.stderr
    ran = pulumi(laptop_stack.laptop, "preview", *file)
    said = ran.stdout + ran.stderr
    assert ran.returncode != 0
    problems = re.findall(r"^\s*E_CFG_([A-Z]+): (\w+)=", said, re.M)
    assert sorted(key for _, key in problems) == sorted(
        [
            *(key for key in WRONG if key != "streamMode"),
            *("alarmsEmail", "streamClusterArn", "streamSubnetIds", "streamSecurityGroupIds"),
        ]
    )
    assert {code for code, _ in problems} == {"VALUE", "UNKNOWN", "CONFLICT"}
    assert "Traceback" not in said
    assert hidden not in said
