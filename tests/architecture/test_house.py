"""Rules of the house that no other tool checks: sizes, names, where SQL and settings live."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
LONGEST_FILE = 300
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
TEXT_SUFFIXES = {
    ".py",
    ".md",
    ".yaml",
    ".toml",
    ".sql",
    ".java",
    ".in",
    ".txt",
    ".ipynb",
    ".mod",
    "",
}


def tracked(*patterns: str) -> list[Path]:
    """The files that git knows, new ones included, that still exist."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=REPO,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return [REPO / name for name in sorted(set(listed)) if (REPO / name).is_file()]


def relative(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


@pytest.mark.parametrize("path", tracked("*.py", "*.java"), ids=relative)
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_no_file_is_named_by_what_it_is_not() -> None:
    assert [relative(p) for p in tracked("*.py") if p.stem in FORBIDDEN_NAMES] == []


def test_only_settings_read_the_pulumi_config() -> None:
    readers = [
        relative(path)
        for path in tracked("components/*.py", "__main__.py")
        if re.search(r"\bConfig\(|pulumi\.runtime import config", path.read_text())
    ]
    assert readers == ["components/settings.py"]


def test_sql_lives_in_queries_alone() -> None:
    statement = re.compile(r"\b(SELECT|INSERT INTO|CREATE TABLE)\s+[\w*(\"]+.*\bFROM\b", re.S)
    strings = re.compile(r"\"\"\".*?\"\"\"|\"[^\"\n]*\"", re.S)
    offenders = [
        relative(path)
        for path in tracked("components/*.py", "handlers/**/*.py", "analysis/*.py")
        if any(statement.search(text) for text in strings.findall(path.read_text()))
    ]
    assert offenders == []


def test_main_is_a_table_of_contents() -> None:
    lines = [line for line in (REPO / "__main__.py").read_text().splitlines() if line.strip()]
    assert len(lines) <= 20


@pytest.mark.parametrize(
    "pattern",
    [
        r"AKIA[0-9A-Z]{16}",
        r"/root/|/home/\w+/",
        r"https?://(?:[\w.-]*\.)?(?:pypi\.org|files\.pythonhosted\.org|repo1?\.maven\.|proxy\.golang)",
        r"-----BEGIN (?:EC |RSA )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}",
    ],
)
def test_the_repository_holds_no_secret_no_path_and_no_registry(pattern: str) -> None:
    here = Path(__file__).resolve()
    found = [
        relative(path)
        for path in tracked()
        if path.suffix in TEXT_SUFFIXES
        and path != here
        and re.search(pattern, path.read_text(errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize("path", tracked("notebooks/*.ipynb"), ids=relative)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    import json

    cells = json.loads(path.read_text())["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []
