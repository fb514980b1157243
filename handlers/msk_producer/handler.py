"""The producer's entry: check the events, send them, account for every one.

Payloads: `handlers.contract.batch` (events), `{"ensure_topic": true}`, `{"describe_topic": true}`.
A batch is always answered, never raised: its account, or `{"error"}` when the whole request is
wrong. Raised is a failed `ensure_topic`, so that a deployment stops there.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable

from handlers.contract.batch import Account
from handlers.contract.records import check
from handlers.msk_producer import request
from handlers.msk_producer.request import Batch, EnsureTopic, Request
from handlers.msk_producer.settings import Settings, load
from handlers.runtime.clock import utc_now
from handlers.runtime.errors import Kind, PipelineError
from handlers.runtime.invocation import Context, Invocation
from handlers.runtime.logs import Log
from handlers.runtime.metrics import COUNT, SECONDS, Metrics

FUNCTION = "msk_producer"
MARGIN_SECONDS = 2.5  # the reply is made 2 s before the platform stops the function
ENSURE_SECONDS = 60.0  # so long IAM may take until a new grant counts everywhere
ENSURE_PAUSE_SECONDS = 2.0


def handle(event: object, context: Context) -> dict[str, object]:
    """Lambda's entry."""
    log = Log({"function": FUNCTION, "request_id": context.aws_request_id})
    invocation = Invocation.of(context, MARGIN_SECONDS)
    ensuring = isinstance(event, dict) and "ensure_topic" in event
    try:
        wanted = _wanted(event, ensuring)
        settings = load(os.environ)
        if isinstance(wanted, Batch):
            return send(wanted, settings, invocation, log).as_reply()
        if isinstance(wanted, EnsureTopic):
            return ensure(settings, invocation, log)
        from handlers.msk_producer import topic

        return topic.in_time(topic.describe, settings, invocation.deadline)
    except PipelineError as error:
        log.error("the call failed", code=error.code, field=error.logged_field)
        if ensuring:
            raise
        return {"error": error.as_reply()}


def _wanted(event: object, ensuring: bool) -> Request:
    # What is raised is logged by the platform, so nothing that stands in the payload may be in it.
    try:
        return request.parse(event)
    except PipelineError as error:
        if not ensuring:
            raise
        raise PipelineError(
            error.code,
            "another one than for ensure_topic",
            field="payload",
            expected='{"ensure_topic": true} alone',
            fix="send that",
        ) from None


def send(batch: Batch, settings: Settings, invocation: Invocation, log: Log) -> Account:
    """The account of a batch; a broker that cannot be used leaves all good events unresolved."""
    from handlers.msk_producer import connection

    started = time.monotonic()
    records, rejections = check(batch.events)
    acked, unresolved, error = 0, tuple[int, ...](), None
    if records:
        outcome = connection.of(settings).send(records, invocation.deadline)
        acked, unresolved, error = outcome.acked, outcome.unresolved, outcome.cause
        rejections = sorted([*rejections, *outcome.rejected], key=lambda one: one.index)
    if error is not None:
        log.error("events are unresolved", code=error.code, reason=str(error)[:500])
    account = Account(
        batch_id=batch.batch_id,
        topic=settings.topic,
        received=len(batch.events),
        acked=acked,
        rejected=tuple(rejections),
        unresolved=unresolved,
        error=None if error is None else error.as_reply(),
    )
    _report(account, settings, time.monotonic() - started, log)
    return account


def _report(account: Account, settings: Settings, seconds: float, log: Log) -> None:
    log.info(
        "sent a batch",
        batch_id=account.batch_id,
        received=account.received,
        acked=account.acked,
        rejected=dict(Counter(one.reason for one in account.rejected)),
        unresolved=len(account.unresolved),
        seconds=round(seconds, 3),
    )
    Metrics(settings.metric_namespace, FUNCTION).put(
        utc_now(),
        {
            "EventsReceived": (account.received, COUNT),
            "EventsAcked": (account.acked, COUNT),
            "EventsRejected": (len(account.rejected), COUNT),
            "EventsUnresolved": (len(account.unresolved), COUNT),
            "BatchSeconds": (round(seconds, 3), SECONDS),
        },
    )


def ensure(
    settings: Settings,
    invocation: Invocation,
    log: Log,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, object]:
    """Make the topic, trying again while the broker denies it or is not there yet.

    Raises the last PipelineError after ENSURE_SECONDS, or when the call's time is over.
    """
    from handlers.msk_producer import topic

    end = min(invocation.deadline, time.monotonic() + ENSURE_SECONDS)
    while True:
        try:
            made = topic.in_time(topic.ensure, settings, end)
            topic.require_partitions(settings, made["partitions"])
            log.info("the topic exists", created=made["created"], partitions=made["partitions"])
            return made
        except PipelineError as error:
            retried = error.kind in (Kind.DENIED, Kind.DEPENDENCY)
            if not retried or time.monotonic() + ENSURE_PAUSE_SECONDS >= end:
                raise
            log.warning("the topic is not there yet", code=error.code)
            pause(ENSURE_PAUSE_SECONDS)
