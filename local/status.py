"""`make status`: what runs, how far the events have come, and as of when queries see them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError

from botocore.exceptions import BotoCoreError, ClientError

from analysis import ledger
from local import operations, stack
from local.delivery.part import status as delivery_status
from local.engine import Engine
from local.errors import LaptopError
from local.settings import Laptop
from local.supervisor import Status, Supervisor

TICKS = 3
WAITING = "ApproximateNumberOfMessages"
LOOK_BACK = timedelta(hours=24)


def report(laptop: Laptop) -> int:
    """Print the state of the stack. 0 when every part runs, 4 when one does not."""
    supervisor = Supervisor(laptop)
    found = [supervisor.status(part) for part in stack.parts(laptop)]
    for line in [*_parts(laptop, found), *_pipeline(laptop, found)]:
        print(line, flush=True)
    return 0 if all(status.state == "running" for status in found) else 4


def _parts(laptop: Laptop, found: list[Status]) -> Iterator[str]:
    ports = {
        part.name: ", ".join(str(getattr(laptop.ports, name)) for name in part.ports)
        for part in stack.parts(laptop)
    }
    yield f"{'part':<10}{'state':<11}{'pid':>8}{'memory':>10}  {'since':<21}port"
    for one in found:
        since = _moment(one.started_at) if one.started_at else ""
        memory = f"{one.memory_bytes / 1024**2:.0f} MiB" if one.pid else ""
        yield (
            f"{one.name:<10}{one.state:<11}{one.pid or '':>8}{memory:>10}  {since:<21}"
            f"{ports[one.name]}"
        )
    total = sum(one.memory_bytes for one in found)
    yield f"{'together':<10}{'':<11}{'':>8}{total / 1024**2:>6.0f} MiB"


def _pipeline(laptop: Laptop, found: list[Status]) -> Iterator[str]:
    yield ""
    if next(one for one in found if one.name == "emulator").state != "running":
        yield "the emulator does not run; `make up` starts it"
        return
    try:
        outputs = operations.deployed(Engine(laptop).outputs())
    except LaptopError as error:
        yield str(error)
        return
    try:
        yield from _schedule(laptop, outputs)
        yield from _runs(laptop, outputs)
        yield from _delivery(laptop, outputs)
        yield from _crawl(laptop, outputs)
        yield from _dead_letters(laptop)
    except (ClientError, BotoCoreError, URLError) as error:
        yield f"E_STATUS: {error}; fix: `make up`"


def _schedule(laptop: Laptop, outputs: dict[str, Any]) -> Iterator[str]:
    scheduler = operations.client(laptop, "scheduler")
    function = outputs["function_arns"]["generator"]
    for listed in scheduler.list_schedules()["Schedules"]:
        if listed.get("Target", {}).get("Arn") == function:
            found = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
            yield f"schedule   {found['State'].lower()}, {found['ScheduleExpression']}"
            error = _last_error(laptop, f"{listed['GroupName']}/{listed['Name']}")
            if error:
                yield f"           last error: {error}"


def _last_error(laptop: Laptop, schedule: str) -> str | None:
    """Why the schedule's last call failed; None where it did not, or was none yet."""
    with urllib.request.urlopen(f"{laptop.endpoint}/_laptop/schedules", timeout=5) as reply:
        found: dict[str, dict[str, str | None]] = json.load(reply)
    return found.get(schedule, {}).get("last_error")


def _runs(laptop: Laptop, outputs: dict[str, Any]) -> Iterator[str]:
    now = datetime.now(UTC)
    s3 = operations.client(laptop, "s3")
    known = ledger.runs(s3, outputs["data_bucket"], now - LOOK_BACK, now + timedelta(minutes=5))
    yield f"runs       {len(known)} in the last 24 h{'; the newest:' if known else ''}"
    for run in sorted(known, key=lambda run: run.started_at)[-TICKS:]:
        last = run.last
        kind = "tick" if last.scheduled_at else "by hand"
        state = "still open" if run.is_open else "closed"
        yield (
            f"           {run.started_at:%Y-%m-%d %H:%M:%S}Z {kind:<8} run {run.run_id}: "
            f"{last.generated:,} generated, {last.acked:,} acked, {last.rejected:,} rejected, "
            f"{last.unresolved:,} unresolved, {state}"
        )


def _delivery(laptop: Laptop, outputs: dict[str, Any]) -> Iterator[str]:
    said = delivery_status(laptop)
    stream = said["streams"].get(outputs["delivery_stream"]) if said else None
    if stream is None:
        why = f": {said['error']}" if said and said["error"] else ""
        yield f"delivery   the worker does not see the stream yet{why}"
        return
    lag = "unknown" if stream["lag"] is None else f"{stream['lag']:,} records"
    when = f", last object {_moment(stream['delivered_at'])}" if stream["delivered_at"] else ""
    yield (
        f"delivery   {stream['records']:,} records in {stream['objects']:,} objects since its "
        f"start; lag {lag}{when}"
    )
    if stream["expired"]:
        yield (
            f"           {stream['expired']:,} records left the topic unread, see docs/delivery.md"
        )
    if stream["error"]:
        yield f"           last error: {stream['error']}"


def _crawl(laptop: Laptop, outputs: dict[str, Any]) -> Iterator[str]:
    if not outputs["crawler"]:
        yield "queries    see every hour as soon as it is delivered: its partition is projected"
        return
    crawler = operations.client(laptop, "glue").get_crawler(Name=outputs["crawler"])["Crawler"]
    last = crawler.get("LastCrawl")
    if not last:
        yield "queries    see nothing yet: no crawl; `make crawl` runs one now"
        return
    yield (
        f"queries    see the hours as of the last crawl, {last['StartTime']:%Y-%m-%d %H:%M:%S}Z "
        f"({last['Status']}); a new hour appears with the next one, or now with `make crawl`"
    )


def _dead_letters(laptop: Laptop) -> Iterator[str]:
    """The queues that hold calls nobody could answer; none where all is well."""
    sqs = operations.client(laptop, "sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[WAITING])["Attributes"]
        if int(attributes[WAITING]):
            yield f"failed     {attributes[WAITING]} calls wait in {url.rpartition('/')[2]}"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}Z"
