"""A function's answer is believed only where it is one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local import demo, operations, settings
from local.settings import Laptop


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


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (
            '{"errorMessage": "E_RUN_UNRESOLVED: 3 of 3 events; fix: run again", "stackTrace": []}',
            "E_RUN_UNRESOLVED: f answered: 3 of 3 events; fix: run again",
        ),
        (
            '{"errorMessage": "division by zero", "errorType": "X", "stackTrace": ["a", "b"]}',
            "E_FUNCTION: f failed: 'division by zero'; fix: see its log by `make logs`",
        ),
        ("{}", "E_FUNCTION: f failed: '{}'; fix: see its log by `make logs`"),
        ("a\nb", r"E_FUNCTION: f failed: 'a\nb'; fix: see its log by `make logs`"),
    ],
)
def test_what_a_function_raised_is_said_in_one_line(raised: str, expected: str) -> None:
    assert operations._failed("f", raised) == expected


@pytest.mark.parametrize(
    "problem",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListObjectsV2"),
    ],
)
def test_silence_and_refusals_of_the_demo_are_said_in_one_line(
    problem: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(demo.stack, "fetch", fail)
    with pytest.raises(operations.OperationError, match=r"^E_AWS: .*fix: see `make status`"):
        demo.run(Laptop(state=tmp_path), 10)
