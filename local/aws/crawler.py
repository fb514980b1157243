"""Crawlers: their states and what the API says of them.

The work is in `local.aws.crawl`, the schedules are in `local.aws.crawler_schedule`.

A crawler is READY, RUNNING or STOPPING. A crawl that the emulator's end cut off counts as failed.
"""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

from local.aws import crawl, credentials, seams
from local.aws.schedule import ScheduleError, parse

SEAMS = {
    "ministack.services.glue:_crawlers": "AccountRegionScopedDict",
    "ministack.services.glue:_ALL_STATE": "dict",
    "ministack.core.responses:AccountRegionScopedDict": "class",
}
HISTORY = 100
log = logging.getLogger(__name__)
_running: dict[str, threading.Event] = {}
_lock = threading.Lock()


def install() -> None:
    """Keep the crawls with the rest of Glue's state."""
    from ministack.core.responses import AccountRegionScopedDict
    from ministack.services import glue

    glue._ALL_STATE["crawls"] = AccountRegionScopedDict()


def handle(action: str, document: dict[str, Any]) -> seams.Answer | None:
    """The answer to an action on crawlers that is not the emulator's own; None for any other."""
    if action in ("CreateCrawler", "UpdateCrawler"):
        return _refuse_definition(document, creates=action == "CreateCrawler")
    handler = {
        "StartCrawler": start,
        "StopCrawler": stop,
        "ListCrawls": list_crawls,
        "GetCrawlerMetrics": metrics,
        "ListCrawlers": list_crawlers,
        "DeleteCrawler": _refuse_running,
    }.get(action)
    return handler(document) if handler is not None else None


def completed(action: str, answer: seams.Answer) -> seams.Answer:
    """The emulator's answer about crawlers with states that are true, and their schedules'."""
    if action not in ("GetCrawler", "GetCrawlers"):
        return answer
    status, headers, body = answer
    document = json.loads(body)
    for one in document.get("Crawlers", [document["Crawler"]] if "Crawler" in document else []):
        crawler = crawlers().get(one["Name"])
        if crawler is not None:
            _settle(crawler)
            one.update(State=crawler["State"], LastCrawl=crawler["LastCrawl"])
        if one.get("Schedule", {}).get("ScheduleExpression"):
            one["Schedule"].setdefault("State", "SCHEDULED")
        for name in [name for name, value in one.items() if value is None or value == ""]:
            del one[name]
    return status, headers, json.dumps(document).encode()


def crawlers() -> Any:
    """The emulator's crawlers of the account and region that are asked for, by name."""
    from ministack.services import glue

    return glue._crawlers


def missing(name: str) -> seams.Answer:
    """The refusal for a crawler that does not exist."""
    return seams.refuse("EntityNotFoundException", f"Crawler {name} not found.")


def _arn(name: str) -> str:
    from ministack.core.responses import get_account_id, get_region

    return f"arn:aws:glue:{get_region()}:{get_account_id()}:crawler/{name}"


def _settle(crawler: dict[str, Any]) -> None:
    """A state that a former process left behind becomes a failed crawl."""
    if crawler["State"] == "READY" or _arn(crawler["Name"]) in _running:
        return
    crawler["State"] = "READY"
    started = (crawler.get("LastCrawl") or {}).get("StartTime", time.time())
    _note(crawler, started, "FAILED", "The emulator ended during the crawl.")


def _refuse_definition(document: dict[str, Any], creates: bool) -> seams.Answer | None:
    targets = document.get("Targets") or {}
    policy = document.get("SchemaChangePolicy") or {}
    problem = None
    if creates and not any(targets.values()):
        problem = "The crawler must have at least one target."
    elif targets.get("CatalogTargets"):
        if any(found for kind, found in targets.items() if kind != "CatalogTargets"):
            problem = "Catalog targets cannot be mixed with other target types."
        elif policy.get("DeleteBehavior", "LOG") != "LOG":
            problem = "The DeleteBehavior of a crawler with catalog targets must be LOG."
    try:
        if document.get("Schedule"):
            parse_cron(document["Schedule"])
        role = document.get("Role", "")
        if role.startswith("arn:"):
            credentials.require_trust(role, crawl.SERVICE, _arn(document["Name"]))
    except ScheduleError as error:
        problem = str(error)
    except credentials.TrustError:
        problem = "Service is unable to assume provided role. Please verify role's TrustPolicy"
    return seams.refuse("InvalidInputException", problem) if problem else None


def parse_cron(expression: str) -> Any:
    """The schedule of a crawler; raises ScheduleError for anything but cron."""
    if not expression.startswith("cron("):
        raise ScheduleError(f"Invalid schedule expression: {expression[:80]}")
    return parse(expression, datetime.now(UTC))


def _refuse_running(document: dict[str, Any]) -> seams.Answer | None:
    crawler = crawlers().get(document.get("Name"))
    if crawler is None:
        return None
    _settle(crawler)
    if crawler["State"] == "READY":
        return None
    return seams.refuse("CrawlerRunningException", f"Crawler {crawler['Name']} is running.")


def start(document: dict[str, Any]) -> seams.Answer:
    """StartCrawler: the crawl runs beside the request."""
    name = document.get("Name", "")
    crawler = crawlers().get(name)
    if crawler is None:
        return missing(name)
    with _lock:
        _settle(crawler)
        if crawler["State"] != "READY":
            return seams.refuse(
                "CrawlerRunningException", f"Crawler with name {name} has already started"
            )
        stopped = _running[_arn(name)] = threading.Event()
        crawler["State"] = "RUNNING"
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(_run, crawler, stopped), name=f"crawl-{name}", daemon=True
    ).start()
    return seams.answer({})


def _run(crawler: dict[str, Any], stopped: threading.Event) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    started, status, error = time.time(), "SUCCEEDED", ""
    added = 0
    try:
        outcome = crawl.crawl(crawler, _arn(crawler["Name"]), stopped)
        added = outcome.added
        for place in outcome.unknown[:3]:
            log.warning("crawler %s: %s is no partition", crawler["Name"], place)
    except crawl.CancelledError:
        status = "CANCELLED"
    except (crawl.CrawlError, BotoCoreError, ClientError) as problem:
        status, error = "FAILED", str(problem)
        log.warning("crawler %s failed: %s", crawler["Name"], error[:200])
    finally:
        crawler["CrawlElapsedTime"] = int((time.time() - started) * 1000)
        _note(crawler, started, status, error, added)
        crawler["State"] = "READY"
        _running.pop(_arn(crawler["Name"]), None)


def _note(crawler: dict[str, Any], started: float, status: str, error: str, added: int = 0) -> None:
    from ministack.services import glue

    name, ended = crawler["Name"], time.time()
    last = {
        "Status": status,
        "LogGroup": "/aws-glue/crawlers",
        "LogStream": name,
        "MessagePrefix": str(int(started * 1000)),
        "StartTime": started,
    }
    crawler["LastCrawl"] = {**last, "ErrorMessage": error} if error else last
    history = glue._ALL_STATE["crawls"].setdefault(name, [])
    history.append(
        {
            "CrawlId": f"{name}-{int(started * 1000)}",
            "State": {"SUCCEEDED": "COMPLETED", "CANCELLED": "STOPPED"}.get(status, status),
            "StartTime": started,
            "EndTime": ended,
            "Summary": json.dumps({"PARTITION": {"ADD": added}}),
            "LogGroup": last["LogGroup"],
            "LogStream": name,
            "MessagePrefix": last["MessagePrefix"],
            **({"ErrorMessage": error} if error else {}),
        }
    )
    del history[:-HISTORY]


def stop(document: dict[str, Any]) -> seams.Answer:
    """StopCrawler: the crawl ends at its next step."""
    name = document.get("Name", "")
    crawler = crawlers().get(name)
    if crawler is None:
        return missing(name)
    _settle(crawler)
    if crawler["State"] == "READY":
        return seams.refuse("CrawlerNotRunningException", f"Crawler {name} is not running.")
    if crawler["State"] == "STOPPING":
        return seams.refuse("CrawlerStoppingException", f"Crawler {name} is stopping.")
    crawler["State"] = "STOPPING"
    _running[_arn(name)].set()
    return seams.answer({})


def list_crawls(document: dict[str, Any]) -> seams.Answer:
    """ListCrawls, newest first, in pages."""
    from ministack.services import glue

    name = document.get("CrawlerName", "")
    if crawlers().get(name) is None:
        return missing(name)
    found = list(reversed(glue._ALL_STATE["crawls"].get(name, [])))
    first, size = int(document.get("NextToken") or 0), document.get("MaxResults") or 20
    reply: dict[str, Any] = {"Crawls": found[first : first + size]}
    if first + size < len(found):
        reply["NextToken"] = str(first + size)
    return seams.answer(reply)


def list_crawlers(document: dict[str, Any]) -> seams.Answer:
    """ListCrawlers: all names, in one page."""
    return seams.answer({"CrawlerNames": sorted(crawlers().keys())})


def metrics(document: dict[str, Any]) -> seams.Answer:
    """GetCrawlerMetrics: run times of past crawls, in seconds."""
    from ministack.services import glue

    found = []
    for name in document.get("CrawlerNameList") or sorted(crawlers().keys()):
        if crawlers().get(name) is None:
            continue
        history = glue._ALL_STATE["crawls"].get(name, [])
        seconds = [one["EndTime"] - one["StartTime"] for one in history]
        found.append(
            {
                "CrawlerName": name,
                "TimeLeftSeconds": 0.0,
                "StillEstimating": False,
                "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
                "MedianRuntimeSeconds": sorted(seconds)[len(seconds) // 2] if seconds else 0.0,
                "TablesCreated": 0,
                "TablesUpdated": 0,
                "TablesDeleted": 0,
            }
        )
    return seams.answer({"CrawlerMetricsList": found})
