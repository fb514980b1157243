"""When crawlers run by themselves: a clock, and the API's actions on schedules."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

from local.aws import crawler, seams
from local.aws.schedule import ScheduleError

SEAMS = {
    "ministack.core.responses:set_request_account_id": "(access_key_id)",
    "ministack.core.responses:set_request_region": "(region)",
}
TICK_SECONDS = 1.0
log = logging.getLogger(__name__)
_due: dict[tuple[str, str, str], tuple[str, datetime | None]] = {}


def install() -> None:
    """Start the clock."""
    threading.Thread(target=_clock, name="crawler-clock", daemon=True).start()


def handle(action: str, document: dict[str, Any]) -> seams.Answer | None:
    """The answer to an action on a crawler's schedule; None for any other action."""
    handler = {
        "StartCrawlerSchedule": start,
        "StopCrawlerSchedule": stop,
        "UpdateCrawlerSchedule": update,
    }.get(action)
    if handler is None:
        return None
    name = document.get("CrawlerName", "")
    found = crawler.crawlers().get(name)
    return crawler.missing(name) if found is None else handler(found, document)


def start(found: dict[str, Any], document: dict[str, Any]) -> seams.Answer:
    """StartCrawlerSchedule."""
    schedule = found["Schedule"]
    if not schedule.get("ScheduleExpression"):
        return seams.refuse("NoScheduleException", f"Crawler {found['Name']} has no schedule.")
    if schedule.get("State", "SCHEDULED") == "SCHEDULED":
        return seams.refuse("SchedulerRunningException", "The schedule is running already.")
    schedule["State"] = "SCHEDULED"
    return seams.answer({})


def stop(found: dict[str, Any], document: dict[str, Any]) -> seams.Answer:
    """StopCrawlerSchedule."""
    schedule = found["Schedule"]
    if not schedule.get("ScheduleExpression") or schedule.get("State") == "NOT_SCHEDULED":
        return seams.refuse("SchedulerNotRunningException", "The schedule is not running.")
    schedule["State"] = "NOT_SCHEDULED"
    return seams.answer({})


def update(found: dict[str, Any], document: dict[str, Any]) -> seams.Answer:
    """UpdateCrawlerSchedule; an empty expression takes the schedule away."""
    expression = document.get("Schedule", "")
    if not expression:
        found["Schedule"] = {}
        return seams.answer({})
    try:
        crawler.parse_cron(expression)
    except ScheduleError as error:
        return seams.refuse("InvalidInputException", str(error))
    found["Schedule"] = {"ScheduleExpression": expression, "State": "SCHEDULED"}
    return seams.answer({})


def _clock() -> None:
    while True:
        time.sleep(TICK_SECONDS)
        try:
            tick(datetime.now(UTC))
        except Exception:
            log.exception("the crawlers' clock")


def tick(now: datetime) -> None:
    """Start each crawler whose schedule is due; one that still runs is left out, as on AWS."""
    from ministack.core.responses import set_request_account_id, set_request_region
    from ministack.services import glue

    for place, found in list(glue._crawlers._data.items()):
        schedule = found.get("Schedule") or {}
        expression = schedule.get("ScheduleExpression", "")
        if not expression or schedule.get("State") == "NOT_SCHEDULED":
            _due.pop(place, None)
            continue
        known, due = _due.get(place, ("", None))
        if known != expression:  # new, changed, or the emulator has just started
            _due[place] = (expression, _next(expression, now))
        elif due is not None and due <= now:
            _due[place] = (expression, _next(expression, now))
            account, region, name = place

            def run(account: str = account, region: str = region, name: str = name) -> None:
                set_request_account_id(account)
                set_request_region(region)
                crawler.start({"Name": name})

            contextvars.copy_context().run(run)


def _next(expression: str, now: datetime) -> datetime | None:
    found: datetime | None = crawler.parse_cron(expression).next_after(now)
    return found
