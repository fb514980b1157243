"""The table of settings as Pulumi.yaml and docs/settings.md show it.

`python -m components.settings_pages` writes both; a test fails when they differ from the table.
"""

from __future__ import annotations

import json
from pathlib import Path

from components.setting import Setting, Value
from components.settings_table import SETTINGS

REPO = Path(__file__).resolve().parents[1]
PROJECT_FILE = REPO / "Pulumi.yaml"
PAGE = REPO / "docs" / "settings.md"

_PROJECT_HEAD = """\
name: acme-telemetry
description: "Video telemetry on AWS: every event accounted for, from generator to query"
runtime:
  name: python
  options:
    virtualenv: .venv
# Written by `python -m components.settings_pages`. Types stand in the descriptions: with `type:`
# the engine would stop at the first wrong value, where the program lists them all (ADR 0007).
config:
"""
_PAGE_HEAD = """\
# Settings of a stack

They stand in `Pulumi.<stack>.yaml` under `acme-telemetry:`; set one with
`pulumi config set --stack dev rawRetentionDays 30`, a list with
`pulumi config set --stack dev --path 'streamSubnetIds[0]' subnet-0123456789abcdef0`.
What a stack does not set has the default below. A wrong file is refused before anything is
deployed, with every problem, what was given, what is allowed and the command that sets it right.

This page is written by `python -m components.settings_pages`.

| key | kind | default | meaning | allowed |
|---|---|---|---|---|
"""
_PAGE_TAIL = """
## Rules between settings

- `streamMode: existing` needs `streamClusterArn`, two or more `streamSubnetIds` and one or more
  `streamSecurityGroupIds`; the other modes take none of them. The existing cluster must have IAM
  and multi-VPC connectivity on, and a policy that lets Firehose call `kafka:CreateVpcConnection`.
  The subnets are of the cluster's own network; the security groups let port 9098 out.
- `streamMode: serverless` has no use for `streamBrokerType`, `streamBrokers`, `streamVolumeGib` and
  `streamRetentionHours`: MSK Serverless sizes itself, keeps events as long as AWS's default says
  and encrypts them with AWS's key. Changing `streamMode` replaces the cluster.
- `networkEndpoints` belongs to a network of the stack's own: not with `streamMode: existing`.
- `streamVolumeGib` must hold what `streamRetentionHours` keeps: with three brokers and three copies
  each broker has all events once. Brokers whose disk is full stop taking events.
- `referenceMode: sample` with a `prefix` of its own needs a `referenceDatabase` of its own, and
  takes neither `referenceDataLocations` nor `referenceKmsKeyArn`.
- `quicksightEnabled` needs `quicksightPrincipal`; `alarmsEmail` needs `alarmsEnabled`.
- `aws:region` is the provider's own setting and has no default.

## What `retainData` spares

With `retainData: true` the engine refuses to delete or replace the buckets, the key, the cluster
and the delivery stream (a new stream would read the whole topic again).

- **Down with everything**: `pulumi config set --stack dev retainData false`, `pulumi up`, then
  `pulumi destroy`, which empties and deletes the buckets too.
- **Down, and the data stays**: `pulumi state unprotect --all --stack dev`, then `pulumi destroy`.
  The buckets stay as they are (private, encrypted, with their retention), and so does the key; the
  cluster and the events in it are deleted. The next `pulumi up` would fail on the buckets' names:
  adopt buckets and key first, as [names.md](names.md) says, or choose another `prefix`. Without
  its key the data cannot be read.

## What costs money while nothing happens

| what | how to do without |
|---|---|
| an MSK cluster: its brokers, their disks, its private connectivity | `streamMode: existing` |
| the crawler's hourly runs | `catalogPartitions: projection` |
| interface endpoints, by the hour and zone | none unless `networkEndpoints` names them |
| a key, log groups, flow logs of the stack's own network | – |
| the events themselves: functions, Firehose by the GB, storage | `generatorEnabled: false` |
"""


def project_file() -> str:
    """Pulumi.yaml as a whole."""
    entries = (
        f"  {setting.key}:\n"
        f"    description: {json.dumps(setting.description, ensure_ascii=False)}\n"
        f"    default: {_yaml(setting.default)}\n"
        for setting in SETTINGS
    )
    return _PROJECT_HEAD + "".join(entries)


def page() -> str:
    """docs/settings.md as a whole."""
    return _PAGE_HEAD + "".join(map(_row, SETTINGS)) + _PAGE_TAIL


def _yaml(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


def _row(setting: Setting) -> str:
    default = f"`{_yaml(setting.default)}`" if setting.default not in ("", ()) else "none"
    cells = (f"`{setting.key}`", setting.kind, default, setting.meaning, setting.allowed)
    return "| " + " | ".join(cells) + " |\n"


def main() -> None:
    """Write both files."""
    PROJECT_FILE.write_text(project_file())
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
