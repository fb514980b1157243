"""Comparing properties by content: what changed between two programs, what drifted in the cloud."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from local.provider.values import Properties, is_asset

_ABSENT: tuple[Any, ...] = (None, {}, [], "")


def canonical(value: Any) -> Any:
    """The value with JSON text parsed, assets as their hash, and empty members left out."""
    if isinstance(value, dict):
        if is_asset(value):
            return value.get("hash")
        members = {key: canonical(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item not in _ABSENT}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The top-level properties whose content differs, sorted; empty is the same as absent."""
    before, after = canonical(dict(old)), canonical(dict(new))
    return sorted(key for key in {*before, *after} if before.get(key) != after.get(key))


def agrees(declared: Any, live: Any) -> bool:
    """Whether what the cloud shows is what was declared.

    AWS leaves out what is false or empty, gives numbers as text in places, and keeps lists of
    plain values as sets; none of these is drift.
    """
    return bool(_loose(declared) == _loose(live))


def _loose(value: Any) -> Any:
    return _loosened(canonical(value))


def _loosened(value: Any) -> Any:
    if isinstance(value, dict):
        members = {key: _loosened(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not None} or None
    if isinstance(value, list):
        items = [_loosened(item) for item in value]
        if all(isinstance(item, str) for item in items):
            items.sort()
        return items or None
    if value is None or value is False or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def settled(declared: Properties, live: Properties, names: Iterable[str]) -> Properties:
    """The inputs `names` as they are now: as declared where the cloud agrees, else as it shows.

    A name that `live` does not have at all was not read and stays as declared.
    """
    found: Properties = {}
    for name in names:
        if name not in live or agrees(declared.get(name), live[name]):
            value = declared.get(name)
        else:
            value = live[name]
        if value is not None:
            found[name] = value
    return found
