"""Inputs that nobody thought of: drawn from a seed, each taken or refused, none a crash."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components import settings
from components.settings import SettingsError
from components.settings_table import SETTINGS
from handlers.contract import reference_document
from handlers.contract.batch import UnpackError, unpack
from handlers.contract.ledger import Record
from handlers.contract.records import check
from handlers.contract.reference_document import (
    Document,
    Pointer,
    ReferenceCorruptError,
    content_checksum,
)
from handlers.data_loader import handler as data_loader
from handlers.msk_producer import request as producer
from handlers.runtime import payload
from handlers.runtime.clock import parse_rfc3339
from handlers.runtime.errors import PipelineError
from handlers.telemetry_generator import request as generator
from handlers.telemetry_generator.lines import lines
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.run import InForce, Run, events, used_from
from tests.bad_input.surfaces.generator import nested
from tests.bad_input.surfaces.records import ITSELF
from tests.handlers.contract.test_identity_and_ledger import RECORD
from tests.handlers.msk_producer.events import event, line
from tests.handlers.references import small_document

NOW = datetime(2025, 8, 11, 10, tzinfo=UTC)
TEXTS = (
    *(
        "",
        " ",
        "x",
        "true",
        "null",
        "0",
        "-1",
        "1e9",
        "NaN",
        "٣",
        "\x00",
        "\n",
        "\ud800",
        "😀",
        "'",
    ),
    *("2025-08-11T10:00:00Z", "2025-08-11", "[]", "{}", "[[", '["a"]', "a" * 300, "%s", "../x"),
    *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"),
    *("rate(5 minutes)", "cron(0 * * * ? *)", "arn:aws:kafka:x", "eu-central-1", "H4sIAAAAAAAA"),
)
NUMBERS = (
    *(0, -1, 1, 2**31, 2**63, 2**70, 10**400, 0.5, 1e308, float("nan"), float("inf")),
    *(True, False, None),
)
DOCUMENT = small_document(titles=6, customers=9)
POINTER = Pointer(
    version=DOCUMENT.version,
    key=reference_document.document_key(DOCUMENT.version),
    checksum="0" * 64,
    refreshed_at="2025-08-11T09:00:00.000Z",
    expires_at="2025-08-11T10:00:00.000Z",
    activity="tenure and tier",
    counts={},
    history=[{"version": DOCUMENT.version, "in_force_from": "2025-08-11T09:00:00.000Z"}],
)


def value(draw: random.Random, depth: int = 0) -> Any:
    """Any JSON value."""
    kind = draw.randrange(10 if depth < 3 else 7)
    if kind < 4:
        return draw.choice(TEXTS)
    if kind < 7:
        return draw.choice(NUMBERS)
    if kind == 7 and depth == 0 and draw.random() < 0.1:
        return nested(5_000)
    if kind < 9:
        return [value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {draw.choice(TEXTS): value(draw, depth + 1) for _ in range(draw.randrange(4))}


def strange(draw: random.Random) -> Any:
    """A value that no JSON holds."""
    return draw.choice(
        (b"\xff", {1}, {(1, 2): 3}, {b"a": 1}, 10**5_000, ITSELF, [ITSELF], object())
    )


def some(draw: random.Random, names: tuple[str, ...]) -> Any:
    """An object with some of these names, or now and then any value."""
    if draw.random() < 0.1:
        return value(draw)
    made = {draw.choice(names): value(draw) for _ in range(draw.randrange(5))}
    if draw.random() < 0.2:
        made[draw.choice(TEXTS)] = value(draw)
    if draw.random() < 0.1:
        made[draw.choice((*names, (1, 2), 10**5_000, b"a"))] = strange(draw)
    return made


def harmed(draw: random.Random, body: bytes) -> bytes:
    """Bytes of which some were changed, dropped or doubled."""
    made = bytearray(body)
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(made) + 1)
        match draw.randrange(4):
            case 0:
                made[at : at + 1] = bytes([draw.randrange(256)])
            case 1:
                del made[at : at + draw.randrange(1, 40)]
            case 2:
                made[at:at] = made[at : at + draw.randrange(1, 40)]
            case _:
                made[at:at] = draw.choice(TEXTS).encode("utf-8", "surrogatepass")
    return bytes(made)


def changed(draw: random.Random, values: dict[str, Any], depth: int = 1) -> dict[str, Any]:
    """An object of which one or two values were replaced or dropped."""
    made = dict(values)
    for name in draw.sample(sorted(made), draw.randrange(1, 3)):
        if draw.random() < 0.2:
            del made[name]
        else:
            made[name] = value(draw, depth)
    return made


def names(fields: tuple[payload.Field, ...]) -> tuple[str, ...]:
    return tuple(field.name for field in fields)


def ask_generator(draw: random.Random) -> None:
    generator.parse(
        some(draw, names(generator.FIELDS)),
        request_id="r",
        now=NOW,
        default_seed=1,
        default_profile="steady",
    )


def ask_producer(draw: random.Random) -> None:
    asked = producer.parse(some(draw, names(producer.FIELDS)))
    if isinstance(asked, producer.Batch):
        account(list(asked.events))


def ask_data_loader(draw: random.Random) -> None:
    payload.parse(some(draw, names(data_loader.FIELDS)), data_loader.FIELDS, 1_000)


def account(events: list[object]) -> None:
    """Every event is a record or a rejection, and every record is one line of JSON."""
    records, rejections = check(events)
    places = [one.index for one in records] + [one.index for one in rejections]
    assert sorted(places) == list(range(len(events)))
    for record in records:
        assert b"\n" not in record.value
        assert isinstance(json.loads(record.value), dict)


def send_lines(draw: random.Random) -> None:
    account(list(harmed(draw, b"\n".join(line(number) for number in range(5))).split(b"\n")))


def send_objects(draw: random.Random) -> None:
    account([changed(draw, event(number), depth=0) for number in range(5)])
    account([event(0), strange(draw), {**event(1), draw.choice(TEXTS): strange(draw)}])


def read_batch(draw: random.Random) -> None:
    packed = gzip.compress(line(1))
    text = base64.b64encode(harmed(draw, packed) if draw.random() < 0.5 else packed)
    unpack(harmed(draw, text).decode("utf-8", "replace"), 10_000)


def read_document(draw: random.Random) -> None:
    body = DOCUMENT.encode()
    if draw.random() < 0.5:
        Document.decode(harmed(draw, body), DOCUMENT.version)
    else:
        values = json.loads(gzip.decompress(body))
        for table in ("titles", "customers"):
            category = draw.choice(sorted(values[table]))
            values[table][category] = changed(draw, values[table][category])
        text = json.dumps(values).encode("utf-8", "surrogatepass")
        Document.decode(gzip.compress(text), DOCUMENT.version)


def pick_from_document(draw: random.Random) -> None:
    """Two values changed under a checksum that agrees: refused, or good for events as it is."""
    values = json.loads(gzip.decompress(DOCUMENT.encode()))
    del values["schema_version"]
    for _ in range(2):
        columns = draw.choice([*values["titles"].values(), *values["customers"].values()])
        name = draw.choice(sorted(columns))
        if draw.random() < 0.1 or not isinstance(columns[name], list):
            columns[name] = draw.choice(("abc", {"a": 1, "b": 2, "c": 3}, value(draw, depth=1)))
        else:
            columns[name][draw.randrange(len(columns[name]))] = value(draw, depth=2)
    checksum = content_checksum(values["titles"], values["customers"])
    made = {**values, "checksum": checksum, "version": checksum[:16], "schema_version": 1}
    body = gzip.compress(json.dumps(made).replace("Infinity", "1e400").encode())
    reference = Reference.of(Document.decode(body, checksum[:16]))
    run = Run("0" * 16, NOW - timedelta(hours=1), NOW, batch_size=30, seed=1)
    made_columns = events(run, [InForce(reference, NOW - timedelta(days=1))])
    sent = [text.encode() for text in lines(made_columns, run.run_id, 0, len(made_columns))]
    assert check(sent)[1] == []


def read_pointer(draw: random.Random) -> None:
    body = POINTER.encode()
    if draw.random() < 0.5:
        body = harmed(draw, body)
    else:
        values = json.loads(body)
        if draw.random() < 0.5:
            values["history"][0] = changed(draw, values["history"][0])
        else:
            values = changed(draw, values)
        body = json.dumps(values).encode()
    pointer = Pointer.decode(body)
    pointer.is_stale(NOW)
    json.dumps([pointer.counts, pointer.age_seconds(NOW)], allow_nan=False)
    for entry in pointer.history:
        reference_document.document_key(entry["version"]).encode()
        used_from(parse_rfc3339(entry["in_force_from"]))


def read_record(draw: random.Random) -> None:
    Record.of(changed(draw, RECORD.as_dict()))


def read_settings(draw: random.Random) -> None:
    keys = draw.sample([setting.key for setting in SETTINGS], 4)
    given = {f"acme-telemetry:{key}": value(draw, depth=1) for key in keys}
    settings.read({"aws:region": "eu-central-1", **given}, stack="test")


@pytest.mark.parametrize(
    ("give", "refusals"),
    [
        (ask_generator, PipelineError),
        (ask_producer, PipelineError),
        (ask_data_loader, PipelineError),
        (send_lines, ()),
        (send_objects, ()),
        (read_batch, UnpackError),
        (read_document, ReferenceCorruptError),
        (pick_from_document, ReferenceCorruptError),
        (read_pointer, ReferenceCorruptError),
        (read_record, (TypeError, ValueError)),
        (read_settings, SettingsError),
    ],
)
def test_whatever_is_given_is_taken_or_refused(
    give: Callable[[random.Random], None], refusals: Any
) -> None:
    refused = 0
    for seed in range(400):
        try:
            give(random.Random(seed))
        except refusals as refusal:
            refused += bool(str(refusal))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error
    assert refused or not refusals
