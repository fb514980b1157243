"""T12 for real: what is no event is found, can be queried, and lands once after it was mended."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from analysis import __main__ as command_line
from analysis import athena
from analysis.scope import event_time
from handlers.contract.identity import event_id
from local import operations
from tests.conftest import LaptopStack
from tests.handlers.msk_producer.events import RUN, line
from tests.kafka.limits import batches_up_to
from tests.stack.test_end_to_end import clients, wait_for_delivery, z

__all__ = ["clients"]
pytestmark = pytest.mark.stack

BOM = b"\xef\xbb\xbf"
# What a plain writer puts into the topic: the record, the reason by which it is found (None: it is
# an event), and the indices of the events that a replay brings in.
RECORDS: list[tuple[bytes, str | None, list[int]]] = [
    (line(1), None, []),
    (b"{", "E_REC_SHAPE", []),
    (b"", "E_REC_SHAPE", []),
    (bytes(range(128, 256)), "E_REC_ENCODING", []),
    (line(2, bandwidth_mbps=float("nan")), "E_REC_SHAPE", []),
    (line(3) + line(4), "E_REC_SHAPE", [3, 4]),
    (b"[" + line(5) + b"," + line(6) + b"]", "E_REC_SHAPE", [5, 6]),
    (BOM + line(7), "E_REC_SHAPE", [7]),
    (line(8) + b"\0", "E_REC_SHAPE", [8]),
    (line(9) + b"\r", "E_REC_SHAPE", [9]),
    (line(10, watch_duration_seconds="12"), "E_REC_COLUMN", [10]),
    (line(11, shoe_size=43), "E_REC_COLUMN", [11]),
    (line(12, isp=None), "E_REC_COLUMN", []),
    (line(13, city="x" * 300_000), "E_REC_SIZE", []),
    (line(14, event_id="nobody"), "E_REC_ID", []),
    (line(15), None, []),
]
REASONS = Counter(reason for _, reason, _ in RECORDS if reason)
REFUSED_EVENTS = 20


@pytest.fixture(scope="module")
def begin() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def run(begin: datetime) -> str:
    """A run id that no ledger has."""
    return f"{int(begin.timestamp() * 1e6):016x}"


@pytest.fixture(scope="module")
def hours(begin: datetime) -> list[str]:
    return ["--from", z(begin), "--to", z(begin + timedelta(hours=1))]


@pytest.fixture(scope="module")
def command(
    laptop_stack: LaptopStack,
    clients: None,
    hours: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    """Runs a command as `python -m analysis` does; (exit code, the JSON it printed)."""
    file = tmp_path_factory.mktemp("outputs") / "outputs.json"
    file.write_text(json.dumps(laptop_stack.outputs))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACME_OUTPUTS_FILE", str(file))

        def run(*arguments: str) -> tuple[int, dict[str, Any]]:
            said = io.StringIO()
            with redirect_stdout(said):
                code = command_line.main([*arguments, "--stack", "local", "--json", *hours])
            return code, json.loads(said.getvalue())

        yield run


@pytest.fixture(scope="module")
def refused(laptop_stack: LaptopStack, clients: None, begin: datetime) -> dict[str, Any]:
    """A run whose events the broker finds too large: they are in quarantine, nothing is lost."""
    topic, port = laptop_stack.outputs["topic"], laptop_stack.laptop.ports.kafka_internal
    with batches_up_to(150, topic, port):
        return operations.generate(
            laptop_stack.laptop,
            laptop_stack.outputs,
            {"batch_size": REFUSED_EVENTS, "start": z(begin - timedelta(hours=1)), "end": z(begin)},
        )


@pytest.fixture(scope="module")
def produced(
    laptop_stack: LaptopStack, command: Any, run: str, refused: dict[str, Any]
) -> Counter[str]:
    """The malformed records among good ones, by a writer that checks nothing, delivered.

    Gives what a scan found before, by reason.
    """
    _, before = command("scan")
    producer = KafkaProducer(
        bootstrap_servers=f"127.0.0.1:{laptop_stack.laptop.ports.kafka_internal}"
    )
    for value, _, _ in RECORDS:
        producer.send(
            laptop_stack.outputs["topic"], value=value.replace(RUN.encode(), run.encode())
        )
    producer.flush(30)
    producer.close()
    wait_for_delivery(laptop_stack)
    return Counter(before["malformed"])


@pytest.fixture(scope="module")
def scanned(command: Any, produced: Counter[str]) -> tuple[int, dict[str, Any]]:
    found: tuple[int, dict[str, Any]] = command("scan")
    return found


def in_quarantine(stack: LaptopStack) -> dict[str, bytes]:
    """The objects of the quarantine, by key."""
    s3, bucket = stack.client("s3"), stack.outputs["data_bucket"]
    found = s3.list_objects_v2(Bucket=bucket, Prefix="quarantine/").get("Contents", [])
    keys = [item["Key"] for item in found]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def in_topic(stack: LaptopStack) -> Counter[str]:
    """How often each event id is in the topic, in a record that is JSON and has a good time."""
    consumer = KafkaConsumer(
        bootstrap_servers=f"127.0.0.1:{stack.laptop.ports.kafka_internal}",
        auto_offset_reset="earliest",
    )
    topic = stack.outputs["topic"]
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    ends = consumer.end_offsets(places)
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ids: Counter[str] = Counter()
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(1000).values():
            ids.update(filter(None, (_id(record.value) for record in records)))
    consumer.close()
    return ids


def record_at(stack: LaptopStack, place: TopicPartition, offset: int) -> bytes:
    """The value of one record of the topic."""
    brokers = f"127.0.0.1:{stack.laptop.ports.kafka_internal}"
    consumer = KafkaConsumer(bootstrap_servers=brokers)
    consumer.assign([place])
    consumer.seek(place, offset)
    ((record, *_),) = consumer.poll(10_000).values()
    consumer.close()
    return bytes(record.value)


def landed(stack: LaptopStack) -> Counter[str]:
    """How often each event id is in S3 on a line that is JSON and has a good watch time."""
    s3, bucket = stack.client("s3"), stack.outputs["data_bucket"]
    ids: Counter[str] = Counter()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="telemetry/"):
        for item in page.get("Contents", []):
            if item["LastModified"] >= datetime.now(UTC) - timedelta(minutes=5):
                body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                ids.update(filter(None, map(_id, gzip.decompress(body).split(b"\n"))))
    return ids


def _id(text: bytes) -> str | None:
    try:
        event = json.loads(text.decode())
        good = type(event["watch_duration_seconds"]) is int and "shoe_size" not in event
        return str(event["event_id"]) if good and not text.endswith(b"\r") else None
    except (ValueError, TypeError, KeyError):
        return None


def test_a_refused_run_is_told_and_kept(laptop_stack: LaptopStack, refused: dict[str, Any]) -> None:
    assert (refused["acked"], refused["rejected"]) == (0, REFUSED_EVENTS)
    assert refused["rejected_reasons"] == {"E_REC_SIZE": REFUSED_EVENTS}
    assert any(f"/producer-{refused['run_id']}-" in key for key in in_quarantine(laptop_stack))


def test_the_scan_finds_every_malformed_line_once(
    laptop_stack: LaptopStack,
    command: Any,
    produced: Counter[str],
    scanned: tuple[int, dict[str, Any]],
) -> None:
    code, found = scanned
    assert code == 1
    assert Counter(found["malformed"]) - produced == REASONS
    before = in_quarantine(laptop_stack)
    assert command("scan") == scanned
    assert in_quarantine(laptop_stack) == before


def test_the_table_holds_what_was_found_and_refused(
    laptop_stack: LaptopStack,
    scanned: tuple[int, dict[str, Any]],
    refused: dict[str, Any],
    begin: datetime,
) -> None:
    range_of = {
        "occurred_from": event_time(begin.replace(minute=0, second=0)),
        "occurred_until": event_time(begin + timedelta(hours=1)),
    }
    asked = athena.connect(laptop_stack.outputs)
    counts = asked.frame("quarantine_by_reason", **range_of)
    found = {(row["stage"], row["reason"]): row["records"] for _, row in counts.iterrows()}
    delivered = {reason: count for (stage, reason), count in found.items() if stage == "delivery"}
    assert delivered == scanned[1]["malformed"]
    rows = asked.frame("quarantine_records", **range_of, reason="")
    assert (rows["run_id"] == refused["run_id"]).sum() == REFUSED_EVENTS
    row = rows[rows["reason"] == "E_REC_ID"].iloc[-1]
    assert json.loads(row["content_text"])["event_id"] == "nobody"
    assert row["object_key"].startswith("telemetry/")
    place = TopicPartition(row["topic"], int(row["topic_partition"]))
    assert record_at(laptop_stack, place, int(row["topic_offset"])).decode() == row["content_text"]


def test_what_can_be_mended_lands_once_and_twice_adds_none(
    laptop_stack: LaptopStack,
    command: Any,
    run: str,
    scanned: Any,
    refused: dict[str, Any],
) -> None:
    wanted = {event_id(refused["run_id"], index) for index in range(REFUSED_EVENTS)}
    wanted |= {event_id(run, index) for _, _, indices in RECORDS for index in indices}
    code, planned = command("replay", "--dry-run")
    assert (code, planned["acked"]) == (1, 0) and planned["sent"] >= len(wanted)
    assert not wanted & in_topic(laptop_stack).keys()
    code, done = command("replay")
    assert (code, done["acked"], done["unresolved"]) == (1, planned["sent"], 0)
    left = sum(bool(reason) and not indices for _, reason, indices in RECORDS)
    assert sum(done["stay"].values()) >= left
    wait_for_delivery(laptop_stack)
    ids = landed(laptop_stack)
    assert {name: ids[name] for name in wanted} == dict.fromkeys(wanted, 1)
    code, again = command("replay")
    assert (again["sent"], again["stay"]) == (0, done["stay"])
    assert again["known"] == done["known"] + done["sent"]
    sent = in_topic(laptop_stack)
    assert {name: sent[name] for name in wanted} == dict.fromkeys(wanted, 1)
