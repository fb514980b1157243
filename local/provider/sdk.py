"""What pulumi_aws says of a resource type, read from its source: no schema file, no slow import."""

from __future__ import annotations

import ast
import gc
import importlib.util
import re
import threading
from functools import cache
from pathlib import Path

_PARSING = threading.Lock()


@cache
def property_names(token: str) -> frozenset[str]:
    """Every property of a type, inputs and outputs, as the engine spells them.

    Raises LookupError for a token that pulumi_aws does not have.
    """
    _, where, name = token.split(":")
    package, module = where.split("/")
    file = _root() / {"lambda": "lambda_"}.get(package, package) / f"{_snake(module)}.py"
    if file.exists():
        for node in _parsed(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name == f"_{name}State":
                return frozenset(_camel(word) for word in _parameters(node))
    raise LookupError(f"pulumi_aws has no resource type {token}")


def _parsed(text: str) -> ast.Module:
    """One at a time, and while nothing is collected.

    A parse within a parse, by another thread or by what is told of collected garbage, ends in a
    SystemError in CPython 3.11 ("recursion depth mismatch", gh-106905).
    """
    with _PARSING:
        collects = gc.isenabled()
        gc.disable()
        try:
            return ast.parse(text)
        finally:
            if collects:
                gc.enable()


def _parameters(state: ast.ClassDef) -> list[str]:
    for node in state.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            return [word.arg for word in (*node.args.args, *node.args.kwonlyargs)][1:]
    raise LookupError(f"{state.name} takes no properties")


def _root() -> Path:
    spec = importlib.util.find_spec("pulumi_aws")
    if spec is None or spec.origin is None:
        raise LookupError("pulumi_aws is not installed")
    return Path(spec.origin).parent


def _snake(word: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", word).lower()


def _camel(word: str) -> str:
    head, *rest = word.split("_")
    return head + "".join(part.capitalize() for part in rest)
