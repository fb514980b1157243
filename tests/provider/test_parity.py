"""docs/parity.md against the program and the provider: every type has a handler and a row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.provider.invokes import INVOKES
from local.provider.resources import RESOURCES
from local.provider.sdk import property_names
from tests.components.recording import pipeline

KINDS = {"same", "emulated", "substituted", "declared only", "refused"}
PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
VARIANTS: dict[str, dict[str, object]] = {
    "dev": {},
    "with a trail": {"auditTrail": "create"},
    "an existing cluster": {
        "streamMode": "existing",
        "streamClusterArn": (
            "arn:aws:kafka:eu-central-1:111122223333:cluster/shared/"
            "1234abcd-12ab-34cd-56ef-1234567890ab-1"
        ),
        "streamSubnetIds": ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"],
        "streamSecurityGroupIds": ["sg-0cccccccccccccccc"],
    },
    "serverless": {"streamMode": "serverless"},
}


def rows() -> dict[str, list[str]]:
    found = {}
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `aws:"):
            token, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            found[token.strip("`")] = cells
    return found


def test_the_table_has_every_type_of_the_provider_in_order() -> None:
    assert list(rows()) == sorted(RESOURCES)


def test_each_row_says_which_kind_and_how_in_a_sentence() -> None:
    for token, (kind, how, _) in rows().items():
        assert kind in KINDS, token
        assert how.endswith("."), token


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_inputs_that_are_not_honoured_are_named(token: str) -> None:
    resource = RESOURCES[token]
    without = rows()[token][2]
    for name in (*resource.declared, *resource.unread):
        if name != "publish":  # acts on the deployment alone
            assert f"`{name}`" in without, name
    shown = re.findall(r"`([\w.]+)`", without)
    assert {name.split(".")[0] for name in shown} <= resource.honoured()


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_a_handler_speaks_of_properties_that_pulumi_aws_has(token: str) -> None:
    resource = RESOURCES[token]
    tables = (
        resource.honoured(),
        resource.replace,
        resource.defaults,
        resource.unread,
        getattr(resource, "outputs", ()),
        getattr(resource, "steering", ()),
    )
    assert set().union(*map(set, tables)) <= property_names(token)


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_the_program_asks_for_nothing_that_the_provider_lacks(variant: str) -> None:
    recording = pipeline("dev", **VARIANTS[variant]).recording
    made = [found for found in recording.made if found.type.startswith("aws:")]
    assert len(made) > 50
    for found in made:
        assert found.type in RESOURCES, found.name
        assert set(found.inputs) <= RESOURCES[found.type].honoured(), found.name
    assert set(recording.invoked) <= set(INVOKES)
