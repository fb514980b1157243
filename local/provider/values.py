"""Values as the Pulumi engine sends them: structs, unknowns, secrets, assets and archives.

Owns reading and writing those values; `differences` compares them, `shapes` sends them to AWS.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # what stands for a value not known yet
SIGNATURE = "4dabf18193072939515e22adb298388d"  # the key that marks a special value
SECRET = "1b47061264138c4ac30d75fd1eb44270"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"

Properties = dict[str, Any]


def plain(struct: struct_pb2.Struct) -> Properties:
    """The properties in a struct: secrets opened, whole doubles as ints, no `__defaults`."""
    value: Properties = _plain(json_format.MessageToDict(struct))
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _plain(value["value"])
        return {key: _plain(item) for key, item in value.items() if key != "__defaults"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """A protobuf struct of the properties; None is left out."""
    message = struct_pb2.Struct()
    message.update({key: value for key, value in properties.items() if value is not None})
    return message


def has_unknown(value: Any) -> bool:
    """Whether the value is, or holds, one that the engine does not know yet."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def is_asset(value: Any) -> bool:
    """Whether the value is an asset or an archive."""
    return isinstance(value, dict) and value.get(SIGNATURE) in (ASSET, ARCHIVE)


def asset_bytes(asset: Mapping[str, Any]) -> bytes:
    """The content of an asset, from its text or from the file it names."""
    if asset.get("path"):
        return _read(asset["path"])
    if "text" in asset:
        return str(asset["text"]).encode()
    raise ValueError("the asset is neither a file nor a text; only those two are read here")


def archive_bytes(archive: Mapping[str, Any]) -> bytes:
    """The archive as a zip; made from a folder or from assets it is the same bytes every time."""
    path = archive.get("path")
    if path and os.path.isfile(path):
        return _read(path)
    files = dict(_members(archive, ""))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _members(value: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, bytes]]:
    path = value.get("path")
    if value.get("assets"):
        for name, member in value["assets"].items():
            yield from _members(member, f"{prefix}/{name}".strip("/"))
    elif path and os.path.isdir(path):
        for folder, folders, names in os.walk(path):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in names:
                file = os.path.join(folder, name)
                yield f"{prefix}/{os.path.relpath(file, path)}".strip("/"), _read(file)
    else:
        yield prefix, asset_bytes(value)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
