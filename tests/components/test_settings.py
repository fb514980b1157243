"""Every problem of a stack's file is listed at once, with what was given and what is allowed."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from components import settings, settings_pages
from components.setting import Setting
from components.settings import SettingsError
from components.settings_table import SETTINGS
from tests.components.recording import REPO, stack_file

REGION = {"aws:region": "eu-central-1"}
EXISTING = {
    "streamMode": "existing",
    "streamClusterArn": "arn:aws:kafka:eu-central-1:111122223333:cluster/a/b-1",
    "streamSubnetIds": '["subnet-11111111","subnet-22222222"]',
    "streamSecurityGroupIds": '["sg-11111111"]',
}
FORM = re.compile(
    r"E_CFG_(VALUE|UNKNOWN|MISSING|CONFLICT): (\S+)=.{0,80} is .+; expected .+; fix: pulumi config "
    r"(set|rm) --stack test .+"
)


def given(**changes: str) -> dict[str, object]:
    return {**REGION, **{f"acme-telemetry:{key}": value for key, value in changes.items()}}


def problems(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        settings.read(given(**changes), stack="test")
    return str(raised.value).splitlines()[1:]


def test_an_unknown_key_is_named_with_the_nearest() -> None:
    (problem,) = problems(rawRetentionDay="30")
    assert FORM.fullmatch(problem)
    assert "expected rawRetentionDays (the nearest)" in problem
    (far,) = problems(colour="blue")
    assert "a key of docs/settings.md" in far


def test_a_missing_region_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    with pytest.raises(SettingsError, match="E_CFG_MISSING: aws:region="):
        settings.read({}, stack="test")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert settings.read({}, stack="test").prefix == "acme-telemetry"


def test_all_problems_come_at_once_and_the_file_is_named() -> None:
    with pytest.raises(SettingsError) as raised:
        settings.read(
            {
                "acme-telemetry:prefix": "Acme",
                "acme-telemetry:retainDate": "true",
                "acme-telemetry:streamMode": "existing",
                "acme-telemetry:rawRetentionDays": "soon",
                **REGION,
            },
            stack="prod",
        )
    first, *rest = str(raised.value).splitlines()
    assert first == "Pulumi.prod.yaml has 6 problems:"
    assert [line.split("=")[0].split(": ")[1] for line in rest] == [
        "retainDate",
        "prefix",
        "rawRetentionDays",
        "streamClusterArn",
        "streamSubnetIds",
        "streamSecurityGroupIds",
    ]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_default_and_example_of_a_setting_are_allowed(setting: Setting) -> None:
    default = setting.default
    text = default if isinstance(default, str) else json.dumps(default)
    assert setting.read(text) == default
    setting.read(setting.example)


def test_the_existing_stream_is_read_as_given() -> None:
    stream = settings.read(given(**EXISTING), stack="test").stream
    assert stream.mode == "existing"
    assert stream.subnet_ids == ("subnet-11111111", "subnet-22222222")
    assert stream.security_group_ids == ("sg-11111111",)


def test_the_committed_stacks_differ_where_they_should() -> None:
    dev = settings.read(stack_file("dev"), stack="dev")
    local = settings.read(stack_file("local"), stack="local")
    assert (dev.retention.retain_data, local.retention.retain_data) == (True, False)
    assert (dev.reference.mode, local.reference.mode) == ("existing", "sample")
    assert (dev.function.runtime, local.function.runtime) == ("python3.13", "host")
    assert dev.prefix == local.prefix == "acme-telemetry"


def test_the_laptop_stack_can_reach_no_real_account() -> None:
    config = yaml.safe_load((REPO / "Pulumi.local.yaml").read_text())["config"]
    assert config["aws:allowedAccountIds"] == ["000000000000"]
    assert (config["aws:accessKey"], config["aws:secretKey"]) == ("test", "test")
    assert not any("endpoint" in key.lower() for key in config)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (settings_pages.PROJECT_FILE, settings_pages.project_file()),
        (settings_pages.PAGE, settings_pages.page()),
    ],
    ids=["Pulumi.yaml", "docs/settings.md"],
)
def test_the_pages_agree_with_the_table(path: object, expected: str) -> None:
    assert path.read_text() == expected, "run: python -m components.settings_pages"  # type: ignore[attr-defined]


def test_pulumi_yaml_declares_every_setting_with_its_default_and_kind() -> None:
    project = yaml.safe_load(settings_pages.PROJECT_FILE.read_text())
    assert project["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}
    assert "plugins" not in project
    declared = project["config"]
    assert list(declared) == [setting.key for setting in SETTINGS]
    for setting in SETTINGS:
        default = list(setting.default) if setting.kind == "list" else setting.default  # type: ignore[arg-type]
        assert declared[setting.key]["default"] == default
        assert declared[setting.key]["description"].startswith(f"{setting.kind}; ")


def test_no_stack_lands_in_the_account_of_the_other_target() -> None:
    laptop = stack_file("local")["aws:allowedAccountIds"]
    assert stack_file("dev")["aws:forbiddenAccountIds"] == laptop == '["000000000000"]'
