"""Which partitions an expression of GetPartitions selects.

The expression is SQL over partition keys, compared by their types: comparisons, AND, OR, NOT,
BETWEEN, IN and LIKE, as the Glue API names them. It is parsed and walked; nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlglot
from sqlglot import exp

NUMBERS = ("int", "bigint", "smallint", "tinyint", "long", "decimal", "float", "double")
COMPARISONS: dict[type[exp.Expression], Callable[[Any, Any], bool]] = {
    exp.EQ: lambda a, b: bool(a == b),
    exp.NEQ: lambda a, b: bool(a != b),
    exp.GT: lambda a, b: bool(a > b),
    exp.GTE: lambda a, b: bool(a >= b),
    exp.LT: lambda a, b: bool(a < b),
    exp.LTE: lambda a, b: bool(a <= b),
}
Values = Mapping[str, Any]
Predicate = Callable[[Values], bool]


class FilterError(ValueError):
    """The expression cannot be understood."""


def compile_filter(expression: str, keys: Sequence[tuple[str, str]]) -> Callable[[list[str]], bool]:
    """A test of a partition's values, in the order of `keys`, which are (name, Glue type).

    Raises FilterError for an expression that is no filter on these keys.
    """
    try:
        tree = sqlglot.parse_one(expression, read="hive")
    except sqlglot.errors.SqlglotError as error:
        raise FilterError(f"Unsupported expression '{expression[:80]}'") from error
    types = {name.lower(): kind.lower() for name, kind in keys}
    predicate = _Compiler(types).predicate(tree)

    def selects(values: list[str]) -> bool:
        typed = {
            name.lower(): _typed(value, kind)
            for (name, kind), value in zip(keys, values, strict=True)
        }
        return predicate(typed)

    return selects


def _typed(value: str, kind: str) -> Any:
    if not kind.lower().startswith(NUMBERS):
        return value
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise FilterError(f"Value '{value[:40]}' is no {kind}") from error


class _Compiler:
    def __init__(self, types: Mapping[str, str]) -> None:
        self._types = types

    def predicate(self, node: exp.Expression) -> Predicate:
        if isinstance(node, exp.Paren):
            return self.predicate(node.this)
        if isinstance(node, exp.Not):
            inner = self.predicate(node.this)
            return lambda row: not inner(row)
        if isinstance(node, exp.And | exp.Or):
            left, right = self.predicate(node.left), self.predicate(node.right)
            if isinstance(node, exp.And):
                return lambda row: left(row) and right(row)
            return lambda row: left(row) or right(row)
        if isinstance(node, exp.Boolean):
            return lambda row: bool(node.this)
        return self._comparison(node)

    def _comparison(self, node: exp.Expression) -> Predicate:
        column = self._column(node)
        key = column.name.lower()
        kind = self._types.get(key)
        if kind is None:
            raise FilterError(f"Column '{column.name[:80]}' is no partition key")
        if isinstance(node, exp.Between):
            low, high = _literal(node.args["low"], kind), _literal(node.args["high"], kind)
            return lambda row: bool(low <= row[key] <= high)
        if isinstance(node, exp.In):
            wanted = {_literal(one, kind) for one in node.expressions}
            return lambda row: row[key] in wanted
        if isinstance(node, exp.Like):
            pattern, negated = _pattern(node.expression), bool(node.args.get("negate"))
            return lambda row: (pattern.fullmatch(str(row[key])) is None) is negated
        compare = COMPARISONS.get(type(node))
        if compare is None:
            raise FilterError(f"Unsupported expression '{node.sql()[:80]}'")
        if column is node.this:
            value = _literal(node.expression, kind)
            return lambda row: compare(row[key], value)
        value = _literal(node.this, kind)
        return lambda row: compare(value, row[key])

    @staticmethod
    def _column(node: exp.Expression) -> exp.Column:
        for side in (node.this, node.args.get("expression")):
            if isinstance(side, exp.Column):
                return side
        raise FilterError(f"Unsupported expression '{node.sql()[:80]}'")


def _literal(node: exp.Expression, kind: str) -> Any:
    negative = isinstance(node, exp.Neg)
    inner = node.this if isinstance(node, exp.Neg | exp.Cast | exp.Paren) else node
    if not isinstance(inner, exp.Literal):
        raise FilterError(f"Unsupported expression '{node.sql()[:80]}'")
    value = _typed(inner.this, kind)
    return -value if negative else value


def _pattern(node: exp.Expression) -> re.Pattern[str]:
    if not isinstance(node, exp.Literal):
        raise FilterError(f"Unsupported expression '{node.sql()[:80]}'")
    text = "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in node.this)
    return re.compile(text, re.DOTALL)
