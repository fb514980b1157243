"""The laptop's own variables and the record of the stack that runs; all problems at once."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from local import settings
from local.settings import LaptopSettingsError, Ports, port_variable
from tests.bad_input.case import TAKEN, Case, Outcome, Surface, crashed, of_lines

PORTS = [port_variable(name) for name in asdict(Ports())]


def run(given: dict[str, str] | str | bytes) -> Outcome:
    """These variables, or what stands in `laptop.json`."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {"ACME_STATE_DIR": folder}
        if isinstance(given, dict):
            variables.update(given)
        else:
            body = given if isinstance(given, bytes) else given.encode()
            (Path(folder) / "laptop.json").write_bytes(body)
        try:
            settings.load(variables)
        except LaptopSettingsError as error:
            return replace(of_lines(str(error), error.exit_code))
        except Exception:  # noqa: BLE001 - to be told as what came of the case
            return crashed("")
    return Outcome(TAKEN, (), TAKEN)


def saved(**changes: Any) -> str:
    """The record of a stack with changes."""
    return json.dumps({"cache": "/c", "ports": asdict(Ports()), **changes})


CODE = "E_CFG_LAPTOP"
CASES = (
    *(
        Case({"ACME_KAFKA_PORT": text}, CODE, "ACME_KAFKA_PORT")
        for text in (
            *("", "x", "0", "80", "1023", "65536", "-1", "9098.5", "1e4", "٩٠٩٨", " 9098", "9098 "),
            *("0x2386", "localhost:9098", "9098;9099", "9" * 300),
        )
    ),
    *(Case({name: "no"}, CODE, name) for name in PORTS if name != "ACME_KAFKA_PORT"),
    *(
        Case({name: "20001"}, CODE, name[:80], given=f"{name[:60]}=20001")
        for name in ("ACME_KAFKA_PROT_PORT", "ACME_BROKER_PORT", "ACME_trino_PORT",
                     f"ACME_{'X' * 300}_PORT")
    ),
    Case({"ACME_TRINO_PORT": "9098"}, CODE, "ACME_TRINO_PORT"),
    Case({"ACME_KAFKA_PORT": "7000", "ACME_TRINO_PORT": "7000"}, CODE, "ACME_TRINO_PORT"),
    Case({"ACME_KAFKA_PORT": "no", "ACME_EMULATOR_PORT": "7000", "ACME_PROVIDER_PORT": "7000"},
         CODE, ("ACME_KAFKA_PORT", "ACME_PROVIDER_PORT")),
    Case({name: "1" for name in PORTS}, CODE, tuple(PORTS), given="every port 1"),
    *(
        Case(text, CODE, "file", given=f"laptop.json is {text[:40]!r}")
        for text in (
            *("", "{", "[]", "null", "7", "{}", '"x"', "[" * 50_000, b"\xff", saved(ports=None)),
            *(saved(ports=[["kafka", 1]]), saved(ports={"kafka": "9098"})),
            *(saved(ports={"kafka": 0}), saved(ports={"kafka": 70_000})),
            *(saved(ports={"kafka": True}), saved(ports={"kafka": 9098.0}), saved()[:-20]),
        )
    ),
    Case({"ACME_STACK": "dev", "KAFKA_PORT": "x"}, TAKEN, ends=TAKEN, given="no ports at all"),
)  # fmt: skip
SURFACE = Surface("variables of the laptop", "exit code", 2, run, CASES)
