"""What pulumi_aws says of a type is read whatever is collected meanwhile."""

from __future__ import annotations

import ast
import gc

from local.provider.sdk import property_names


class Garbage:
    """Parses when it is collected, as what tells of a left coroutine or socket does."""

    parsed = 0

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        ast.parse("(a + b * (c - d))")
        Garbage.parsed += 1


def test_a_parse_within_the_parse_spoils_nothing() -> None:
    usual = gc.get_threshold()
    gc.collect()
    for _ in range(50):
        Garbage()
    gc.set_threshold(200, 1, 1)
    try:
        assert "bucket" in property_names.__wrapped__("aws:s3/bucket:Bucket")
    finally:
        gc.set_threshold(*usual)
    gc.collect()
    assert Garbage.parsed == 50
