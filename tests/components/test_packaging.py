"""Archives of functions: what is in them, that they import alone, and how building them fails."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from components import packaging, wheels
from components.wheels import PackagingError

REPO = Path(__file__).resolve().parents[2]
FUNCTIONS = sorted(packaging.CONTENTS)
HOST = ("data_loader", "host", "host")


def digest(archive: Path) -> str:
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def names(archive: Path) -> list[str]:
    return zipfile.ZipFile(archive).namelist()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repo with one function, `data_loader`, that needs the one package six."""
    for name, text in {
        "handlers/__init__.py": "",
        "handlers/contract/__init__.py": "",
        "handlers/runtime/__init__.py": "",
        "handlers/data_loader/__init__.py": "",
        "handlers/data_loader/handler.py": "import six\n\ndef handle(): return six\n",
        "handlers/msk_producer/__init__.py": "",
        "queries/reference_titles.sql": "select 1\n",
        "queries/other.sql": "select 2\n",
    }.items():
        file = tmp_path / "repo" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "repo" / "requirements").mkdir()
    locked = (REPO / "requirements" / "handlers-data-loader.txt").read_text()
    six = re.search(r"^six==.*?(?=^\S|\Z)", locked, re.M | re.S)
    assert six is not None
    (tmp_path / "repo" / "requirements" / "handlers-data-loader.txt").write_text(six.group())
    monkeypatch.setattr(packaging, "REPO", tmp_path / "repo")
    return tmp_path / "repo"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_imports_in_a_bare_interpreter(function: str, tmp_path: Path) -> None:
    archive = packaging.function_archive(function, "host", "host")
    zipfile.ZipFile(archive).extractall(tmp_path)
    services = sorted(packaging.CONTENTS[function].services)
    ran = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-c"),
            f"import sys; sys.path[:0] = [{str(tmp_path)!r}]\n"
            f"from handlers.{function}.handler import handle; assert callable(handle)\n"
            "import boto3\n"
            f"for name in {services!r}: boto3.client(name, region_name='eu-central-1')\n",
        ],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_declares_every_service_that_the_code_asks_for(function: str) -> None:
    asked = {
        node.args[0].value
        for package in (function, "runtime")
        for file in (REPO / "handlers" / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in ("client", "resource")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert asked <= packaging.CONTENTS[function].services


@pytest.mark.parametrize("function", FUNCTIONS)
def test_fits_into_lambda_on_aws(function: str) -> None:
    archive = packaging.function_archive(function, "python3.13", "x86_64")
    shared = [name for name in names(archive) if name.endswith(".so") and "cpython" in name]
    assert all("cpython-313-x86_64-linux-gnu" in name for name in shared)
    assert archive.stat().st_size < packaging.ZIPPED_MAX_BYTES


def test_same_sources_same_bytes(small: Path, tmp_path: Path) -> None:
    first = packaging.function_archive("data_loader", "host", "host", tmp_path / "a")
    os.utime(small / "handlers" / "data_loader" / "handler.py", (0, 0))
    (small / "handlers" / "data_loader" / "handler.py").chmod(0o755)
    (small / "handlers" / "data_loader" / "__pycache__").mkdir()
    (small / "handlers" / "data_loader" / "__pycache__" / "handler.pyc").write_bytes(b"x")
    second = packaging.function_archive("data_loader", "host", "host", tmp_path / "b")
    assert (first.name, digest(first)) == (second.name, digest(second))


def test_holds_what_the_function_needs_and_no_more(small: Path, tmp_path: Path) -> None:
    archive = packaging.function_archive("data_loader", "host", "host", tmp_path)
    own = [name for name in names(archive) if "six" not in name and "/__pycache__/" not in name]
    assert own == [
        "handlers/__init__.py",
        "handlers/contract/__init__.py",
        "handlers/data_loader/__init__.py",
        "handlers/data_loader/handler.py",
        "handlers/runtime/__init__.py",
        "queries/reference_titles.sql",
    ]
    entries = zipfile.ZipFile(archive).infolist()
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert "six.py" in names(archive)
    assert not [name for name in names(archive) if name.endswith("RECORD")]


def test_leaves_out_what_never_runs() -> None:
    other = max({*wheels.RUNTIMES} - {wheels.RUNNING})
    listed = names(packaging.function_archive("telemetry_generator", other, "arm64"))
    assert not [name for name in listed if re.search(r"/tests/|\.pyi$|__pycache__|^bin/", name)]
    described = {name.split("/")[2] for name in listed if name.startswith("botocore/data/")}
    assert described == {
        *packaging.CONTENTS["telemetry_generator"].services,
        *("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"),
    }


def test_a_cold_start_compiles_nothing(small: Path, tmp_path: Path) -> None:
    (small / "handlers" / "runtime" / "broken.py").write_text("no Python at all\n")
    archive = packaging.function_archive("data_loader", "host", "host", tmp_path)
    sources = {name for name in names(archive) if name.endswith(".py")}
    compiled = {name for name in names(archive) if name.endswith(".pyc")}
    beside = {importlib.util.cache_from_source(name) for name in sources}
    assert compiled == beside - {importlib.util.cache_from_source("handlers/runtime/broken.py")}
    with zipfile.ZipFile(archive) as whole:
        whole.extractall(tmp_path / "task")
    for name in ("six.py", "handlers/data_loader/handler.py"):
        (tmp_path / "task" / name).write_text("raise ImportError('this was compiled')\n")
    code = "import handlers.data_loader.handler as h; print(h.handle.__code__.co_filename)"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        cwd=tmp_path / "task",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip().endswith("handlers/data_loader/handler.py"), ran.stderr


def test_another_version_of_python_compiles_for_itself(small: Path, tmp_path: Path) -> None:
    for runtime in wheels.RUNTIMES:
        archive = packaging.function_archive("data_loader", runtime, "x86_64", tmp_path)
        assert any(name.endswith(".pyc") for name in names(archive)) is (runtime == wheels.RUNNING)


def test_a_changed_line_gives_another_archive(small: Path, tmp_path: Path) -> None:
    first = packaging.function_archive("data_loader", "host", "host", tmp_path)
    (small / "queries" / "reference_titles.sql").write_text("select 3\n")
    second = packaging.function_archive("data_loader", "host", "host", tmp_path)
    assert first != second and digest(first) != digest(second)
    (small / "queries" / "other.sql").write_text("select 4\n")
    assert packaging.function_archive("data_loader", "host", "host", tmp_path) == second


def test_a_second_call_is_quick_and_builds_nothing(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = packaging.function_archive("data_loader", "host", "host", tmp_path)
    monkeypatch.setattr(wheels, "install", None)
    began = time.perf_counter()
    assert packaging.function_archive("data_loader", "host", "host", tmp_path) == first
    assert time.perf_counter() - began < 0.3


def test_builders_at_the_same_time_agree(small: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = set(
            pool.map(
                lambda _: packaging.function_archive("data_loader", "host", "host", tmp_path),
                range(4),
            )
        )
    assert len(made) == 1 and zipfile.ZipFile(made.pop()).testzip() is None
    assert not list((tmp_path / "functions").glob(".building-*"))


def test_sweeps_what_a_killed_builder_left(small: Path, tmp_path: Path) -> None:
    left = tmp_path / "functions" / ".building-old"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))
    packaging.function_archive("data_loader", "host", "host", tmp_path)
    assert not left.exists()


def tamper(repo: Path) -> None:
    locked = repo / "requirements" / "handlers-data-loader.txt"
    locked.write_text(re.sub(r"sha256:....", "sha256:0000", locked.read_text()))


def want_a_compiled_package_too_new(repo: Path) -> None:
    locked = (REPO / "requirements" / "handlers-telemetry-generator.txt").read_text()
    numpy = re.search(r"^numpy==.*?(?=^\S|\Z)", locked, re.M | re.S)
    assert numpy is not None
    (repo / "requirements" / "handlers-data-loader.txt").write_text(numpy.group())


def drop_queries(repo: Path) -> None:
    (repo / "queries" / "reference_titles.sql").unlink()


def drop_runtime(repo: Path) -> None:
    (repo / "handlers" / "runtime" / "__init__.py").unlink()
    (repo / "handlers" / "runtime").rmdir()


def bloat(repo: Path) -> None:
    (repo / "handlers" / "runtime" / "data.bin").write_bytes(os.urandom(51 * 1024**2))


def nothing(repo: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("call", "damage", "text"),
    [
        (("nobody", "host", "host"), nothing, "E_PACKAGE_FUNCTION: function=nobody"),
        (("data_loader", "python2.7", "host"), nothing, "E_PACKAGE_TARGET: .*python2.7"),
        (("data_loader", "host", "mips"), nothing, "E_PACKAGE_TARGET: functionArchitecture=mips"),
        (HOST, tamper, "E_PACKAGE_HASH: .*handlers-data-loader.txt"),
        (HOST, drop_queries, r"E_PACKAGE_SOURCE: .*reference_\*.sql"),
        (HOST, drop_runtime, "E_PACKAGE_SOURCE: .*handlers/runtime"),
        (HOST, bloat, "E_PACKAGE_SIZE: zipped="),
        (
            ("data_loader", "python3.11", "x86_64"),
            want_a_compiled_package_too_new,
            "E_PACKAGE_WHEEL: package=numpy",
        ),
    ],
)
def test_refusals(
    small: Path,
    tmp_path: Path,
    call: tuple[str, str, str],
    damage: Callable[[Path], None],
    text: str,
) -> None:
    damage(small)
    with pytest.raises(PackagingError, match=f"^{text}.*; fix: [^\n]+$"):
        packaging.function_archive(*call, tmp_path)
    assert not list((tmp_path / "functions").glob("data_loader*.zip"))


@pytest.mark.parametrize(
    "offline",
    [
        pytest.param({"UV_OFFLINE": "1"}, id="told to be"),
        pytest.param({"ALL_PROXY": "http://127.0.0.1:9", "UV_HTTP_RETRIES": "0"}, id="is"),
    ],
)
def test_offline(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offline: dict[str, str]
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    for name, value in offline.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PackagingError, match=r"^E_PACKAGE_OFFLINE: requirements=handlers-data"):
        packaging.function_archive("data_loader", "host", "host", tmp_path)
