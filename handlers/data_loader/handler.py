"""The data loader's entry: answers from the cache while it is fresh, else reads Athena.

Payload: `{}` or `{"force_refresh": true}`. The reply names the document; it does not carry it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handlers.contract.limits import REQUEST_MAX_BYTES
from handlers.contract.reference_document import Pointer
from handlers.data_loader.athena import Athena
from handlers.data_loader.cache import Cache
from handlers.data_loader.loader import Loader
from handlers.data_loader.settings import Settings
from handlers.runtime import payload, settings
from handlers.runtime.aws import client
from handlers.runtime.clock import Clock, utc_now
from handlers.runtime.invocation import Context, Invocation
from handlers.runtime.logs import Log
from handlers.runtime.metrics import COUNT, SECONDS, Metrics
from handlers.runtime.objects import Bucket
from handlers.runtime.reply import Reply, answer

FUNCTION = "data_loader"
FIELDS = (payload.Field("force_refresh", payload.boolean, '"force_refresh": true'),)


def handle(event: object, context: Context) -> Reply:
    """Lambda's entry. Replies 200 or 4xx with `{"error"}`; raises what a retry may cure."""
    log = Log({"function": FUNCTION, "request_id": context.aws_request_id})
    return answer(log, lambda: _load(event, context, log))


def _load(event: object, context: Context, log: Log) -> dict[str, Any]:
    wanted = payload.parse(event, FIELDS, REQUEST_MAX_BYTES)
    configured = settings.load(Settings)
    s3 = client("s3")
    athena = Athena(client("athena"), s3, configured.workgroup)
    loader = Loader(
        client("glue"),
        athena,
        configured.reference_database,
        configured.telemetry_database,
        log,
    )
    function = DataLoader(
        Cache(Bucket(s3, configured.data_bucket), log),
        loader,
        Metrics(configured.metric_namespace, FUNCTION),
        configured.cache_ttl_minutes,
    )
    return function.answer(Invocation.of(context), bool(wanted.get("force_refresh", False)))


@dataclass(frozen=True)
class DataLoader:
    """The function without its entry: a cache, what fills it, and for how long."""

    cache: Cache
    loader: Loader
    metrics: Metrics
    ttl_minutes: int
    clock: Clock = utc_now

    def answer(self, invocation: Invocation, force_refresh: bool) -> dict[str, Any]:
        """The reply's body: version, key, source (`cache`, `athena`), age, counts, activity."""
        started_at = self.clock()
        if not force_refresh:
            cached = self.cache.usable(started_at)
            if cached is not None:
                return _body(cached, "cache", cached.age_seconds(started_at))
        document, decided_by = self.loader.load(started_at, invocation.remaining_seconds)
        ended_at = self.clock()
        pointer = self.cache.publish(document, decided_by, ended_at, self.ttl_minutes)
        self.metrics.put(
            ended_at,
            {
                "ReferenceLoads": (1, COUNT),
                "ReferenceLoadSeconds": ((ended_at - started_at).total_seconds(), SECONDS),
            },
        )
        self.cache.log.info(
            "loaded the reference data", version=pointer.version, counts=pointer.counts
        )
        return _body(pointer, "athena", pointer.age_seconds(ended_at))


def _body(pointer: Pointer, source: str, age_seconds: float) -> dict[str, Any]:
    return {
        "version": pointer.version,
        "key": pointer.key,
        "source": source,
        "age_seconds": round(age_seconds, 3),
        "expires_at": pointer.expires_at,
        "counts": pointer.counts,
        "activity": pointer.activity,
    }
