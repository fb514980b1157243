"""The generator's settings."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.contract.limits import PROFILES, SEED_MAX
from handlers.runtime import settings


@dataclass(frozen=True)
class Settings:
    """What the stack tells the generator. Timeouts are those of the functions it calls, s."""

    producer_function: str = settings.function_name(
        "MSK_PRODUCER_FUNCTION_NAME", "AcmeTelemetry-Producer"
    )
    data_loader_function: str = settings.function_name(
        "DATA_LOADER_FUNCTION_NAME", "AcmeTelemetry-DataLoader"
    )
    data_bucket: str = settings.bucket_name("DATA_BUCKET")
    seed: int = settings.whole_number("GENERATOR_SEED", 0, SEED_MAX, "", "20250811")
    profile: str = settings.one_of("GENERATOR_PROFILE", PROFILES, "steady")
    producer_timeout_seconds: int = settings.whole_number(
        "PRODUCER_TIMEOUT_SECONDS", 1, 900, "seconds", "60"
    )
    data_loader_timeout_seconds: int = settings.whole_number(
        "DATA_LOADER_TIMEOUT_SECONDS", 1, 900, "seconds", "180"
    )
    metric_namespace: str = settings.metric_namespace()
