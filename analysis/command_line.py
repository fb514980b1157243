"""Command lines whose mistakes end in one line, with the nearest name, as JSON where asked."""

from __future__ import annotations

import argparse
import difflib
import errno
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from analysis.errors import shown
from handlers.contract.limits import FIRST_YEAR, LAST_YEAR

USAGE = 2
FULL = (errno.ENOSPC, errno.EDQUOT)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OF_ARGUMENT = re.compile(r"argument (\S+): (.*)", re.S)
_NO_CHOICE = re.compile(r"invalid choice: (.*) \(choose from (.*)\)", re.S)
_NO_VALUE = re.compile(r"invalid \S+ value: (.*)", re.S)
_UNKNOWN = re.compile(r"unrecognized arguments: (\S*)", re.S)
_REQUIRED = re.compile(r"the following arguments are required: (.*)", re.S)


class CommandLine(argparse.ArgumentParser):
    """A parser that ends with 2, its usage and `E_USAGE: <argument>=<value> is ...; fix: ...`.

    Options are never guessed from their beginnings. With `--json` among the arguments all that is
    said is a JSON object.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{"allow_abbrev": False, **named})
        self._asked: list[str] = []

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse has it; remembers what was asked."""
        self._asked = list(args or ())
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """End the process: says what is wrong with the arguments."""
        text = f"{self._explained(message)}; fix: see {self.prog} --help"
        if "--json" in self._asked:
            line = json.dumps({"error": {"code": "E_USAGE", "message": f"E_USAGE: {text}"}})
        else:
            line = f"{' '.join(self.format_usage().split())}\nE_USAGE: {text}"
        self.exit(USAGE, f"{line}\n")

    def _explained(self, message: str) -> str:
        if found := _REQUIRED.fullmatch(message):
            return f"{_name(found[1].partition(',')[0])} is missing; expected {found[1]}"
        if found := _UNKNOWN.match(message):
            name, names = found[1].partition("=")[0], self._names()
            if name in names:
                return f"{name} is an option of another command; expected one of this command's"
            return f"{_escaped(name)} is unknown; expected {_nearest(name, names)}"
        if not (found := _OF_ARGUMENT.fullmatch(message)):
            return " ".join(message.split())[:300]
        name, problem = _name(found[1]), found[2]
        if choice := _NO_CHOICE.fullmatch(problem):
            choices = re.findall(r"[\w-]+", choice[2])
            given = choice[1].strip("'\"")
            return f"{name}={shown(given)} is unknown; expected {_nearest(given, choices)}"
        if value := _NO_VALUE.fullmatch(problem):
            given = value[1].strip("'\"")
            return f"{name}={shown(given)} is malformed; expected a value as its help says"
        if problem.startswith("not allowed"):
            return f"{name} is {problem}; expected one of the two"
        if problem.startswith("expected"):
            return f"{name} is without its value; {problem}"
        said = " ".join(problem.split())[:300]
        return f"{name}={said}" if " is " in said else f"{name}: {said}"

    def _names(self) -> list[str]:
        """The options of this command line and of its commands."""
        names: set[str] = set()
        for action in self._actions:
            names.update(action.option_strings)
            if isinstance(action.choices, dict):
                for command in action.choices.values():
                    names.update(command._names())
        return sorted(names)


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """The reader of a whole number in a range, so that a wrong one is refused before all else."""

    def read(text: str) -> int:
        if text.isascii() and text.isdecimal() and lowest <= int(text) <= highest:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is out of range; expected a whole number from {lowest} to {highest}"
        )

    return read


def moment(text: str) -> datetime:
    """The reader of a time with its zone, or of a UTC day, which stands for its begin."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is no time; expected e.g. 2025-08-11T10:00Z, or a UTC day"
        ) from error
    if _DAY.fullmatch(text):
        found = found.replace(tzinfo=UTC)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is without a zone; expected e.g. {text:.19}Z"
        )
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is out of range; expected a year from {FIRST_YEAR} to {LAST_YEAR}"
        )
    return found.astimezone(UTC)


def say(text: str) -> None:
    """Print what was found; the exit code tells it too where whoever reads has had enough."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        reader_left()


def reader_left() -> int:
    """The exit code after a BrokenPipeError: whoever read has had enough, as with `| head`.

    Keeps the interpreter from flushing into the closed pipe when it ends.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def of_file(error: OSError, expected: str, fix: str) -> str:
    """The line for a file or folder that cannot be used, or a disk that is full.

    Raises `error` again where it is of neither: then it is a fault of the program.
    """
    if error.filename is None and error.errno not in FULL:
        raise error
    place = "a disk" if error.filename is None else f"file={_escaped(str(error.filename), 200)}"
    fix = f"make room there, or {fix}" if error.errno in FULL else fix
    return f"E_FILE: {place} cannot be used ({error.strerror}); expected {expected}; fix: {fix}"


def _name(argument: str) -> str:
    """An argument as an error names it: an option by its long form, a choice of commands so."""
    return "COMMAND" if "|" in argument else argument.rpartition("/")[2]


def _nearest(name: str, known: Iterable[str]) -> str:
    names: Sequence[str] = list(known)
    near = difflib.get_close_matches(name[:80], names, n=1)
    return f"{near[0]} (the nearest)" if near else " or ".join(names)


def _escaped(text: str, most: int = 80) -> str:
    """`text` on one line, cut to `most` characters."""
    line = text.encode("unicode_escape").decode("ascii")
    return line if len(line) <= most else f"{line[: most - 3]}..."
