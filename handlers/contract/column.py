"""What one column of a table is called, holds and means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column as the Glue catalogue declares it.

    `type` is a Hive type name; `meaning` names the unit where there is one; `required` says that
    no row may lack a value.
    """

    name: str
    type: str
    meaning: str
    required: bool = True
