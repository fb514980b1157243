"""The documents: their links lead somewhere, their commands exist, their codes are raised."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md"), *(REPO / "examples").rglob("*.md")]
)


def relative(path: Path) -> str:
    return path.relative_to(REPO).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    dead = [
        link
        for link in links
        if not re.match(r"https?://|#", link) and not (page.parent / link.split("#")[0]).exists()
    ]
    assert dead == []


def targets() -> set[str]:
    return set(re.findall(r"^([a-z.$()A-Z/-]+):", (REPO / "Makefile").read_text(), re.M))


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_make_command_exists(page: Path) -> None:
    text = page.read_text()
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.S))
    named = set(re.findall(r"\bmake ([a-z]+)\b", code))
    assert named - targets() == set()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_module_that_a_page_runs_exists(page: Path) -> None:
    modules = set(re.findall(r"python -m ([a-z_.]+)", page.read_text()))
    missing = [
        module
        for module in modules - {"pytest"}
        if not (REPO / module.replace(".", "/") / "__main__.py").exists()
        and not (REPO / f"{module.replace('.', '/')}.py").exists()
    ]
    assert missing == []


def test_every_error_code_of_the_pages_is_raised_somewhere() -> None:
    sources = subprocess.run(
        ["git", "grep", "-hoE", r"\bE_[A-Z][A-Z_]+", "--", "*.py", "*.java", "*.js"],
        cwd=REPO,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    named = {
        (relative(page), code)
        for page in PAGES
        for code in re.findall(r"\bE_[A-Z][A-Z_]+\b", page.read_text())
    }
    assert {(page, code) for page, code in named if code not in set(sources)} - {
        ("CONTRIBUTING.md", "E_CODE")
    } == set()
