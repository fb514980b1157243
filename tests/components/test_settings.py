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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("prefix", "Acme"),
        ("prefix", "a"),
        ("prefix", "acme--telemetry"),
        ("prefix", "acme-1"),
        ("prefix", "aws-telemetry"),
        ("prefix", "a" * 31),
        ("environment", ""),
        ("rawRetentionDays", "soon"),
        ("rawRetentionDays", "0"),
        ("rawRetentionDays", "1.5"),
        ("rawRetentionDays", ""),
        ("curatedRetentionDays", "9999"),
        ("resultsRetentionDays", "-1"),
        ("logRetentionDays", "31"),
        ("quarantineRetentionDays", "1e3"),
        ("retainData", "yes"),
        ("referenceMode", "none"),
        ("referenceDatabase", "Acme-Data"),
        ("referenceDataLocations", "s3://bucket/titles/"),
        ("referenceDataLocations", '["s3://bucket/titles"]'),
        ("referenceDataLocations", '["s3://bucket/*/"]'),
        ("referenceDataLocations", '["s3://bucket/a/","s3://bucket/a/"]'),
        ("referenceKmsKeyArn", "alias/key"),
        ("referenceCacheTtlMinutes", "0"),
        ("generatorSchedule", "rate(5 minute)"),
        ("generatorSchedule", "every 5 minutes"),
        ("generatorEnabled", "1"),
        ("generatorProfile", "storm"),
        ("generatorSeed", "-1"),
        ("streamMode", "kinesis"),
        ("streamClusterArn", "arn:aws:kafka:eu-central-1:1:cluster/a"),
        ("streamSubnetIds", '["subnet-x"]'),
        ("streamSecurityGroupIds", "[1]"),
        ("streamBrokerType", "kafka.t3.small"),
        ("streamBrokers", "4"),
        ("streamVolumeGib", "0"),
        ("networkEndpoints", '["s4"]'),
        ("streamPartitions", "0"),
        ("streamRetentionHours", "24"),
        ("deliveryBufferMb", "129"),
        ("deliveryBufferSeconds", "301"),
        ("catalogPartitions", "msck"),
        ("catalogCrawlerSchedule", "rate(1 hour)"),
        ("catalogCrawlerSchedule", "cron(0 * * * * *)"),
        ("queryBytesCutoffMb", "9"),
        ("alarmsEmail", "oncall"),
        ("alarmsEnabled", "True"),
        ("auditTrail", "yes"),
        ("quicksightEnabled", "no"),
        ("quicksightPrincipal", "analyst"),
        ("functionRuntime", "python3.8"),
        ("functionArchitecture", "amd64"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(key: str, value: str) -> None:
    (problem,) = problems(**{key: value})
    form = FORM.fullmatch(problem)
    assert form is not None, problem
    assert (form[1], form[2]) == ("VALUE", key)
    assert f"{key}={value[:40]}" in problem


def test_every_setting_has_a_wrong_value_among_the_tests() -> None:
    marks = test_a_wrong_value_is_named_with_what_is_allowed.pytestmark  # type: ignore[attr-defined]
    tried = {key for key, _ in marks[0].args[1]}
    assert tried == {setting.key for setting in SETTINGS}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({**EXISTING, "streamClusterArn": ""}, "streamClusterArn"),
        ({**EXISTING, "streamSubnetIds": '["subnet-11111111"]'}, "streamSubnetIds"),
        ({**EXISTING, "streamSecurityGroupIds": "[]"}, "streamSecurityGroupIds"),
        (
            {**EXISTING, "streamClusterArn": "arn:aws:kafka:us-east-1:111122223333:cluster/a/b-1"},
            "streamClusterArn",
        ),
        ({"streamSubnetIds": EXISTING["streamSubnetIds"]}, "streamSubnetIds"),
        ({"referenceMode": "sample", "prefix": "acme-two"}, "referenceDatabase"),
        ({"referenceDatabase": "acme_telemetry"}, "referenceDatabase"),
        (
            {"referenceMode": "sample", "referenceDataLocations": '["s3://bucket/a/"]'},
            "referenceDataLocations",
        ),
        (
            {
                "referenceMode": "sample",
                "referenceKmsKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/a",
            },
            "referenceKmsKeyArn",
        ),
        (
            {
                "streamMode": "existing",
                "streamClusterArn": "arn:aws:kafka:eu-central-1:111122223333:cluster/a/b-1",
                "streamSubnetIds": '["subnet-11111111", "subnet-22222222"]',
                "streamSecurityGroupIds": '["sg-11111111"]',
                "networkEndpoints": '["sts"]',
            },
            "networkEndpoints",
        ),
        ({"quicksightEnabled": "true"}, "quicksightPrincipal"),
        ({"alarmsEmail": "oncall@example.com"}, "alarmsEnabled"),
    ],
)
def test_a_broken_rule_between_settings_names_the_key_to_change(
    changes: dict[str, str], key: str
) -> None:
    (problem,) = problems(**changes)
    form = FORM.fullmatch(problem)
    assert form is not None, problem
    assert (form[1], form[2]) == ("CONFLICT", key)


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


def test_a_long_value_is_cut_and_stays_on_one_line() -> None:
    (problem,) = problems(alarmsEmail="x\n" * 500)
    assert len(problem.split("=", 1)[1].split(" is ")[0]) <= 80


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
