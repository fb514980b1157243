"""SQL as tokens with their places, so that a statement is cut and spliced, never rewritten."""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>\d[\w.]*)
      | (?P<sign>.)""",
    re.S | re.X,
)


class StatementError(ValueError):
    """The statement is no SQL that Athena takes; the text is worded as Athena words it."""


@dataclass(frozen=True)
class Token:
    """`kind` is string, quoted, word, number or sign; `text` lies at [start, end) of the SQL."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def value(self) -> str:
        """The content: a word in lower case, a string or a quoted name without its quotes."""
        if self.kind in ("string", "quoted"):
            quote = self.text[0]
            return self.text[1:-1].replace(quote * 2, quote)
        return self.text.lower() if self.kind == "word" else self.text


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(text: str) -> str:
    """`text` as a quoted name."""
    return '"' + text.replace('"', '""') + '"'


class Cursor:
    """A place in a statement. `take…` moves on if it finds what it names, `need…` raises if not."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = [
            Token(str(found.lastgroup), found.group(), found.start(), found.end())
            for found in TOKEN.finditer(sql)
            if found.lastgroup != "space"
        ]
        self.at = 0
        while self.tokens and self.tokens[-1].text == ";":
            self.tokens.pop()

    @property
    def here(self) -> Token:
        """The next token; at the end an empty one."""
        if self.at < len(self.tokens):
            return self.tokens[self.at]
        end = self.tokens[-1].end if self.tokens else 0
        return Token("end", "<EOF>", end, end)

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.tokens)

    def rest(self) -> str:
        """The text from here to the end."""
        return "" if self.ended else self.sql[self.here.start : self.tokens[-1].end]

    def take(self, *words: str) -> bool:
        """Move past a run of words or signs, if it is next."""
        run = self.tokens[self.at : self.at + len(words)]
        if [token.value if token.kind == "word" else token.text for token in run] != list(words):
            return False
        self.at += len(words)
        return True

    def need(self, *words: str) -> None:
        """Move past a run of words or signs."""
        if not self.take(*words):
            raise self.mismatch(" ".join(words).upper())

    def need_end(self) -> None:
        """Raise unless nothing is left."""
        if not self.ended:
            raise self.mismatch("<EOF>")

    def take_string(self) -> str | None:
        """The value of a string, if one is next."""
        if self.here.kind != "string":
            return None
        self.at += 1
        return self.tokens[self.at - 1].value

    def need_string(self) -> str:
        """The value of the string that must be next."""
        value = self.take_string()
        if value is None:
            raise self.mismatch("STRING")
        return value

    def need_name(self) -> str:
        """One name in lower case, quoted or not."""
        if self.here.kind not in ("word", "quoted"):
            raise self.mismatch("<identifier>")
        self.at += 1
        return self.tokens[self.at - 1].value.lower()

    def need_path(self) -> tuple[str, ...]:
        """A name with its qualifiers: (catalog, database, table) or less."""
        parts = [self.need_name()]
        while self.take("."):
            parts.append(self.need_name())
        return tuple(parts)

    def group(self) -> str:
        """The text inside the parentheses that open here; moves behind them."""
        opening = self.here
        self.need("(")
        depth = 1
        while not self.ended:
            depth += {"(": 1, ")": -1}.get(self.here.text, 0)
            self.at += 1
            if depth == 0:
                return self.sql[opening.end : self.tokens[self.at - 1].start]
        raise self.mismatch("')'")

    def mismatch(self, expected: str) -> StatementError:
        """What is wrong here, in the words of Athena's parser."""
        before = self.sql[: self.here.start]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        return StatementError(
            f"line {line}:{column}: mismatched input '{self.here.text[:80]}'. Expecting: {expected}"
        )


def split(text: str) -> list[str]:
    """The parts of a list that commas part, at the outer level."""
    cursor, parts, start, depth = Cursor(text), [], 0, 0
    for token in cursor.tokens:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            parts.append(text[start : token.start].strip())
            start = token.end
    last = text[start:].strip()
    return [*parts, last] if last else parts


def assignments(text: str) -> dict[str, str]:
    """`a = 1, b = ARRAY['x']` as names in lower case with the SQL text of their values."""
    found: dict[str, str] = {}
    for part in split(text):
        cursor = Cursor(part)
        name = cursor.take_string() or cursor.need_name()
        cursor.need("=")
        found[name.lower()] = cursor.rest()
    return found
