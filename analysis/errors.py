"""Errors that an operator can act on, and the exit code of each kind."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN_CHARACTERS = 80


class AnalysisError(Exception):
    """`code: message; fix: action`; `exit_code` is what a command ends with.

    2 = wrong use or configuration, 3 = data, 4 = something that this depends on, 5 = denied.
    `objects` are all that it is about, where the message names the first ones.
    """

    def __init__(
        self, code: str, message: str, fix: str, exit_code: int, objects: Sequence[str] = ()
    ) -> None:
        super().__init__(f"{code}: {message}; fix: {fix}")
        self.code = code
        self.exit_code = exit_code
        self.objects = tuple(objects)

    def as_json(self) -> dict[str, object]:
        """The error as a JSON value."""
        error = {"code": self.code, "message": str(self)}
        return {"error": {**error, "objects": self.objects} if self.objects else error}


def shown(value: object) -> str:
    """`value` as a message may show it: escaped, at most 80 characters."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
