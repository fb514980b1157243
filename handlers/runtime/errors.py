"""Errors that a caller can act on: a code, what is wrong, what was expected, what to do.

A function turns them into the JSON of its reply, or raises them where the platform should retry
(`retried`). No traceback is shown for a caller's mistake; programming errors are not caught here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

VALUE_MAX_CHARACTERS = 80
PROBLEMS_SHOWN = 100
CODE = re.compile(r"E_[A-Z0-9_]{1,60}")
_LINE_BREAK = re.compile(r"\s*[\n\r]\s*")


class Kind(Enum):
    """Whose turn it is after the error: (HTTP-like status, does a retry of the same call help)."""

    USAGE = (400, False)
    DATA = (422, False)
    DENIED = (403, False)
    DEPENDENCY = (503, True)

    @property
    def status(self) -> int:
        """The `statusCode` of the reply."""
        return self.value[0]

    @property
    def retried(self) -> bool:
        """True where the platform should run the same call again."""
        return self.value[1]


class PipelineError(Exception):
    """One problem, or several of one document.

    `value` is what was given (shown escaped, at most 80 characters); leave it out where it may be
    secret or personal. `field` is a name of ours, unless it is `named_by_caller`: then a reply may
    tell it to the one who gave it, and no log may. `str()` is one line per problem:
    `E_CODE: <field>=<value> is <problem>; expected <form>; fix: <one action>`.
    """

    def __init__(
        self,
        code: str,
        problem: str,
        *,
        field: str | None = None,
        value: object = ...,
        expected: str | None = None,
        fix: str | None = None,
        kind: Kind = Kind.USAGE,
        named_by_caller: bool = False,
    ) -> None:
        self.code = code
        self.field = field
        self.logged_field = None if named_by_caller else field
        self.expected = expected
        self.fix = fix
        self.kind = kind
        self.problems: tuple[PipelineError, ...] = (self,)
        self.message = _sentence(problem, field, value, expected, fix)
        super().__init__(f"{code}: {self.message}")

    def __str__(self) -> str:
        return "\n".join(f"{problem.code}: {problem.message}" for problem in self.problems)

    @classmethod
    def of(cls, problems: Sequence[PipelineError]) -> PipelineError:
        """The error for all `problems` of one document: the first one, which lists the rest.

        Of very many the first PROBLEMS_SHOWN, and how many more there are: a reply has its limits.
        Raises ValueError when there is no problem.
        """
        if not problems:
            raise ValueError("no problem to report")
        first = problems[0]
        first.problems = tuple(problems[:PROBLEMS_SHOWN])
        if len(problems) > PROBLEMS_SHOWN:
            more = len(problems) - PROBLEMS_SHOWN
            first.problems += (cls(problems[-1].code, f"{more} more problems", kind=first.kind),)
        return first

    def as_reply(self) -> dict[str, object]:
        """`{"code", "message", "field"?, "expected"?, "fix"?, "problems"?}` for a JSON reply."""
        reply = self._fields()
        if len(self.problems) > 1:
            reply["problems"] = [problem._fields() for problem in self.problems]
        return reply

    def _fields(self) -> dict[str, object]:
        shown: dict[str, object] = {"code": self.code, "message": self.message}
        for name in ("field", "expected", "fix"):
            value = getattr(self, name)
            if value is not None:
                shown[name] = value
        return shown


def shown(value: object) -> str:
    """`value` as an error may show it: escaped, on one line, at most 80 characters."""
    text = escaped(text_of(value), VALUE_MAX_CHARACTERS)
    return f"'{text}'" if isinstance(value, str) else text


def text_of(value: object) -> str:
    """A text as it is, of anything else what Python writes for it, and its type where that fails:
    for a number of too many digits, or what is nested too deeply."""
    if isinstance(value, str):
        return value
    try:
        return repr(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"


def escaped(text: str, max_characters: int) -> str:
    """`text` in ASCII on one line, cut to `max_characters`."""
    ascii_text = text.encode("unicode_escape").decode("ascii")
    if len(ascii_text) > max_characters:
        return ascii_text[: max_characters - 3] + "..."
    return ascii_text


def passed_on(text: object, max_characters: int) -> str:
    """What another program says, as an error of ours may repeat it: on one line, printable, cut."""
    begin = text_of(text)[: 2 * max_characters]
    line = " ".join("".join(one if one.isprintable() else " " for one in begin).split())
    return line if len(line) <= max_characters else line[: max_characters - 3] + "..."


def _sentence(
    problem: str, field: str | None, value: object, expected: str | None, fix: str | None
) -> str:
    if field is None:
        text = problem
    elif value is ...:
        text = f"{field} is {problem}"
    else:
        text = f"{field}={shown(value)} is {problem}"
    if expected is not None:
        text += f"; expected {expected}"
    if fix is not None:
        text += f"; fix: {fix}"
    return _LINE_BREAK.sub(" ", text)
