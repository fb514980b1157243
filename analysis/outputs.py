"""The outputs of a deployed stack: from the engine, or from a file that holds the same JSON.

They are the only way by which notebooks, reports and commands learn where anything is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError, shown
from handlers.contract.shape import is_text

REPO = Path(__file__).resolve().parents[1]
FILE_VARIABLE = "ACME_OUTPUTS_FILE"
STACK_VARIABLE = "ACME_STACK"
SECONDS = 60
REQUIRED = (
    "region",
    "data_bucket",
    "results_location",
    "topic",
    "delivery_stream",
    "databases",
    "tables",
    "workgroup",
    "function_names",
)
# The names that the outputs which are objects must give.
NAMES = {
    "databases": ("telemetry", "reference"),
    "tables": ("events", "titles", "customers"),
    "function_names": ("generator", "producer", "data_loader"),
}
# Of what some stacks lack, that which is read where it is there.
OPTIONAL = ("ledger_location", "bootstrap_brokers", "crawler", "tables.quarantine")
FIX = "deploy the stack first: `make up` on the laptop, else `pulumi up -s <stack>`"


def chosen(stack: str, environ: Mapping[str, str] = os.environ) -> str:
    """`stack`, or where it is empty the one that ACME_STACK names, as `make notebook` sets it.

    Raises AnalysisError (E_STACK) where neither names one.
    """
    named = stack or environ.get(STACK_VARIABLE, "")
    if not named:
        raise AnalysisError(
            "E_STACK",
            f"neither the parameter nor {STACK_VARIABLE} names a stack",
            "`make notebook STACK=dev`, or write the stack's name into the parameter cell",
            exit_code=2,
        )
    return named


def load(stack: str, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The outputs of `stack`.

    ACME_OUTPUTS_FILE names a JSON file that is read instead of asking the engine.
    Raises AnalysisError: E_OUTPUTS_FILE, E_PULUMI_MISSING, E_PULUMI_FAILED, E_OUTPUTS.
    """
    path = environ.get(FILE_VARIABLE)
    values = read(Path(path)) if path else _ask(stack, environ)
    return check(values, path or f"stack {stack}")


def read(path: Path) -> Any:
    """The JSON of a file. Raises AnalysisError (E_OUTPUTS_FILE)."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no JSON"
        raise AnalysisError(
            "E_OUTPUTS_FILE",
            f"{FILE_VARIABLE}={shown(str(path.absolute()))} is unreadable ({reason}); expected the "
            "JSON of `pulumi stack output --json`",
            f"write it, or unset {FILE_VARIABLE}",
            exit_code=2,
        ) from error


def check(values: Any, origin: str) -> dict[str, Any]:
    """`values`, if they hold what the analysis needs. Raises AnalysisError (E_OUTPUTS)."""
    if not isinstance(values, dict):
        raise AnalysisError("E_OUTPUTS", f"{origin} gives no JSON object", FIX, exit_code=2)
    if missing := _missing(values):
        raise AnalysisError(
            "E_OUTPUTS",
            f"{origin} lacks the outputs {', '.join(missing)}; expected a text for each, as "
            "docs/outputs.md lists",
            FIX,
            exit_code=2,
        )
    return values


def _missing(values: Mapping[str, Any]) -> list[str]:
    """The outputs that must be texts, and those that may be and are there, which are none."""
    needed = [name for name in REQUIRED if name not in NAMES]
    needed += [f"{name}.{part}" for name, parts in NAMES.items() for part in parts]
    needed += [name for name in OPTIONAL if _value(values, name) is not None]
    return [name for name in needed if not _is_told(_value(values, name))]


def _value(values: Mapping[str, Any], name: str) -> object:
    """The output of this name, or of `<name>.<part>`; None where there is none."""
    outer, _, part = name.partition(".")
    given = values.get(outer)
    if not part:
        return given
    return given.get(part) if isinstance(given, dict) else None


def _is_told(value: object) -> bool:
    return value != "" and is_text(value)


def need(values: Mapping[str, Any], names: Sequence[str], stack: str) -> None:
    """Raises AnalysisError (E_OUTPUTS) where one of `names` is missing or empty in `values`."""
    if missing := [name for name in names if not values.get(name)]:
        raise AnalysisError(
            "E_OUTPUTS",
            f"stack={shown(stack)} lacks the outputs {', '.join(missing)}; expected "
            "all that docs/outputs.md lists",
            FIX,
            exit_code=2,
        )


def _ask(stack: str, environ: Mapping[str, str]) -> Any:
    program = shutil.which("pulumi", path=environ.get("PATH"))
    if program is None:
        raise AnalysisError(
            "E_PULUMI_MISSING",
            "no `pulumi` on PATH",
            'install the Pulumi CLI, or on the laptop run `eval "$(make env)"` first',
            exit_code=4,
        )
    command = [program, "stack", "output", "--json", "--non-interactive", "-s", stack]
    try:
        done = subprocess.run(
            command,
            cwd=REPO,
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AnalysisError(
            "E_PULUMI_FAILED",
            f"stack={shown(stack)}: no answer within {SECONDS} s",
            "check that the state's backend can be reached",
            exit_code=4,
        ) from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise AnalysisError(
            "E_PULUMI_FAILED",
            f"stack={shown(stack)}: {lines[-1][:200]}",
            FIX,
            exit_code=4,
        )
    try:
        return json.loads(done.stdout)
    except (ValueError, RecursionError) as error:
        raise AnalysisError(
            "E_PULUMI_FAILED", f"stack={shown(stack)}: it answered no JSON", FIX, exit_code=4
        ) from error
