"""What is said of a deployment that failed: each resource's reason, then one thing to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.pulumi.events import Listener


@pytest.mark.parametrize(
    ("reason", "fix"),
    [
        ("aws iam create_role: EntityAlreadyExists Role with name R already exists.", "make reset"),
        ("aws glue create_database: AlreadyExistsException Database d", "make reset"),
        ("aws s3 create_bucket: BucketAlreadyOwnedByYou Your previous request", "make reset"),
        ("aws lambda invoke: Unhandled [Errno 28] No space left on device", "see "),
    ],
)
def test_the_fix_fits_the_reason(reason: str, fix: str, tmp_path: Path) -> None:
    listener = Listener(tmp_path / "pulumi.log", None)
    listener.failures = {"aws:x:X one": reason}
    first, last = listener.explanation("E_ENGINE_UP", "?").splitlines()
    assert first == f"E_ENGINE_UP: resource=aws:x:X one: {reason}"
    assert last.startswith(f"fix: {fix}" if fix == "see " else f"fix: `{fix}`")
