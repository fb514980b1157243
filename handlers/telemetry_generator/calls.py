"""Calls of other functions: synchronous, once, their failure never taken for an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from handlers.runtime.errors import Kind, PipelineError


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
        try:
            reply = json.loads(text)
        except ValueError:
            reply = None
        if answer.get("FunctionError"):
            reason = reply.get("errorMessage") if isinstance(reply, dict) else None
            raise PipelineError(
                "E_CALL_FAILED",
                f"ended by an error: {str(reason or answer['FunctionError'])[:300]}",
                field=f"function {self.name}",
                fix="read its log",
                kind=Kind.DEPENDENCY,
            )
        if not isinstance(reply, dict):
            raise PipelineError(
                "E_CALL_REPLY",
                "answering something else than an object",
                field=f"function {self.name}",
                fix="deploy both functions from one version",
                kind=Kind.DEPENDENCY,
            )
        return reply
