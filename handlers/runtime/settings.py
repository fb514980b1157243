"""A function's settings: one frozen dataclass, read once from the environment.

Every missing or malformed variable is named at once. There is no default here: the stack sets all
of them, so that what a function does can be read from its configuration.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from handlers.runtime.errors import PipelineError

T = TypeVar("T")


@dataclass(frozen=True)
class Variable:
    """One environment variable: `parse` raises ValueError for a text that is not of `form`."""

    name: str
    parse: Callable[[str], object]
    form: str
    example: str


def text(name: str, pattern: str, form: str, example: str) -> Any:
    """A setting whose text matches `pattern` from end to end."""
    compiled = re.compile(pattern, re.ASCII)

    def parse(given: str) -> str:
        if compiled.fullmatch(given) is None:
            raise ValueError(given)
        return given

    return _field(Variable(name, parse, form, example))


def whole_number(name: str, low: int, high: int, unit: str, example: str) -> Any:
    """A setting that is a whole number from `low` to `high`, in `unit` where it has one."""
    form = f"a whole number{f' of {unit}' if unit else ''} from {low} to {high}"

    def parse(given: str) -> int:
        if re.fullmatch(r"[0-9]{1,19}", given) is None or not low <= int(given) <= high:
            raise ValueError(given)
        return int(given)

    return _field(Variable(name, parse, form, example))


def one_of(name: str, allowed: tuple[str, ...], example: str) -> Any:
    """A setting out of a closed list."""

    def parse(given: str) -> str:
        if given not in allowed:
            raise ValueError(given)
        return given

    return _field(Variable(name, parse, "one of " + ", ".join(allowed), example))


def bucket_name(name: str) -> Any:
    """A setting that is an S3 bucket's name."""
    return text(
        name,
        r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        "a bucket name",
        "acme-telemetry-123456789012-eu-central-1",
    )


def function_name(name: str, example: str) -> Any:
    """A setting that is a Lambda function's name (not its ARN)."""
    return text(name, r"[A-Za-z0-9_-]{1,64}", "a function name", example)


def metric_namespace() -> Any:
    """The CloudWatch namespace that every function's metrics go to."""
    return text(
        "METRIC_NAMESPACE", r"[A-Za-z0-9_./#-]{1,255}", "a CloudWatch namespace", "AcmeTelemetry"
    )


def variables(settings: type[Any]) -> tuple[Variable, ...]:
    """The variables that a settings class reads, in its order."""
    return tuple(field.metadata["variable"] for field in dataclasses.fields(settings))


def load(settings: type[T], environ: Mapping[str, str] = os.environ) -> T:
    """Read `settings` from the environment.

    Raises PipelineError (E_CFG_ENVIRONMENT) that lists every missing or malformed variable.
    """
    values: dict[str, object] = {}
    problems: list[PipelineError] = []
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        variable: Variable = field.metadata["variable"]
        given = environ.get(variable.name)
        try:
            if given is None:
                raise KeyError(variable.name)
            values[field.name] = variable.parse(given)
        except KeyError:
            problems.append(_problem(variable, "missing", ...))
        except ValueError:
            problems.append(_problem(variable, "malformed", given))
    if problems:
        raise PipelineError.of(problems)
    return settings(**values)


def _problem(variable: Variable, problem: str, value: object) -> PipelineError:
    return PipelineError(
        "E_CFG_ENVIRONMENT",
        problem,
        field=variable.name,
        value=value,
        expected=f"{variable.form}, e.g. {variable.example}",
        fix="set the function's environment variable (pulumi up does)",
    )


def _field(variable: Variable) -> Any:
    return dataclasses.field(metadata={"variable": variable})
