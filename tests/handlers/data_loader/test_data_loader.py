"""From tables to the cache: what is read, kept, reused and renewed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from handlers.contract.reference_document import POINTER_KEY, Document, document_key
from handlers.data_loader.cache import HISTORY_DAYS
from tests.handlers.data_loader.stage import CUSTOMER_COLUMNS, TITLE_COLUMNS, Stage
from tests.handlers.fakes import FakeS3
from tests.handlers.references import small_document


def of_another_schema(s3: FakeS3) -> bytes:
    return s3.objects[POINTER_KEY].replace(b'"schema_version": 1', b'"schema_version": 2')


def test_the_first_call_reads_athena_and_keeps_a_document() -> None:
    stage = Stage()
    reply = stage.call()
    assert (reply["source"], reply["age_seconds"]) == ("athena", 0.0)
    assert reply["expires_at"] == "2025-08-11T11:00:00.000Z"
    assert reply["counts"]["titles"] == {"popular": 6, "regular": 12, "niche": 12, "left_out": 0}
    assert reply["activity"] == "tenure and tier"
    body = stage.s3.objects[reply["key"]]
    assert (
        reply["key"]
        == document_key(reply["version"])
        == f"cache/reference/{reply['version']}.json.gz"
    )
    assert stage.pointer().checksum == hashlib.sha256(body).hexdigest()
    document = Document.decode(body, reply["version"], stage.pointer().checksum)
    assert document.titles["popular"]["title_id"][:2] == ["T10", "T19"]
    # the document first: a pointer never names what is not there
    assert stage.s3.puts == [reply["key"], POINTER_KEY]


def test_a_fresh_cache_answers_without_athena_until_its_time_is_over() -> None:
    stage = Stage()
    stage.call()
    stage.now += timedelta(minutes=59, seconds=59)
    reply = stage.call()
    assert (reply["source"], reply["age_seconds"]) == ("cache", 3599.0)
    stage.now += timedelta(seconds=1)
    assert stage.call()["source"] == "athena"
    assert stage.call(force_refresh=True)["source"] == "athena"


def test_the_version_follows_from_the_content() -> None:
    stage = Stage()
    one = stage.call()["version"]
    stage.now += timedelta(hours=2)
    assert stage.call()["version"] == one
    assert stage.s3.puts.count(document_key(one)) == 1
    stage.tables["titles"][3]["popularity_score"] = 9.9
    two = stage.call(force_refresh=True)["version"]
    assert two != one and document_key(one) in stage.s3.objects
    assert [entry["version"] for entry in stage.pointer().history] == [one, two]
    assert stage.pointer().history[1]["in_force_from"] == "2025-08-11T12:01:00.000Z"


def test_history_forgets_what_no_session_can_use() -> None:
    stage = Stage()
    versions: list[str] = []
    for hours in (0, 1, 1 + 24 * HISTORY_DAYS, 2):
        stage.now += timedelta(hours=hours)
        stage.tables["titles"][3]["popularity_score"] = 7.5 + len(versions) / 10
        versions.append(stage.call(force_refresh=True)["version"])
    assert [entry["version"] for entry in stage.pointer().history] == versions[1:]


def test_history_forgets_what_a_wrong_clock_wrote() -> None:
    stage = Stage()
    stage.now += timedelta(days=365)
    stage.call()
    stage.now -= timedelta(days=365)
    version = stage.call()["version"]
    history = [{"version": version, "in_force_from": "2025-08-11T10:01:00.000Z"}]
    assert stage.pointer().history == history
    assert '"versions of a wrong clock","entries":1' in stage.log.getvalue()
    stage.now -= timedelta(minutes=1)  # as far as clocks may differ
    stage.call(force_refresh=True)
    assert stage.pointer().history == history


def test_history_is_in_order_though_clocks_differ() -> None:
    stage = Stage()
    stage.call()
    for seconds in (3_650, -50):  # a clock that is 50 s ahead, and then a right one
        stage.now += timedelta(seconds=seconds)
        stage.tables["titles"][3]["popularity_score"] = 7.5 + seconds / 10_000
        stage.call(force_refresh=True)
    times = [entry["in_force_from"] for entry in stage.pointer().history]
    assert len(times) == 3 and times == sorted(times)


def test_history_names_only_versions_whose_documents_are_whole() -> None:
    stage = Stage()
    one = stage.call()["version"]
    del stage.s3.objects[document_key(one)]
    stage.tables["titles"][3]["popularity_score"] = 9.9
    two = stage.call()["version"]
    assert [entry["version"] for entry in stage.pointer().history] == [two]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s3, key: s3.objects.update({key: s3.objects[key][:-5]}),
        lambda s3, key: s3.objects.update({key: b"nothing"}),
        lambda s3, key: s3.objects.update({key: small_document().encode()}),
        lambda s3, key: s3.objects.pop(key),
        lambda s3, key: s3.objects.update({POINTER_KEY: b""}),
        lambda s3, key: s3.objects.update({POINTER_KEY: b'{"version": 1}'}),
        lambda s3, key: s3.objects.update({POINTER_KEY: of_another_schema(s3)}),
    ],
)  # fmt: skip
def test_a_spoilt_cache_is_made_again(spoil: Callable[[FakeS3, str], object]) -> None:
    stage = Stage()
    key = stage.call()["key"]
    before = dict(stage.s3.objects)
    spoil(stage.s3, key)
    assert stage.call()["source"] == "athena"
    assert stage.s3.objects[key] == before[key]
    assert stage.call()["source"] == "cache"
    assert '"level":"WARNING"' in stage.log.getvalue()


def test_recent_events_decide_who_is_active() -> None:
    stage = Stage()
    stage.tables["video_telemetry_json"] = [
        {"customer_id": f"C{row}", "events": 5 + row} for row in range(20)
    ]
    reply = stage.call()
    assert reply["activity"] == "telemetry"
    query = stage.athena.started[-1]
    assert query["QueryExecutionContext"]["Database"] == "telemetry"
    assert query["ExecutionParameters"] == [
        "'2025-08-04T00:00:00.000Z'", "'2025-08-11T00:00:00.000Z'", "2025080323",
    ]  # fmt: skip


@pytest.mark.parametrize("databases", [{}, {"telemetry": {}}])
def test_without_a_telemetry_table_it_is_not_asked(databases: dict[str, Any]) -> None:
    stage = Stage()
    stage.glue.databases = {"reference": stage.glue.databases["reference"], **databases}
    assert stage.call()["activity"] == "tenure and tier"
    assert len(stage.athena.started) == 2


@pytest.mark.parametrize(
    ("timezones", "warned"),
    [
        ([None, "Europe/Berlin", "US/Pacific", "Etc/GMT-3"], None),
        (["Mars/Olympus"], (1, 1)),
        (["Mars/Olympus", "UTC+2", "UTC+2", None, "europe/berlin", "Asia/Tokyo"], (4, 3)),
    ],
)
def test_customers_with_an_unknown_time_zone_are_counted(
    timezones: list[str | None], warned: tuple[int, int] | None
) -> None:
    stage = Stage()
    columns = {"titles": TITLE_COLUMNS, "customers": [*CUSTOMER_COLUMNS, "timezone"]}
    stage.glue.databases = {**stage.glue.databases, "reference": columns}
    for row, customer in enumerate(stage.tables["customers"]):
        customer["timezone"] = timezones[row] if row < len(timezones) else None
    # who does not watch is not counted
    stage.tables["customers"][-1].update(timezone="Mars/Olympus", is_active="false")
    stage.call()
    said = [json.loads(line) for line in stage.log.getvalue().splitlines()]
    found = [
        (line["customers"], line["time_zones"])
        for line in said
        if "time zone is not known" in line.get("message", "")
    ]
    assert found == ([warned] if warned else [])


def test_only_columns_that_exist_are_asked_for() -> None:
    stage = Stage()
    stage.call()
    text = stage.athena.started[0]["QueryString"]
    assert "is_original" in text and "sub_genre" not in text
