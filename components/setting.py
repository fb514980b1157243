"""What one setting is: its key, kind, default and what it accepts. Reads no configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

Value = str | int | bool | tuple[str, ...]
SHOWN_CHARACTERS = 80


class UnfitError(ValueError):
    """A value that a setting does not take; the text says what is wrong with it, in three words."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One key of the stack's settings.

    `allowed` says in words what `read` takes; `example` is a value to copy. `read` turns the text
    that the engine hands over into the value, or raises UnfitError.
    """

    key: str
    kind: str
    default: Value
    meaning: str
    allowed: str
    example: str
    read: Callable[[str], Value]

    @property
    def description(self) -> str:
        """The line that Pulumi.yaml carries."""
        return f"{self.kind}; {self.meaning}; {self.allowed}"


def shown(value: object) -> str:
    """A value as an error shows it: quoted, in ASCII on one line, at most 80 characters."""
    return f"'{escaped(str(value))}'"


def escaped(text: str) -> str:
    """The text in ASCII on one line, at most 80 characters."""
    ascii_text = text.encode("unicode_escape").decode("ascii")
    if len(ascii_text) <= SHOWN_CHARACTERS:
        return ascii_text
    return ascii_text[: SHOWN_CHARACTERS - 3] + "..."


def number(key: str, default: int, meaning: str, *, low: int, high: int, step: int = 1) -> Setting:
    """A whole number from `low` to `high`, a multiple of `step`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise UnfitError("not a whole number")
        value = int(text)
        if not low <= value <= high:
            raise UnfitError("out of range")
        if value % step:
            raise UnfitError(f"not a multiple of {step}")
        return value

    multiple = f", a multiple of {step}" if step > 1 else ""
    return Setting(
        key=key,
        kind="integer",
        default=default,
        meaning=meaning,
        allowed=f"{low} to {high}{multiple}",
        example=str(default),
        read=read,
    )


def one_of_numbers(key: str, default: int, meaning: str, choices: tuple[int, ...]) -> Setting:
    """A whole number out of a closed list."""

    def read(text: str) -> int:
        if text not in map(str, choices):
            raise UnfitError("not one of the values that AWS takes")
        return int(text)

    return Setting(
        key=key,
        kind="integer",
        default=default,
        meaning=meaning,
        allowed="one of " + ", ".join(map(str, choices)),
        example=str(default),
        read=read,
    )


def flag(key: str, default: bool, meaning: str) -> Setting:
    """true or false."""

    def read(text: str) -> bool:
        if text not in ("true", "false"):
            raise UnfitError("neither true nor false")
        return text == "true"

    return Setting(
        key=key,
        kind="boolean",
        default=default,
        meaning=meaning,
        allowed="true or false",
        example=str(default).lower(),
        read=read,
    )


def choice(key: str, default: str, meaning: str, choices: tuple[str, ...]) -> Setting:
    """A word out of a closed list."""

    def read(text: str) -> str:
        if text not in choices:
            raise UnfitError("unknown")
        return text

    return Setting(
        key=key,
        kind="string",
        default=default,
        meaning=meaning,
        allowed="one of " + ", ".join(choices),
        example=default,
        read=read,
    )


def text(
    key: str, default: str, meaning: str, *, form: str, allowed: str, example: str = ""
) -> Setting:
    """A text that `form` matches as a whole; "" where that is the default."""

    def read(given: str) -> str:
        if given == default == "":
            return given
        if not re.fullmatch(form, given, re.ASCII):
            raise UnfitError("malformed")
        return given

    return Setting(
        key=key,
        kind="string",
        default=default,
        meaning=meaning,
        allowed=allowed,
        example=example or default,
        read=read,
    )


def texts(key: str, meaning: str, *, form: str, allowed: str, example: str) -> Setting:
    """A list of different texts that each match `form`; empty by default."""

    def read(given: str) -> tuple[str, ...]:
        try:
            items = json.loads(given)
        except (json.JSONDecodeError, RecursionError) as error:
            raise UnfitError("not a list") from error
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise UnfitError("not a list of texts")
        for item in items:
            if not re.fullmatch(form, item, re.ASCII):
                raise UnfitError(f"malformed in the entry {shown(item)}")
        if len(set(items)) < len(items):
            raise UnfitError("a list with an entry twice")
        return tuple(items)

    return Setting(
        key=key,
        kind="list",
        default=(),
        meaning=meaning,
        allowed=allowed,
        example=json.dumps([example]),
        read=read,
    )
