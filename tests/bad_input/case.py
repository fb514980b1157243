"""What a bad input is, what came of it, and what every answer to one must keep.

A surface is a place where input comes in; its cases are data, a line each, and one function runs
them all.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from handlers.runtime.errors import VALUE_MAX_CHARACTERS, PipelineError, text_of
from tests.bad_input.leaks import leaks

LINE_MAX_CHARACTERS = 2_000
LINES_A_PROBLEM = 3
TAKEN = "taken"  # looks bad, and is right
REPLIED, RAISED = "replied", "raised"

# What must stay out of every answer and log: the keys that the runs below have.
KEYS = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "example-of-a-secret-that-stays-secret",
    "AWS_SESSION_TOKEN": "example-of-a-session-token-that-stays-secret",
}
Ending = int | str


@dataclass(frozen=True)
class Case:
    """A value given, and what must come of it.

    `where` is the field of the one problem, or a tuple with the field of each problem. `ends` is
    the surface's own unless given; `given` says in words what `value` is, where it would not show.
    """

    value: Any
    code: str
    where: str | tuple[str | None, ...] | None = None
    ends: Ending | None = None
    given: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a case: a code and a field a problem, how it ended, all that was said.

    `reply` is the whole answer to the caller, where it is more than what was said.
    """

    code: str
    where: tuple[str | None, ...]
    ends: Ending
    said: str = ""
    log: str = ""
    reply: str = ""


@dataclass(frozen=True)
class Surface:
    """A place where input comes in; `ends` is how a refusal ends there, `ending` says in words."""

    name: str
    ending: str
    ends: Ending
    run: Callable[[Any], Outcome]
    cases: tuple[Case, ...]


def described(case: Case) -> str:
    """The case in a few words, on one line."""
    text = case.given or _shown(case.value)
    text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= VALUE_MAX_CHARACTERS else text[: VALUE_MAX_CHARACTERS - 3] + "..."


def _shown(value: object) -> str:
    try:
        return json.dumps(value)
    except TypeError:
        return repr(value)


def faults(surface: Surface, case: Case, outcome: Outcome) -> list[str]:
    """What is wrong with an outcome; nothing where it is as it must be."""
    everything = outcome.said + outcome.reply + outcome.log
    wanted = case.where if isinstance(case.where, tuple) else (case.where,)
    ends = surface.ends if case.ends is None else case.ends
    found = []
    if outcome.code != case.code:
        found.append(f"the code is {outcome.code}, not {case.code}")
    if case.code != TAKEN and outcome.where != wanted:
        found.append(f"the problems are of {outcome.where}, not {wanted}")
    if outcome.ends != ends:
        found.append(f"it ended with {outcome.ends}, not {ends}")
    if case.code != TAKEN and not outcome.said.strip():
        found.append("nothing was said")
    if len(outcome.said.splitlines()) > LINES_A_PROBLEM * max(1, len(outcome.where)):
        found.append(f"{len(outcome.said.splitlines())} lines for {len(outcome.where)} problems")
    if "Traceback" in everything:
        found.append("a traceback")
    if any(len(line) > LINE_MAX_CHARACTERS for line in outcome.said.splitlines()):
        found.append("a line without end")
    if not everything.replace("\n", "").replace("\t", "").isprintable():
        found.append("something that cannot be printed")
    scanned = _without_own_names(case, outcome) + outcome.log
    found += [f"leaked: {kind}" for kind in leaks(scanned, known=KEYS.values())]
    found += [
        f"a value longer than {VALUE_MAX_CHARACTERS} characters: {text[:20]}..."
        for text in _texts(case.value)
        if text[: VALUE_MAX_CHARACTERS + 1] in everything
    ]
    return [f"{problem}\n{everything[-2000:]}" for problem in found]


def _without_own_names(case: Case, outcome: Outcome) -> str:
    """What the caller was told, but for a name that the caller gave to a field.

    What is raised is told to nobody: it stands in the platform's log.
    """
    told = outcome.said + outcome.reply
    given = case.value if isinstance(case.value, dict) and outcome.ends != RAISED else {}
    for name in outcome.where:
        if name and any(text_of(key).startswith(name.removesuffix("...")) for key in given):
            told = told.replace(name, "")
    return told


def _texts(value: object) -> Iterator[str]:
    """The texts within a value that are too long to be shown, keys included."""
    parts: list[object] = [value]
    seen: set[int] = set()
    while parts:
        part = parts.pop()
        if id(part) in seen:  # some hold themselves
            continue
        seen.add(id(part))
        if isinstance(part, bytes):
            part = part.decode("utf-8", "replace")
        if isinstance(part, str) and len(part) > VALUE_MAX_CHARACTERS:
            yield part
        if isinstance(part, Mapping):
            parts += [*part.keys(), *part.values()]
        if isinstance(part, list | tuple):
            parts += part


@contextlib.contextmanager
def listening() -> Iterator[io.StringIO]:
    """All that is printed meanwhile."""
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        yield heard


@contextlib.contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """An environment of these variables, the keys, and what a process cannot do without."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    with patch.dict(os.environ, {**kept, **KEYS, **variables}, clear=True):
        yield


def of_call(call: Callable[[], Any]) -> Outcome:
    """What came of a call that returns for what it takes and raises PipelineError for the rest."""
    return _outcome(
        call,
        lambda reply, log: Outcome(TAKEN, (), TAKEN, json.dumps(reply, default=str), log),
    )


def of_reply(call: Callable[[], dict[str, Any]]) -> Outcome:
    """What a function's entry answered: its error as JSON, or what it raised."""
    return _outcome(call, lambda reply, log: of_json(json.loads(json.dumps(reply)), log))


def _outcome(call: Callable[[], Any], of_answer: Callable[[Any, str], Outcome]) -> Outcome:
    with listening() as heard:
        try:
            reply = call()
        except PipelineError as error:
            return of_error(error, RAISED, heard.getvalue())
        except Exception:  # noqa: BLE001 - to be told as what came of the case
            return crashed(heard.getvalue())
    return of_answer(reply, heard.getvalue())


def of_error(error: PipelineError, ends: Ending, log: str = "") -> Outcome:
    """The outcome that an error of the handlers is."""
    return Outcome(error.code, tuple(one.field for one in error.problems), ends, f"{error}\n", log)


def of_json(reply: dict[str, Any], log: str) -> Outcome:
    """The outcome that a function's reply tells."""
    body = json.loads(reply["body"]) if "body" in reply else reply
    ends = reply.get("statusCode", REPLIED)
    error = body.get("error")
    if error is None:
        return Outcome(TAKEN, (), ends, "", log, json.dumps(reply))
    problems = error.get("problems") or [error]
    said = "".join(f"{one['code']}: {one['message']}\n" for one in problems)
    fields = tuple(one.get("field") for one in problems)
    return Outcome(error["code"], fields, ends, said, log, json.dumps(reply))


def of_lines(said: str, ends: Ending, log: str = "") -> Outcome:
    """The outcome that lines for a user tell: `E_CODE: field=value is ...`, one a problem."""
    problems = re.findall(r"^(E_[A-Z_]+): (?:([^\s=;]+?)(?==|:? is ))?", said, re.M)
    if not problems:
        return Outcome(TAKEN if ends == 0 else "no code", (), ends, said, log)
    return Outcome(problems[0][0], tuple(field or None for _, field in problems), ends, said, log)


def crashed(log: str) -> Outcome:
    """The outcome of what nobody foresaw; call it where the exception is being handled."""
    return Outcome("traceback", (), "traceback", traceback.format_exc(), log)
