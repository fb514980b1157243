"""What pulumi_aws says of a resource type, read from its source: no schema file, no slow import."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path


@cache
def property_names(token: str) -> frozenset[str]:
    """Every property of a type, inputs and outputs, as the engine spells them.

    Raises LookupError for a token that pulumi_aws does not have.
    """
    _, where, name = token.split(":")
    package, module = where.split("/")
    file = _root() / {"lambda": "lambda_"}.get(package, package) / f"{_snake(module)}.py"
    if file.exists():
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name == f"_{name}State":
                return frozenset(_camel(word) for word in _parameters(node))
    raise LookupError(f"pulumi_aws has no resource type {token}")


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
