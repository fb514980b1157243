"""The settings of a stack, read from its configuration, of which this is the only reader.

`settings_table` describes each key once; Pulumi.yaml and docs/settings.md repeat it and a test
compares.
`load` lists every problem at once. Settings of the AWS provider (`aws:`) are the provider's own,
but for `aws:region`, which decides names.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import fields

import pulumi
from pulumi.runtime import config as engine_config

from components.setting import Setting, UnfitError, Value, escaped, shown
from components.settings_groups import (
    Alarms,
    Audit,
    Catalog,
    Delivery,
    Function,
    Generator,
    Network,
    Query,
    Quicksight,
    Reference,
    Retention,
    Settings,
    Stream,
    host_runtime,
)
from components.settings_rules import conflicts
from components.settings_table import SETTINGS

__all__ = ["Settings", "SettingsError", "load", "read"]

NAMESPACE = "acme-telemetry"
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+){1,2}-[0-9]")
SUPPORTED_RUNTIMES = ("python3.11", "python3.12", "python3.13")


class SettingsError(pulumi.RunError):
    """One or more settings are wrong; the text names them all. The engine shows it as it is."""


_GROUPS = {
    "retention": Retention,
    "reference": Reference,
    "generator": Generator,
    "stream": Stream,
    "network": Network,
    "delivery": Delivery,
    "catalog": Catalog,
    "query": Query,
    "alarms": Alarms,
    "audit": Audit,
    "quicksight": Quicksight,
    "function": Function,
}
_KEYS_OF_RETENTION = {
    "raw_days": "rawRetentionDays",
    "curated_days": "curatedRetentionDays",
    "results_days": "resultsRetentionDays",
    "log_days": "logRetentionDays",
    "quarantine_days": "quarantineRetentionDays",
    "retain_data": "retainData",
}


def key_of(group: str, field: str) -> str:
    """The configuration key behind a field, e.g. `streamMode` for stream, mode."""
    if group == "retention":
        return _KEYS_OF_RETENTION[field]
    return group + "".join(word.capitalize() for word in field.split("_"))


def load() -> Settings:
    """The settings of the running stack. Raises SettingsError with every problem."""
    given = {**engine_config.get_config_env(), **engine_config.CONFIG.get()}
    secret = {key for key in given if engine_config.is_config_secret(key)}
    return read(given, stack=pulumi.get_stack(), secret=secret)


def read(
    given: Mapping[str, object], *, stack: str, secret: Collection[str] = frozenset()
) -> Settings:
    """The settings that `given` describes: full keys such as `acme-telemetry:prefix`, raw texts.

    Raises SettingsError, which names the file, and for each problem the key, what was given (but
    for the keys that are `secret`), what is allowed and the command that sets it right.
    """
    own = {
        key.removeprefix(f"{NAMESPACE}:"): _raw(value)
        for key, value in given.items()
        if key.startswith(f"{NAMESPACE}:")
    }
    told = {
        key: "[secret]" if f"{NAMESPACE}:{key}" in secret else value for key, value in own.items()
    }
    values: dict[str, Value] = {}
    problems = [*_unknown(told, stack), *_region(given, stack)]
    for setting in SETTINGS:
        if setting.key not in own:
            values[setting.key] = setting.default
            continue
        try:
            values[setting.key] = setting.read(own[setting.key])
        except UnfitError as error:
            hidden = told[setting.key] != own[setting.key]
            problem = "unfit" if hidden else str(error)
            problems.append(_unfit(setting, told[setting.key], problem, stack))
    problems += _host(values, stack)
    problems += [
        f"E_CFG_CONFLICT: {conflict.key}={shown(told.get(conflict.key, conflict.given))} is "
        f"{conflict.problem}; expected {conflict.expected}; fix: {_command(stack, conflict.fix)}"
        for conflict in conflicts(values, region=str(given.get("aws:region", "")))
    ]
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise SettingsError("\n".join([f"Pulumi.{stack}.yaml has {count}:", *problems]))
    return _grouped(values)


def _raw(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _command(stack: str, assignment: str) -> str:
    return f"pulumi config set --stack {stack} {assignment}"


def _assignment(setting: Setting) -> str:
    if setting.kind == "list":
        return f"--path '{setting.key}[0]' '{json.loads(setting.example)[0]}'"
    return f"{setting.key} '{setting.example}'"


def _unfit(setting: Setting, given: str, problem: str, stack: str) -> str:
    return (
        f"E_CFG_VALUE: {setting.key}={shown(given)} is {problem}; expected {setting.kind}, "
        f"{setting.allowed}; fix: {_command(stack, _assignment(setting))}"
    )


def _unknown(own: Mapping[str, str], stack: str) -> list[str]:
    known = [setting.key for setting in SETTINGS]
    problems = []
    for key in sorted(set(own) - set(known)):
        name = escaped(key)
        nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        expected = f"{nearest[0]} (the nearest)" if nearest else "a key of docs/settings.md"
        problems.append(
            f"E_CFG_UNKNOWN: {name}={shown(own[key])} is no setting; expected {expected}; "
            f"fix: pulumi config rm --stack {stack} {name}"
        )
    return problems


def _region(given: Mapping[str, object], stack: str) -> list[str]:
    region = str(given.get("aws:region") or os.environ.get("AWS_REGION") or "")
    if _REGION.fullmatch(region):
        return []
    code, problem = ("VALUE", "malformed") if region else ("MISSING", "missing")
    return [
        f"E_CFG_{code}: aws:region={shown(region)} is {problem}; expected an AWS region such as "
        f"eu-central-1; fix: {_command(stack, 'aws:region eu-central-1')}"
    ]


def _host(values: Mapping[str, Value], stack: str) -> list[str]:
    if values.get("functionRuntime") != "host" or host_runtime() in SUPPORTED_RUNTIMES:
        return []
    return [
        f"E_CFG_VALUE: functionRuntime=host is {host_runtime()} here; expected "
        f"{', '.join(SUPPORTED_RUNTIMES)}; fix: {_command(stack, 'functionRuntime python3.13')}"
    ]


def _grouped(values: Mapping[str, Value]) -> Settings:
    groups = {
        name: group(**{field.name: values[key_of(name, field.name)] for field in fields(group)})
        for name, group in _GROUPS.items()
    }
    return Settings(
        prefix=str(values["prefix"]),
        environment=str(values["environment"]),
        **groups,
    )
