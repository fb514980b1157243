"""Values of the engine: what comes in is what Python means, archives are the same bytes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from google.protobuf import json_format, struct_pb2

from local.provider import values
from local.provider.values import ARCHIVE, ASSET, SECRET, SIGNATURE, UNKNOWN


def struct(document: dict[str, object]) -> struct_pb2.Struct:
    return json_format.ParseDict(document, struct_pb2.Struct())


def test_doubles_without_a_fraction_are_ints_and_the_rest_stays() -> None:
    given = {"days": 7.0, "ratio": 0.5, "on": True, "list": [1.0, {"n": 2.0}], "none": None}
    plain = values.plain(struct(given))
    assert plain == {"days": 7, "ratio": 0.5, "on": True, "list": [1, {"n": 2}], "none": None}
    assert isinstance(plain["days"], int)
    assert isinstance(plain["list"][1]["n"], int)
    assert plain["on"] is True


def test_secrets_are_opened_and_the_sdk_s_marks_dropped() -> None:
    given: dict[str, object] = {
        "a": {SIGNATURE: SECRET, "value": {"b": 1.0}},
        "__defaults": [],
        "c": {"__defaults": []},
    }
    assert values.plain(struct(given)) == {"a": {"b": 1}, "c": {}}


def test_struct_leaves_none_out_and_keeps_false() -> None:
    assert values.plain(values.struct({"a": None, "b": False, "c": 0})) == {"b": False, "c": 0}


@pytest.mark.parametrize(
    ("value", "unknown"),
    [(UNKNOWN, True), ({"a": [{"b": UNKNOWN}]}, True), ({"a": [1, "x"]}, False), (None, False)],
)
def test_an_unknown_is_found_at_any_depth(value: object, unknown: bool) -> None:
    assert values.has_unknown(value) is unknown


def test_an_archive_of_assets_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("no")
    (tmp_path / "b.py").write_text("b")
    archive = {
        SIGNATURE: ARCHIVE,
        "assets": {
            "z.txt": {SIGNATURE: ASSET, "text": "z"},
            "folder": {SIGNATURE: ARCHIVE, "path": str(tmp_path)},
        },
    }
    first = values.archive_bytes(archive)
    assert first == values.archive_bytes(archive)
    with zipfile.ZipFile(io.BytesIO(first)) as zipped:
        assert {name: zipped.read(name) for name in zipped.namelist()} == {
            "folder/b.py": b"b",
            "z.txt": b"z",
        }


def test_a_zip_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "code.zip").write_bytes(b"zipped")
    archive = {SIGNATURE: ARCHIVE, "path": str(tmp_path / "code.zip")}
    assert values.archive_bytes(archive) == b"zipped"


def test_a_remote_asset_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a file nor a text"):
        values.asset_bytes({SIGNATURE: ASSET, "uri": "https://example.org/x"})
