"""The data loader's settings."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.contract.reference_document import TTL_MAX_MINUTES
from handlers.runtime import settings


@dataclass(frozen=True)
class Settings:
    """What the stack tells the data loader; `cache_ttl_minutes` is how long a cache may be used."""

    data_bucket: str = settings.bucket_name("DATA_BUCKET")
    workgroup: str = settings.text(
        "WORKGROUP", r"[A-Za-z0-9._-]{1,128}", "an Athena workgroup's name", "acme-telemetry"
    )
    reference_database: str = settings.text(
        "REFERENCE_DATABASE", r"[a-z0-9_]{1,255}", "a Glue database's name", "acme_streaming_data"
    )
    telemetry_database: str = settings.text(
        "TELEMETRY_DATABASE", r"[a-z0-9_]{1,255}", "a Glue database's name", "acme_telemetry"
    )
    cache_ttl_minutes: int = settings.whole_number(
        "CACHE_TTL_MINUTES", 1, TTL_MAX_MINUTES, "minutes", "60"
    )
    metric_namespace: str = settings.metric_namespace()
