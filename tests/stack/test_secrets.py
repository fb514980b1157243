"""No key, token or person in what the stack shows or keeps; in quarantine no key and no token.

Named so that it runs after the tests that put something there.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from tests.bad_input.leaks import leaks
from tests.conftest import LaptopStack
from tests.stack.test_bad_payloads import SURFACES, log_since

pytestmark = pytest.mark.stack

# What was refused is kept as it came, with whom it is about: that is what quarantine is for.
OF_PEOPLE = ("quarantine/", "errors/")


def shown(stack: LaptopStack) -> Iterator[tuple[str, str]]:
    """Logs and outputs, by where they are."""
    for path in (stack.laptop.state / "logs").glob("*"):
        if path.is_file():
            yield path.name, path.read_text(errors="replace")
    yield "outputs", json.dumps(stack.outputs)
    for function in SURFACES:
        yield f"log of {function}", log_since(stack, function, 0)


def kept(stack: LaptopStack, prefix: str) -> Iterator[tuple[str, str]]:
    """The objects of a prefix of the data bucket, by key."""
    s3, bucket = stack.client("s3"), stack.outputs["data_bucket"]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            plain = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
            yield item["Key"], plain.decode("utf-8", "replace")


def test_nothing_secret_is_in_logs_outputs_and_the_ledger(laptop_stack: LaptopStack) -> None:
    texts = {**dict(shown(laptop_stack)), **dict(kept(laptop_stack, "ledger/"))}
    assert {"outputs", "emulator.log", "kafka.log"} <= set(texts)
    found = {place: leaks(text) for place, text in texts.items()}
    assert {place: kinds for place, kinds in found.items() if kinds} == {}


@pytest.mark.parametrize("prefix", OF_PEOPLE)
def test_no_token_is_kept_with_what_was_refused(laptop_stack: LaptopStack, prefix: str) -> None:
    found = {key: leaks(text, personal=False) for key, text in kept(laptop_stack, prefix)}
    assert {key: kinds for key, kinds in found.items() if kinds} == {}
