"""Wrong use, as a user meets it: one line, the right exit code, before anything long starts."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from local import __main__ as command_line
from local.settings import REPO, Ports, port_variable


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_STATE_DIR", str(tmp_path / "state"))
    for number, name in enumerate(vars(Ports())):
        monkeypatch.delenv(port_variable(name), raising=False)
        monkeypatch.setenv(port_variable(name), str(61000 + number))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "make room"),
        (OSError(errno.ENOSPC, "No space left on device", "/s/x"), "file=/s/x"),
        (OSError(errno.EROFS, "Read-only file system", "/s/x"), "may write to"),
        (PermissionError(errno.EACCES, "Permission denied", "/s/x"), "may write to"),
    ],
)
def test_a_full_or_closed_disk_is_said_in_one_line(
    error: OSError,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setitem(command_line.COMMANDS, "up", fail)
    assert command_line.main(["up"]) == 4
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("E_FILE: ")
    assert expected in said


def test_a_fault_of_the_program_is_not_taken_for_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    monkeypatch.setitem(command_line.COMMANDS, "up", fail)
    with pytest.raises(ConnectionResetError):
        command_line.main(["up"])


def test_a_command_in_the_background_ends_by_sigterm(tmp_path: Path) -> None:
    """A shell that is no terminal starts a job after `&` with SIGINT ignored."""
    waiting = (
        "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from local import __main__ as line\n"
        "line.COMMANDS['up'] = lambda *_: (print('began', flush=True), time.sleep(30))\n"
        "raise SystemExit(line.main(['up']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", waiting], cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"began\n"
        process.terminate()
        assert process.wait(10) == command_line.INTERRUPTED
        assert process.stderr is not None
        assert process.stderr.read() == b"interrupted\n"
