"""How the language host finds the program and the interpreter of a project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import language_pb2

from local.pulumi.language_host import Host, ProjectError, interpreter, program_file
from local.pulumi.run_program import BAIL


def info(root: Path, entry: str = ".", **options: str) -> Any:
    found = language_pb2.ProgramInfo(
        root_directory=str(root), program_directory=str(root), entry_point=entry
    )
    found.options.update(options)
    return found


def test_the_interpreter_is_the_project_s(tmp_path: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    assert interpreter(info(tmp_path, virtualenv="env")) == str(python)
    assert interpreter(info(tmp_path)) == sys.executable


def test_the_program_is_a_file_or_a_folder_s_main(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").touch()
    (tmp_path / "other.py").touch()
    assert program_file(info(tmp_path)) == str(tmp_path / "__main__.py")
    assert program_file(info(tmp_path, entry="other.py")) == str(tmp_path / "other.py")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"virtualenv": "nowhere"}, "E_PULUMI_PROJECT: virtualenv=nowhere has no bin/python;"),
        ({}, "E_PULUMI_PROJECT: main=.*/__main__.py is missing;"),
    ],
)
def test_a_project_that_cannot_run_says_why(
    tmp_path: Path, options: dict[str, str], text: str
) -> None:
    request = language_pb2.RunRequest(info=info(tmp_path, **options), pwd=str(tmp_path))
    error = Host("").Run(request, None).error
    with pytest.raises(ProjectError, match=f"^{text}.*; fix: .+$"):
        raise ProjectError(error)


@pytest.mark.parametrize(
    ("code", "error", "bail"),
    [(0, "", False), (BAIL, "", True), (3, "the program ended with exit code 3", False)],
)
def test_the_exit_code_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, error: str, bail: bool
) -> None:
    (tmp_path / "__main__.py").touch()
    runner = tmp_path / "runner.py"
    runner.write_text(f"raise SystemExit({code})")
    monkeypatch.setattr("local.pulumi.language_host.RUN_PROGRAM", runner)
    reply = Host("").Run(language_pb2.RunRequest(info=info(tmp_path), pwd=str(tmp_path)), None)
    assert (reply.error, reply.bail) == (error, bail)


def test_a_plugin_s_output_is_handed_on(tmp_path: Path) -> None:
    class Context:
        def add_callback(self, callback: Any) -> None:
            pass

    (tmp_path / "__main__.py").write_text(
        "import os, sys; print(os.environ['GIVEN'], sys.argv[1]); sys.exit('gone wrong')"
    )
    request = language_pb2.RunPluginRequest(
        info=info(tmp_path), args=["argument"], env=["GIVEN=value=1"], pwd=str(tmp_path)
    )
    replies = list(Host("").RunPlugin(request, Context()))
    assert b"".join(reply.stdout for reply in replies) == b"value=1 argument\n"
    assert b"".join(reply.stderr for reply in replies) == b"gone wrong\n"
    assert replies[-1].exitcode == 1
