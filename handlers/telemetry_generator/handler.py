"""The generator's entry. What it makes and sends: `generator`; what it may be asked: `request`."""

from __future__ import annotations

import functools

from handlers.runtime import settings
from handlers.runtime.aws import client
from handlers.runtime.invocation import Context, Invocation
from handlers.runtime.logs import Log
from handlers.runtime.metrics import Metrics
from handlers.runtime.objects import Bucket
from handlers.runtime.reply import Reply, answer
from handlers.telemetry_generator.calls import Function
from handlers.telemetry_generator.generator import Generator
from handlers.telemetry_generator.ledger import Ledger
from handlers.telemetry_generator.sender import Sender
from handlers.telemetry_generator.settings import Settings
from handlers.telemetry_generator.source import Source

FUNCTION = "telemetry_generator"
# The caller waits longer than the function called may run: what it did is then known.
PATIENCE_SECONDS = 5
# For the closing record and the reply.
MARGIN_SECONDS = 5.0


def handle(event: object, context: Context) -> Reply:
    """Lambda's entry. Replies 200 or 4xx with `{"error"}`; raises what a retry may cure."""
    log = Log({"function": FUNCTION, "request_id": context.aws_request_id})
    invocation = Invocation.of(context, MARGIN_SECONDS)
    return answer(log, lambda: _generator(settings.load(Settings), log).answer(event, invocation))


def _generator(configured: Settings, log: Log) -> Generator:
    bucket = Bucket(client("s3"), configured.data_bucket)
    producer = _function(configured.producer_function, configured.producer_timeout_seconds)
    return Generator(
        source=_source(configured),
        ledger=Ledger(bucket),
        sender=Sender(producer, configured.producer_timeout_seconds + PATIENCE_SECONDS, log),
        metrics=Metrics(configured.metric_namespace, FUNCTION),
        log=log,
        seed=configured.seed,
        profile=configured.profile,
    )


@functools.cache
def _source(configured: Settings) -> Source:
    """One source a container: it keeps the documents it has read."""
    loader = _function(configured.data_loader_function, configured.data_loader_timeout_seconds)
    bucket = Bucket(client("s3"), configured.data_bucket)
    return Source(bucket, loader, Log({"function": FUNCTION}))


def _function(name: str, timeout_seconds: int) -> Function:
    """The function of this name, called once and waited for longer than it may run."""
    return Function(
        client("lambda", timeout_seconds + PATIENCE_SECONDS, total_max_attempts=1), name
    )
