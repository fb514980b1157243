"""The engine on a program of two resources: what changes, what it says, what survives a kill."""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import boto3
import psutil
import pytest

from local.engine import Engine, EngineError
from local.pulumi import executable
from local.pulumi.workspace import STACK, backend, environment, lock_holders, unfinished
from local.settings import REGION, REPO, Laptop, Ports

pytestmark = pytest.mark.stack


def engine(laptop: Laptop, project: Path) -> Engine:
    def program() -> None:
        runpy.run_path(str(project / "__main__.py"))

    return Engine(laptop, program, project)


def retention(laptop: Laptop) -> list[int]:
    logs = boto3.client(
        "logs",
        endpoint_url=laptop.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    groups = logs.describe_log_groups(logGroupNamePrefix="/trial/")["logGroups"]
    return [group["retentionInDays"] for group in groups]


def configure(project: Path, line: str) -> Path:
    settings = project / "Pulumi.local.yaml"
    settings.write_text(settings.read_text().replace("  trial:days: 7\n", f"  {line}\n"))
    return settings


def pulumi(laptop: Laptop, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [executable(laptop), *arguments, "--non-interactive", "--color", "never"],
        cwd=project,
        env={**os.environ, **environment(laptop)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def deployed(small_laptop: Laptop, project: Path) -> Iterator[None]:
    """The two resources are there; they are gone after the test."""
    engine(small_laptop, project).up()
    yield
    engine(small_laptop, project).destroy()


def test_up_once_and_again_and_changed_and_away(small_laptop: Laptop, project: Path) -> None:
    before = (project / "Pulumi.local.yaml").read_bytes()
    said: list[str] = []
    first = engine(small_laptop, project).up(on_event=said.append)
    assert first.changes == {"create": 3}
    assert first.outputs == {"group": "/trial/group", "token": "hush"}
    assert "created aws:cloudwatch/logGroup:LogGroup group" in said
    assert engine(small_laptop, project).up().changes == {"same": 3}
    assert (project / "Pulumi.local.yaml").read_bytes() == before

    configure(project, "trial:days: 14")
    assert engine(small_laptop, project).preview().changes == {"same": 2, "update": 1}
    assert retention(small_laptop) == [7]
    assert engine(small_laptop, project).up().changes == {"same": 2, "update": 1}
    assert retention(small_laptop) == [14]

    assert engine(small_laptop, project).destroy().changes == {"delete": 3}
    assert retention(small_laptop) == []
    assert engine(small_laptop, project).outputs() == {}


def test_another_settings_file(
    small_laptop: Laptop, project: Path, deployed: None, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text((project / "Pulumi.local.yaml").read_text().replace("days: 7", "days: 30"))
    one = engine(small_laptop, project)
    other_engine = Engine(small_laptop, one._program, project, other)
    assert other_engine.preview().changes == {"same": 2, "update": 1}
    assert one.preview().changes == {"same": 3}


def test_secrets_are_not_in_the_state(small_laptop: Laptop, project: Path, deployed: None) -> None:
    states = list((backend(small_laptop) / ".pulumi" / "stacks").rglob("*.json"))
    assert states and not [state for state in states if "hush" in state.read_text()]


def test_a_kill_cannot_part_the_state_from_its_attributes(
    small_laptop: Laptop, project: Path, deployed: None
) -> None:
    """The CLI would write them after the state, and refuse the state when they are cut short."""
    assert not list(backend(small_laptop).rglob("*.attrs"))


def test_refresh_finds_what_was_changed_by_hand(
    small_laptop: Laptop, project: Path, deployed: None
) -> None:
    boto3.client(
        "logs",
        endpoint_url=small_laptop.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    ).put_retention_policy(logGroupName="/trial/group", retentionInDays=3)
    assert engine(small_laptop, project).up().changes == {"same": 3}
    assert engine(small_laptop, project).up(refresh=True).changes == {"same": 2, "update": 1}
    assert retention(small_laptop) == [7]


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("trial:fail: own", ["E_TRIAL: days=x is wrong; fix: write a number"]),
        ("trial:fail: bug", ["E_ENGINE_UP: the program: ", "ValueError: a bug", "fix: see "]),
        (
            "trial:days: 8",
            ["E_ENGINE_UP: resource=aws:cloudwatch/logGroup:LogGroup group: ", "fix: see "],
        ),
    ],
)
def test_failures_name_resource_and_reason(
    small_laptop: Laptop, project: Path, line: str, texts: list[str]
) -> None:
    configure(project, line)
    try:
        with pytest.raises(EngineError) as failed:
            engine(small_laptop, project).up()
        assert all(text in str(failed.value) for text in texts), str(failed.value)
        assert len(str(failed.value)) < 2000
    finally:
        engine(small_laptop, project).destroy()


def test_says_which_part_does_not_run(small_laptop: Laptop, project: Path) -> None:
    deaf = replace(small_laptop, ports=Ports(emulator=small_laptop.ports.emulator, provider=1))
    with pytest.raises(EngineError, match=r"^E_ENGINE_PART: provider=127.0.0.1:1 "):
        engine(deaf, project).up()


def test_no_outputs_before_the_first_up(small_laptop: Laptop, project: Path) -> None:
    text = (project / "Pulumi.yaml").read_text()
    (project / "Pulumi.yaml").write_text(text.replace("name: trial", "name: nowhere"))
    with pytest.raises(EngineError, match=r"^E_ENGINE_OUTPUTS: .* fix: make up$"):
        engine(small_laptop, project).outputs()


@pytest.mark.parametrize("resources_before_the_kill", [1, 3, 6])
def test_up_works_after_a_cli_that_was_killed(
    small_laptop: Laptop, project: Path, resources_before_the_kill: int
) -> None:
    configure(project, "trial:days: 7\n  trial:more: 8")
    made: list[str] = []

    def kill(line: str) -> None:
        made.append(line)
        if len(made) == resources_before_the_kill:
            [cli] = [child for child in psutil.Process().children() if child.name() == "pulumi"]
            cli.kill()

    try:
        with pytest.raises(EngineError):
            engine(small_laptop, project).up(on_event=kill)
        assert list(lock_holders(small_laptop, "trial").values()) == [None]
        engine(small_laptop, project).up()
        assert not lock_holders(small_laptop, "trial")
        assert not unfinished(small_laptop, "trial")
        assert len(retention(small_laptop)) == 9
        assert engine(small_laptop, project).up().changes == {"same": 11}
    finally:
        engine(small_laptop, project).destroy()
    assert retention(small_laptop) == []


def test_an_interrupt_of_this_process_alone_ends_the_cli_in_good_order(
    small_laptop: Laptop, project: Path
) -> None:
    """Ctrl-C reaches the CLI by the terminal; a signal from elsewhere reaches only the command."""
    code = (
        "import dataclasses, pathlib, runpy, signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background\n"
        "import local.engine\n"
        "from local import settings\n"
        "local.engine.CANCEL_SECONDS = 1\n"
        "def program():\n"
        f"    runpy.run_path({str(project / '__main__.py')!r})\n"
        "    print('running', flush=True)\n"
        "    time.sleep(10)\n"
        f"local.engine.Engine(settings.load(), program, pathlib.Path({str(project)!r})).up()\n"
    )
    chosen = {
        "ACME_STATE_DIR": str(small_laptop.state),
        "ACME_CACHE_DIR": str(small_laptop.cache),
        **{f"ACME_{name.upper()}_PORT": str(p) for name, p in asdict(small_laptop.ports).items()},
    }
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, **chosen},
        cwd=REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "running\n"
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=60)
    assert said.rstrip().endswith("KeyboardInterrupt"), said
    assert not lock_holders(small_laptop, "trial")
    assert not unfinished(small_laptop, "trial")
    engine(small_laptop, project).destroy()
    assert retention(small_laptop) == []


def test_a_deployment_that_runs_is_not_disturbed(
    small_laptop: Laptop, project: Path, deployed: None
) -> None:
    pending: list[str] = []

    def second(line: str) -> None:
        if not pending:
            pending.append(line)
            with pytest.raises(EngineError, match=r"^E_ENGINE_BUSY: .* by process \d+;"):
                engine(small_laptop, project).preview()
            pending.append("refused")

    configure(project, "trial:days: 7\n  trial:more: 2")
    engine(small_laptop, project).up(on_event=second)
    assert pending[-1] == "refused"


def test_the_plain_cli_sees_the_same_stack(
    small_laptop: Laptop, project: Path, deployed: None
) -> None:
    before = (project / "Pulumi.local.yaml").read_bytes()
    outputs = pulumi(small_laptop, project, "stack", "output", "-s", STACK, "--json")
    assert '"/trial/group"' in outputs.stdout, outputs.stderr
    preview = pulumi(small_laptop, project, "preview", "-s", STACK)
    assert preview.returncode == 0 and "3 unchanged" in preview.stdout, preview.stdout
    assert "warning" not in preview.stdout + preview.stderr
    assert (project / "Pulumi.local.yaml").read_bytes() == before

    configure(project, "trial:days: 14")
    changed = pulumi(small_laptop, project, "up", "-s", STACK, "--yes", "--skip-preview")
    assert changed.returncode == 0 and "1 updated" in changed.stdout, changed.stdout
    assert retention(small_laptop) == [14]


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("trial:fail: own", ["error: E_TRIAL: days=x is wrong; fix: write a number"]),
        ("trial:fail: bug", ["error: the program failed:", "ValueError: a bug"]),
    ],
)
def test_the_plain_cli_shows_why_a_program_failed(
    small_laptop: Laptop, project: Path, deployed: None, line: str, texts: list[str]
) -> None:
    configure(project, line)
    preview = pulumi(small_laptop, project, "preview", "-s", STACK)
    assert preview.returncode != 0
    assert all(text in preview.stdout for text in texts), preview.stdout
    assert "Traceback" not in preview.stdout or "bug" in line
    settings = project / "Pulumi.local.yaml"
    settings.write_text(settings.read_text().replace(line, "trial:days: 7"))


def test_the_plain_cli_destroys_too(small_laptop: Laptop, project: Path, deployed: None) -> None:
    gone = pulumi(small_laptop, project, "destroy", "-s", STACK, "--yes", "--skip-preview")
    assert gone.returncode == 0 and "3 deleted" in gone.stdout, gone.stdout
    assert retention(small_laptop) == []
