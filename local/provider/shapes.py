"""From Pulumi's names to AWS's and back, by the API's own model.

Pulumi writes `sseAlgorithm`, S3 `SSEAlgorithm`: apart from the case they are the same word nearly
everywhere, so a property is matched with the member of the API's shape that has the same letters.
Where the words differ, a handler's `renames` say so: {Pulumi's dotted path: the API's dotted path}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Renames = Mapping[str, str]
Shape = Any  # botocore's: by its kind it has `members`, a `member` or a `value`


class UnknownMemberError(ValueError):
    """A property that the API has no member for."""


def parameters(properties: Mapping[str, Any], shape: Shape, renames: Renames) -> dict[str, Any]:
    """What an operation takes, from properties; the types are those of the operation's shape.

    Raises UnknownMemberError for a property, at any depth, that the operation does not take.
    """
    request: dict[str, Any] = _member(_renamed(properties, renames, ""), shape, "")
    for path, target in renames.items():
        value = dig(properties, path)
        if value is not None:
            _graft(request, target.split("."), value, shape)
    return request


def _renamed(value: Any, renames: Renames, path: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        key: _renamed(item, renames, _join(path, key))
        for key, item in value.items()
        if _join(path, key) not in renames
    }


def _member(value: Any, shape: Shape, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure(value, shape, path)
    if kind == "list":
        return [_member(item, shape.member, path) for item in _many(value)]
    if kind == "map":
        return {str(key): _member(item, shape.value, path) for key, item in value.items()}
    return _scalar(value, kind)


def _structure(value: Any, shape: Shape, path: str) -> Any:
    members = {name.lower(): name for name in shape.members}
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) and "enabled" in members:
        value = {"enabled": value}
    if not isinstance(value, Mapping):
        raise UnknownMemberError(f"{path or 'the input'} should be an object")
    request = {}
    for key, item in value.items():
        if item is None:
            continue
        if key.lower() not in members:
            raise UnknownMemberError(f"{_join(path, key)} is not known to {shape.name}")
        name = members[key.lower()]
        request[name] = _member(item, shape.members[name], _join(path, key))
    return request


def _scalar(value: Any, kind: str) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind == "string" and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _graft(request: dict[str, Any], path: list[str], value: Any, shape: Shape) -> None:
    for name in path[:-1]:
        request = request.setdefault(name, {})
        shape = shape.members[name]
    request[path[-1]] = _member(value, shape.members[path[-1]], ".".join(path))


def mirrored(template: Any, body: Any, renames: Renames, path: str = "", root: Any = None) -> Any:
    """What the API shows, in the form of `template` (the declared properties).

    Only declared members are looked at; one that the API does not show is None.
    """
    root = body if root is None else root
    if isinstance(template, Mapping):
        single = body[0] if isinstance(body, list) and len(body) == 1 else body
        return {
            key: mirrored(
                item,
                dig(root, renames[_join(path, key)])
                if _join(path, key) in renames
                else find(single, key),
                renames,
                _join(path, key),
                root,
            )
            for key, item in template.items()
        }
    if isinstance(template, list) and isinstance(body, list):
        return [
            mirrored(template[index], item, renames, path + "[]", root)
            if index < len(template)
            else camel(item)
            for index, item in enumerate(body)
        ]
    if isinstance(template, bool) and isinstance(body, Mapping):
        return find(body, "enabled")
    return camel(body)


def camel(value: Any) -> Any:
    """The API's value under names that begin in lower case; times as ISO 8601 text."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: camel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [camel(item) for item in value]
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value


def find(body: Any, name: str) -> Any:
    """The member of `body` with this name in any case, or None."""
    if not isinstance(body, Mapping):
        return None
    if name in body:
        return body[name]
    return next((item for key, item in body.items() if key.lower() == name.lower()), None)


def dig(body: Any, path: str) -> Any:
    """The member at a dotted path (a number picks from a list), in any case, or None."""
    for name in path.split(".") if path else []:
        if isinstance(body, list):
            index = int(name) if name.isdecimal() else 0
            body = body[index] if index < len(body) else None
            if name.isdecimal():
                continue
        body = find(body, name)
    return body


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
