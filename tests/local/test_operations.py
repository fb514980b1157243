"""A function's answer is believed only where it is one."""

from __future__ import annotations

import io
from typing import Any

import pytest

from local import operations, settings


@pytest.mark.parametrize(
    ("answer", "is_error", "code"),
    [
        ('{"statusCode": 200, "body": "Mock response - no code"}', False, "E_FUNCTION"),
        ('{"statusCode": 200, "body": ""}', False, "E_FUNCTION"),
        ("", False, "E_FUNCTION"),
        ("null", False, "E_FUNCTION"),
        ('"x"', False, "E_FUNCTION"),
        ("[]", False, "E_FUNCTION"),
        ("<html>", True, "E_FUNCTION"),
        ('{"error": {"code": "E_EVENT_SHAPE", "message": "m"}}', False, "E_EVENT_SHAPE"),
    ],
)
def test_an_answer_of_another_shape_is_an_error(
    monkeypatch: pytest.MonkeyPatch, answer: str, is_error: bool, code: str
) -> None:
    class Client:
        def invoke(self, **_: Any) -> dict[str, Any]:
            failed = {"FunctionError": "Unhandled"} if is_error else {}
            return {"Payload": io.BytesIO(answer.encode()), **failed}

    monkeypatch.setattr(operations, "client", lambda *_: Client())
    with pytest.raises(operations.OperationError, match=f"^{code}: f "):
        operations.invoke(settings.load({}), "f", {})
