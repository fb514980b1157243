"""EventBridge Scheduler that fires as AWS's does, in place of the emulator's own clock.

Context attributes in the input are filled in, the schedule's role is assumed and its policies are
asked, a failed call is repeated and then goes to the dead-letter queue. A schedule that was due
while the emulator did not run is not made up for. Targets: Lambda functions and SQS queues.
"""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local.aws import credentials, hooks, invocation, seams
from local.aws.schedule import Schedule, ScheduleError, parse

SEAMS = {
    "ministack.services.scheduler:_schedules": "AccountRegionScopedDict",
    "ministack.services.scheduler:start_scheduler": "()",
    "ministack.core.responses:set_request_account_id": "(access_key_id)",
    "ministack.core.responses:set_request_region": "(region)",
    **invocation.SEAMS,
}
SERVICE = "scheduler.amazonaws.com"
TICK_SECONDS = 0.5
log = logging.getLogger(__name__)
Place = tuple[str, str, str]  # account, region, group/name
_due: dict[Place, tuple[str, datetime | None]] = {}
_last: dict[Place, str] = {}
_clock_thread: threading.Thread | None = None


def install() -> None:
    """Take the clock's place, and refuse schedules that could never fire."""
    from ministack.services import scheduler

    scheduler.start_scheduler = start_clock
    seams.wrap("scheduler", _handle)
    hooks.serve("GET", "/_laptop/schedules", _tell)


async def _handle(request: seams.Request, stock: seams.Stock) -> seams.Answer:
    if request.method in ("POST", "PUT") and request.path.startswith("/schedules/"):
        document = request.document
        problem = _problem(document)
        if problem:
            return seams.refuse("ValidationException", problem)
    return await stock(request)


def _problem(document: dict[str, Any]) -> str | None:
    expression = document.get("ScheduleExpression")
    role = (document.get("Target") or {}).get("RoleArn")
    try:
        if expression:
            _schedule({**document, "LastModificationDate": time.time()})
        if role:
            credentials.require_trust(role, SERVICE, group_arn(document.get("GroupName")))
    except ScheduleError:
        return f"Invalid Schedule Expression {str(expression)[:80]}."
    except credentials.TrustError:
        return (
            "The execution role you provide must allow AWS EventBridge Scheduler to assume "
            "the role."
        )
    return None


def group_arn(name: str | None) -> str:
    """The ARN of a schedule group, which stands as aws:SourceArn when a role is assumed."""
    from ministack.core.responses import get_account_id, get_region

    group = name or "default"
    return f"arn:aws:scheduler:{get_region()}:{get_account_id()}:schedule-group/{group}"


def _schedule(definition: dict[str, Any]) -> Schedule:
    try:
        zone = ZoneInfo(definition.get("ScheduleExpressionTimezone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ScheduleError("unknown time zone") from error
    begins = definition.get("StartDate") or definition["LastModificationDate"]
    start = datetime.fromtimestamp(int(begins), UTC)
    return parse(definition["ScheduleExpression"], start, zone)


def start_clock() -> None:
    """Start the clock, once."""
    global _clock_thread
    if _clock_thread is None:
        _clock_thread = threading.Thread(target=_clock, name="scheduler-clock", daemon=True)
        _clock_thread.start()


def _clock() -> None:
    while True:
        time.sleep(TICK_SECONDS)
        try:
            tick(datetime.now(UTC))
        except Exception:
            log.exception("the scheduler's clock")


def tick(now: datetime) -> None:
    """Fire each enabled schedule that is due."""
    from ministack.services import scheduler

    places = scheduler._schedules._data
    for place in [place for place in _due if place not in places]:
        del _due[place]
        _last.pop(place, None)
        invocation.errors.pop(place[2], None)
    for place, definition in list(places.items()):
        if definition["State"] != "ENABLED":
            _due.pop(place, None)
            continue
        version = f"{definition['ScheduleExpression']} {definition['LastModificationDate']}"
        known, due = _due.get(place, ("", None))
        if known != version:  # new, changed, or the emulator has just started
            _due[place] = (version, _next(definition, now))
        elif due is not None and due <= now:
            _due[place] = (version, _next(definition, now))
            _fire(place, definition, due)
            if _due[place][1] is None and definition.get("ActionAfterCompletion") == "DELETE":
                places.pop(place, None)


def _next(definition: dict[str, Any], now: datetime) -> datetime | None:
    """When the schedule is due next, between its start and its end."""
    begins, ends = definition.get("StartDate"), definition.get("EndDate")
    after = max(now, datetime.fromtimestamp(begins, UTC)) if begins else now
    due = _schedule(definition).next_after(after)
    if due is not None and ends and due.timestamp() > ends:
        return None
    return due


def _fire(place: Place, definition: dict[str, Any], due: datetime) -> None:
    from ministack.core.responses import set_request_account_id, set_request_region

    account, region, _ = place
    call = invocation.Call(
        execution_id=str(uuid.uuid4()),
        schedule_arn=definition["Arn"],
        source_arn=f"arn:aws:scheduler:{region}:{account}:schedule-group/{definition['GroupName']}",
        scheduled_at=due.strftime("%Y-%m-%dT%H:%M:%SZ"),
        group=definition["GroupName"],
        target=json.loads(json.dumps(definition["Target"])),
        region=region,
    )
    _last[place] = call.scheduled_at

    def run() -> None:
        set_request_account_id(account)
        set_request_region(region)
        invocation.invoke(call)

    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(run,), name=f"schedule-{place[2]}", daemon=True
    ).start()


async def _tell(_: dict[str, Any]) -> dict[str, Any]:
    """The hook `/_laptop/schedules`: when each enabled schedule is due next and was last."""
    return {
        place[2]: {
            "next_at": due.strftime("%Y-%m-%dT%H:%M:%SZ") if due else None,
            "last_at": _last.get(place),
            "last_error": invocation.errors.get(place[2]),
        }
        for place, (_, due) in _due.items()
    }
