"""`python -m analysis`: exit codes, one line for an error, text and JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis import __main__ as command_line
from analysis import outputs, reconciliation, replay, scan
from analysis.errors import AnalysisError
from analysis.pauses import Pause
from analysis.quarantine import Hours
from analysis.reconciliation import Account
from analysis.replay import Replay
from analysis.scan import Scan
from tests.analysis.figures import GOOD, account, run

OUTPUTS = {
    "region": "eu-central-1",
    "data_bucket": "data",
    "topic": "t",
    "function_names": {"producer": "P"},
}


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Account]:
    """What reconciling finds, put here by a test."""
    accounts: list[Account] = []
    monkeypatch.setattr(outputs, "load", lambda stack: {"stack": stack})
    monkeypatch.setattr(reconciliation, "reconcile", lambda *a, **k: accounts[0])
    return accounts


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (account(GOOD), 0),
        (account(run(rows=1010, lines=1010)), 0),
        (account(run(rows=10, distinct=10)), 1),
    ],
)
def test_the_exit_code_is_the_verdict(
    found: list[Account], capsys: pytest.CaptureFixture[str], made: Account, code: int
) -> None:
    found.append(made)
    assert command_line.main(["reconcile", "--stack", "dev"]) == code
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.splitlines()[-1] == str(made.verdict)


def test_json_holds_every_figure(found: list[Account], capsys: pytest.CaptureFixture[str]) -> None:
    found.append(account(run(rows=10, distinct=10)))
    assert command_line.main(["reconcile", "--stack", "dev", "--json"]) == 1
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert said["verdict"]["level"] == "FAIL"
    assert said["hops"][3]["verdict"]["level"] == "FAIL"
    assert (said["total"]["lines"], said["total"]["rows"]) == (1000, 10)


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["--from", "2025-08-11T10:00:00Z"], "since", datetime(2025, 8, 11, 10, tzinfo=UTC)),
        (["--to", "2025-08-11T12:00:00+02:00"], "until", datetime(2025, 8, 11, 10, tzinfo=UTC)),
        ([], "until", None),
        ([], "settle", timedelta(minutes=20)),
        (["--settle-minutes", "0"], "settle", timedelta(0)),
        ([], "pauses", []),
        (
            ["--pause", "20:55-07:55", "--pause", "12:00-12:30"],
            "pauses",
            [
                Pause(timedelta(hours=20, minutes=55), timedelta(hours=11)),
                Pause(timedelta(hours=12), timedelta(minutes=30)),
            ],
        ),
    ],
)
def test_what_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], name: str, value: object
) -> None:
    asked: dict[str, object] = {}

    def reconcile(found: object, runs: object, **given: object) -> Account:
        asked.update(given)
        return account(GOOD)

    monkeypatch.setattr(outputs, "load", lambda stack: {})
    monkeypatch.setattr(reconciliation, "reconcile", reconcile)
    command_line.main(["reconcile", "--stack", "dev", *arguments])
    assert asked[name] == value


@pytest.mark.parametrize("code", [2, 3, 4, 5])
def test_an_error_is_one_line_with_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    def refuse(stack: str) -> dict[str, Any]:
        raise AnalysisError("E_TEST", f"no stack {stack}", "make one", exit_code=code)

    monkeypatch.setattr(outputs, "load", refuse)
    assert command_line.main(["reconcile", "--stack", "dev"]) == code
    assert capsys.readouterr() == ("", "E_TEST: no stack dev; fix: make one\n")
    assert command_line.main(["reconcile", "--stack", "dev", "--json"]) == code
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "E_TEST"


@pytest.mark.parametrize("missing", ["ledger_location", "bootstrap_brokers"])
@pytest.mark.parametrize("empty", [True, False])
def test_a_report_asks_for_its_outputs_before_it_counts(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    missing: str,
    empty: bool,
) -> None:
    given = {"ledger_location": "s3://l/", "bootstrap_brokers": "b:9098", missing: ""}
    if not empty:
        del given[missing]
    monkeypatch.setattr(outputs, "load", lambda stack: given)
    monkeypatch.delattr(reconciliation, "reconcile")
    assert command_line.main(["report", "--stack", "dev", "--folder", str(tmp_path)]) == 2
    line = f"E_OUTPUTS: stack='dev' lacks the outputs {missing}; expected all that "
    said = capsys.readouterr().err
    assert said.startswith(line) and said.count("\n") == 1


def test_ctrl_c_exits_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(stack: str) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(outputs, "load", interrupt)
    assert command_line.main(["report", "--stack", "dev"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["reconcile"],
        ["reconcile", "--stack", "dev", "--since-hours", "0"],
        ["reconcile", "--stack", "dev", "--since-hours", "soon"],
        ["reconcile", "--stack", "dev", "--folder", "x"],
        ["reconcile", "--stack", "dev", "--from", "yesterday"],
        ["reconcile", "--stack", "dev", "--from", "2025-08-11T10:00:00"],
        ["reconcile", "--stack", "dev", "--from", "2025-08-11T10:00:00Z", "--since-hours", "2"],
        ["reconcile", "--stack", "dev", "--settle-minutes", "-1"],
        *(
            ["reconcile", "--stack", "dev", "--pause", pause]
            for pause in ("", "20:55", "24:00-07:00", "7:00-8:00", "08:00-08:00", "08:00-09:60")
        ),
    ],
)
def test_wrong_use_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m analysis" in capsys.readouterr().err


RANGE = ["--from", "2025-08-11T10:00Z", "--to", "2025-08-11T12:30Z"]


@pytest.mark.parametrize(
    ("malformed", "code", "said"),
    [
        ({}, 0, "9 lines in 2 objects that arrived from 2025-08-11T10:00Z to 2025-08-11T13:00Z: 0"),
        ({"E_REC_SHAPE": 2}, 1, "2 malformed\n  E_REC_SHAPE 2\n  quarantine/x"),
    ],
)
def test_a_scan_ends_by_what_it_found(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    malformed: dict[str, int],
    code: int,
    said: str,
) -> None:
    made = Scan(2, 9, Counter(malformed), ("quarantine/x",) if malformed else ())
    monkeypatch.setattr(outputs, "load", lambda stack: OUTPUTS)
    monkeypatch.setattr(scan, "scan", lambda *given: made)
    assert command_line.main(["scan", "--stack", "dev", *RANGE]) == code
    assert said in capsys.readouterr().out
    assert command_line.main(["scan", "--stack", "dev", "--json", *RANGE]) == code
    assert json.loads(capsys.readouterr().out)["malformed"] == malformed


def test_a_scan_names_each_object_that_it_could_not_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Scan(2, 9, Counter(), (), ("telemetry/x", "telemetry/y"))
    monkeypatch.setattr(outputs, "load", lambda stack: OUTPUTS)
    monkeypatch.setattr(scan, "scan", lambda *given: made)
    assert command_line.main(["scan", "--stack", "dev", *RANGE]) == 1
    last = capsys.readouterr().out.splitlines()[-2:]
    assert [one.split(",")[0] for one in last] == [
        f"E_OBJECT_BROKEN: telemetry/{name} is not whole gzip" for name in "xy"
    ]
    assert command_line.main(["scan", "--stack", "dev", "--json", *RANGE]) == 1
    assert json.loads(capsys.readouterr().out)["broken"] == ["telemetry/x", "telemetry/y"]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({}, 0, "3 records of 2025-08-11T10:00Z to 2025-08-11T13:00Z: 3 events sent, 0 replayed"),
        ({"stay": Counter(E_REC_ID=1)}, 1, "1 stay\n  stays: E_REC_ID 1\n3 acked, 0 rejected"),
        ({"acked": 2, "rejected": Counter(E_REC_SIZE=1)}, 1, "1 rejected, 0 unresolved\n  rejec"),
        ({"acked": 2, "unresolved": 1, "cause": "E_X"}, 4, "2 acked, 0 rejected, 1 unresolved"),
    ],
    ids=["all", "some stay", "refused again", "unresolved"],
)
def test_a_replay_ends_by_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    code: int,
    said: str,
) -> None:
    hours = Hours.around(
        datetime(2025, 8, 11, 10, tzinfo=UTC), datetime(2025, 8, 11, 13, tzinfo=UTC)
    )
    made = Replay(hours, **{"selected": 3, "sent": 3, "acked": 3, **changes})
    monkeypatch.setattr(outputs, "load", lambda stack: OUTPUTS)
    monkeypatch.setattr(replay, "replay", lambda *given: made)
    assert command_line.main(["replay", "--stack", "dev", *RANGE]) == code
    shown = capsys.readouterr()
    assert said in shown.out
    assert shown.err.startswith("E_REPLAY_UNRESOLVED: of 3 events nobody knows 1 (E_X)") == (
        code == 4
    )
    assert shown.err.count("\n") == (code == 4)


@pytest.mark.parametrize(
    "given",
    [
        *(["--from", text, "--to", "2025-08-12"] for text in
          ("", "yesterday", "2025-08-11T10:00", "10:00", "2025-02-30", "0001-01-01", "1e9")),
        ["--from", "2025-08-11"],
        [*RANGE, "--reason", "SHAPE"],
    ],
)  # fmt: skip
def test_a_wrong_range_or_reason_exits_2(
    capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["replay", "--stack", "dev", *given])
    assert ended.value.code == 2
    assert "usage: python -m analysis replay" in capsys.readouterr().err


def test_a_reversed_range_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(outputs, "load", lambda stack: OUTPUTS)
    given = ["scan", "--stack", "dev", "--from", "2025-08-12", "--to", "2025-08-11"]
    assert command_line.main(given) == 2
    assert capsys.readouterr().err.startswith("E_RANGE: the range from 2025-08-12T00:00:00+00:00")


def test_as_a_user_runs_it(tmp_path: Path, repo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "reconcile", "--stack", "local"],
        cwd=repo,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert done.stderr.startswith("E_PULUMI_MISSING: ") and done.stderr.count("\n") == 1
