"""The headless runner: pages of their own, partial output after a failure, parameters checked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from analysis import notebook
from analysis.errors import AnalysisError
from local.settings import REPO


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of notebooks with one that says its parameter, and fails when asked to."""
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    )
    parameters = nbformat.v4.new_code_cell('word = "none"', metadata={"tags": ["parameters"]})
    made.cells = [
        nbformat.v4.new_markdown_cell("# Is it <so>?"),
        parameters,
        nbformat.v4.new_code_cell("print(word.upper())"),
        nbformat.v4.new_code_cell('assert word != "bad", "the word is bad"'),
        nbformat.v4.new_code_cell('print("after")'),
    ]
    source = tmp_path / "notebooks"
    source.mkdir()
    nbformat.write(made, str(source / "is_it_so.ipynb"))
    monkeypatch.setattr(notebook, "FOLDER", source)
    return source


def test_a_page_shows_what_ran(folder: Path, tmp_path: Path) -> None:
    before = (folder / "is_it_so.ipynb").read_bytes()
    page = notebook.execute("is_it_so", tmp_path / "report", word="good")
    text = page.read_text()
    assert page == tmp_path / "report" / "is_it_so.html"
    assert "GOOD" in text and "after" in text
    assert "<script" not in text and "http" not in text
    assert (folder / "is_it_so.ipynb").read_bytes() == before


def test_after_a_failure_the_page_shows_what_ran_before(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"E_NOTEBOOK_FAILED: is_it_so, cell .*the word is bad"):
        notebook.execute("is_it_so", tmp_path / "report", word="bad")
    text = (tmp_path / "report" / "is_it_so.html").read_text()
    assert "BAD" in text and "the word is bad" in text and ">after" not in text


def test_an_unknown_notebook_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"E_NOTEBOOK_NAME: .*expected one of is_it_so"):
        notebook.execute("is_it", tmp_path)


def test_an_unknown_parameter_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"E_NOTEBOOK_PARAMETER: .* wrod; expected word"):
        notebook.execute("is_it_so", tmp_path, wrod="x")
    assert list(tmp_path.glob("*.html")) == []


def test_an_interruption_leaves_no_words_of_the_kernel(folder: Path, tmp_path: Path) -> None:
    """As Ctrl-C in a terminal does it: the signal goes to the whole group of processes."""
    made = nbformat.read(str(folder / "is_it_so.ipynb"), as_version=4)
    began = tmp_path / "began"
    waiting = f"from pathlib import Path; import time; Path({str(began)!r}).touch(); time.sleep(60)"
    made.cells = [nbformat.v4.new_code_cell(waiting)]
    nbformat.write(made, str(folder / "is_it_so.ipynb"))
    program = (
        # A shell that is no terminal starts what runs in the background with SIGINT ignored.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pathlib import Path; from analysis import notebook\n"
        f"notebook.FOLDER = Path({str(folder)!r})\n"
        "try: notebook.execute('is_it_so', notebook.FOLDER.parent / 'report')\n"
        "except KeyboardInterrupt: raise SystemExit(130)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        wait_for(began)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, b"")


def wait_for(file: Path, seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < ends, f"{file} did not appear"
        time.sleep(0.05)
