"""What `make reset` deletes: the stack's own data and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import stack
from local.errors import LaptopError
from local.settings import Laptop


def test_a_folder_that_holds_more_keeps_it(tmp_path: Path) -> None:
    laptop = Laptop(state=tmp_path)
    laptop.save()
    (tmp_path / "kafka" / "data").mkdir(parents=True)
    (tmp_path / "kafka" / "data" / "log").write_text("x")
    (tmp_path / "thesis.txt").write_text("mine")
    stack.erase(laptop)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_of_the_stack_alone_goes_with_it(tmp_path: Path) -> None:
    laptop = Laptop(state=tmp_path / "state")
    laptop.save()
    stack.erase(laptop)
    assert not laptop.state.exists()
    stack.erase(laptop)


def test_a_link_is_deleted_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("mine")
    laptop = Laptop(state=tmp_path / "state")
    laptop.save()
    (laptop.state / "logs").symlink_to(elsewhere)
    stack.erase(laptop)
    assert (elsewhere / "file").read_text() == "mine"
    assert not laptop.state.exists()


def test_what_cannot_be_deleted_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = Laptop(state=tmp_path)
    (tmp_path / "logs").mkdir()

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(LaptopError, match=r"E_FILE: .*logs cannot be deleted \(Permission denied"):
        stack.erase(laptop)
