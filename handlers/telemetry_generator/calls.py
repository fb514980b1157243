"""Calls of other functions: synchronous, once, their failure never taken for an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from handlers.runtime.errors import CODE, Kind, PipelineError, passed_on, text_of

REASON_MAX_CHARACTERS = 500
ONE_VERSION = "deploy both functions from one version"


class Lambda(Protocol):
    """The call of boto3's Lambda client that is used here.

    The client must make one attempt only, and wait longer than the function called may run.
    """

    def invoke(self, **request: Any) -> Any:
        """Invoke."""
        ...


@dataclass(frozen=True)
class Function:
    """One function of the pipeline, by name."""

    client: Lambda
    name: str

    def call(self, event: dict[str, object]) -> dict[str, Any]:
        """The function's reply.

        Raises PipelineError: E_CALL_DENIED, E_CALL_FAILED (it did not answer, or raised; what it
        did before is then unknown), E_CALL_REPLY (not an object).
        """
        payload = json.dumps(event, separators=(",", ":")).encode()
        try:
            answer = self.client.invoke(
                FunctionName=self.name, InvocationType="RequestResponse", Payload=payload
            )
            text = answer["Payload"].read()
        except Exception as error:
            response: Any = getattr(error, "response", None) or {}
            code = response.get("Error", {}).get("Code", type(error).__name__)
            denied = code == "AccessDeniedException"
            raise PipelineError(
                "E_CALL_DENIED" if denied else "E_CALL_FAILED",
                f"not invoked or not answering ({code})",
                field=f"function {self.name}",
                fix="grant lambda:InvokeFunction on it" if denied else "call again",
                kind=Kind.DENIED if denied else Kind.DEPENDENCY,
            ) from error
        reply = _loaded(text)
        if answer.get("FunctionError"):
            reason = reply.get("errorMessage") if isinstance(reply, dict) else None
            words = passed_on(reason or answer["FunctionError"], REASON_MAX_CHARACTERS)
            raise PipelineError(
                "E_CALL_FAILED",
                f"ended by an error: {words}",
                field=f"function {self.name}",
                fix="read its log",
                kind=Kind.DEPENDENCY,
            )
        if not isinstance(reply, dict):
            raise PipelineError(
                "E_CALL_REPLY",
                "answering something else than an object",
                field=f"function {self.name}",
                fix=ONE_VERSION,
                kind=Kind.DEPENDENCY,
            )
        return reply


def told(error: Mapping[str, object], unsaid: str, fix: str) -> tuple[str, str, str]:
    """Code, words and fix of a function's error, as an error of ours may have them.

    E_CALL_REPLY where the code is none; `unsaid` and `fix` where it has no words and no fix.
    """
    code, message = error.get("code"), error.get("message") or unsaid
    is_code = isinstance(code, str) and CODE.fullmatch(code) is not None
    words, _, said = text_of(message).partition("; fix: ")
    return (
        str(code) if is_code else "E_CALL_REPLY",
        passed_on(words, REASON_MAX_CHARACTERS),
        passed_on(error.get("fix") or said or fix, REASON_MAX_CHARACTERS),
    )


def in_body(reply: Mapping[str, object]) -> Mapping[str, object]:
    """The error in the body of a reply; empty where it has none."""
    body = reply.get("body")
    loaded = _loaded(body) if isinstance(body, str) else None
    error = loaded.get("error") if isinstance(loaded, dict) else None
    return error if isinstance(error, dict) else {}


def _loaded(text: str | bytes) -> object:
    """What JSON says; None where it is none, or nested too deeply to be a reply."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
