"""Clients of a stack's region, and their failures in words. Credentials are the environment's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from analysis.errors import AnalysisError

DENIED = (
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
)


class EndpointProblem(BotoCoreError):
    """The environment's endpoint is no URL."""

    fmt = "{reason}"


def client(
    outputs: Mapping[str, Any], service: str, read_seconds: int = 60, attempts: int = 3
) -> Any:
    """A client in a session of its own: boto3's shared one keeps an earlier environment.

    `attempts=1` makes one call one request: needed where a repeated call has an effect. Raises what
    `explained` raises, for an environment of which no client can be made.
    """
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(read_timeout=read_seconds, retries=retries)
    with explained(f"there is no client of {service}"):
        session: Any = boto3.session.Session(region_name=outputs["region"])
        try:
            return session.client(service, config=config)
        except ValueError as error:  # botocore's own for an AWS_ENDPOINT_URL that is no URL
            raise EndpointProblem(reason=error) from error


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """The keys of all objects under `prefix`, in their order. Raises botocore's errors."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (item["Key"] for item in page.get("Contents", []))


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn a client's failure into an AnalysisError: E_DENIED (5) or E_AWS (4)."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        reason = " ".join(str(error).split())[:200]
        if code in DENIED or code == "403":
            raise AnalysisError(
                "E_DENIED",
                f"{what}: {reason}",
                "use credentials with the rights that docs/{verification,quarantine}.md list",
                exit_code=5,
            ) from error
        raise AnalysisError(
            "E_AWS",
            f"{what}: {reason}",
            "check credentials, region and AWS_ENDPOINT_URL (on the laptop: `make env`), run again",
            exit_code=4,
        ) from error
