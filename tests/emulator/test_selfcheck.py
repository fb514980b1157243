"""The self-check: every difference from the known emulator is named before anything starts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local import emulator
from local.settings import REPO
from tests.emulator.conftest import Emulator

CHECK = """
from local.aws import selfcheck
try:
    selfcheck.check({seams!r})
except selfcheck.SeamError as error:
    print(error)
else:
    print("well")
"""


def _run(aws: Emulator, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    python = emulator.environment_folder(aws.laptop) / "bin" / "python"
    return subprocess.run(
        [python, "-c", code] if code else [python, "-m", "local.aws"],
        env={"PYTHONPATH": str(REPO), "PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_holds_passes(aws: Emulator) -> None:
    seams = {
        "ministack.core.lambda_runtime:_detect_runtime_binary": "(runtime)",
        "ministack.services.msk:_clusters": "AccountRegionScopedDict",
    }
    assert _run(aws, CHECK.format(seams=seams)).stdout == "well\n"


@pytest.mark.parametrize(
    ("seam", "expected", "found"),
    [
        ("ministack.core.lambda_runtime:_detect_runtime_binary", "(runtime, x)", "(runtime)"),
        ("ministack.core.lambda_runtime:_gone", "(x)", "missing"),
        ("ministack.none:x", "(x)", "missing"),
        ("ministack.services.msk:_clusters", "dict", "AccountRegionScopedDict"),
    ],
)
def test_what_moved_is_named(aws: Emulator, seam: str, expected: str, found: str) -> None:
    text = _run(aws, CHECK.format(seams={seam: expected, "ministack.none:y": "()"})).stdout
    assert text.startswith("E_EMULATOR_SEAM: ") and text.count("\n") == 1
    assert f"{seam}={found} is not {expected}" in text
    assert "ministack.none:y=missing is not ()" in text
    assert "fix: " in text


def test_missing_settings_are_named_together(aws: Emulator, tmp_path: Path) -> None:
    ended = _run(aws, "", ACME_STATE_DIR=str(tmp_path), ACME_REGION="eu-central-1")
    assert ended.returncode == 1
    assert ended.stderr == (
        "E_CFG_EMULATOR: ACME_EMULATOR_PORT, ACME_KAFKA_PORT not set; fix: start it by `make up`\n"
    )
