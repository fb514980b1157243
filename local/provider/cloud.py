"""The AWS API as one provider instance sees it: endpoint, keys, region, default tags, one error.

The endpoint must be on this machine: the stand-in never speaks to a real account.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

SETTINGS = frozenset(
    {
        "accessKey",
        "allowedAccountIds",
        "defaultTags",
        "endpoints",
        "forbiddenAccountIds",
        "maxRetries",
        "region",
        "s3UsePathStyle",
        "secretKey",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "token",
        "version",
    }
)
_GONE_CODES = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "404")
_GONE_TEXTS = ("not found", "does not exist", "could not be found")


class AwsError(Exception):
    """A refused call. The text is one line: `aws <service> <operation>: <code> <message>`."""

    def __init__(self, service: str, operation: str, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"aws {service} {operation}: {code} {' '.join(message.split())[:500]}")

    @property
    def gone(self) -> bool:
        """Whether the answer means that the thing asked for is not there."""
        if any(text in self.code for text in _GONE_CODES):
            return True
        return self.code.startswith("InvalidRequest") and any(
            text in self.message.lower() for text in _GONE_TEXTS
        )


class ProviderSettingsError(ValueError):
    """The provider's configuration is refused; the text says which setting and why."""


class Cloud:
    """boto3 behind one door. Raises AwsError, and only that, for a call that fails."""

    def __init__(self, settings: Mapping[str, Any], endpoint: str) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._endpoints = {
            service: url
            for entry in settings.get("endpoints") or []
            for service, url in entry.items()
            if url
        }
        for url in (endpoint, *self._endpoints.values()):
            require_loopback(url)
        missing = [name for name in ("region", "accessKey", "secretKey") if not settings.get(name)]
        if missing:
            raise ProviderSettingsError(
                f"E_PROVIDER_SETTING: aws:{', aws:'.join(missing)} is missing; the stand-in takes "
                "nothing from this machine's own AWS profile; fix: set it in the stack's file"
            )
        self.region: str = settings["region"]
        self.default_tags: dict[str, str] = (settings.get("defaultTags") or {}).get("tags") or {}
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self.account = self._account()

    def _account(self) -> str:
        account = str(self.call("sts", "get_caller_identity")["Account"])
        allowed = [str(item) for item in self._settings.get("allowedAccountIds") or []]
        forbidden = [str(item) for item in self._settings.get("forbiddenAccountIds") or []]
        if (allowed and account not in allowed) or account in forbidden:
            raise ProviderSettingsError(
                f"E_PROVIDER_ACCOUNT: account={account} is not allowed; expected one of "
                f"{', '.join(allowed) or 'those not forbidden'} (aws:allowedAccountIds); "
                "fix: check which endpoint and keys this stack uses"
            )
        return account

    def client(self, service: str) -> Any:
        """The boto3 client of a service, made once."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = boto3.client(
                    service,  # type: ignore[call-overload]
                    region_name=self.region,
                    endpoint_url=self._endpoints.get(_ENDPOINT_KEYS.get(service, service))
                    or self._endpoint,
                    aws_access_key_id=self._settings["accessKey"],
                    aws_secret_access_key=self._settings["secretKey"],
                    aws_session_token=self._settings.get("token"),
                    config=Config(
                        s3={"addressing_style": "path"},
                        max_pool_connections=64,
                        read_timeout=900 if service == "lambda" else 60,
                        retries={"mode": "standard", "total_max_attempts": 6},
                    ),
                )
            return self._clients[service]

    def call(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """One call by its boto3 name; throttles and lost connections are tried again."""
        client = self.client(service)
        return _answered(service, operation, lambda: getattr(client, operation)(**request))

    def pages(self, service: str, operation: str, member: str, **request: Any) -> Iterator[Any]:
        """The items `member` of every page of a list."""
        pages = iter(self.client(service).get_paginator(operation).paginate(**request))
        while True:
            page = _answered(service, operation, lambda: next(pages, {"_end": True}))
            if "_end" in page:
                return
            yield from page.get(member) or []

    def shape(self, service: str, operation: str) -> Any:
        """The input shape of an operation (botocore's)."""
        client = self.client(service)
        return client.meta.service_model.operation_model(
            client.meta.method_to_api_mapping[operation]
        ).input_shape

    def arn(self, service: str, resource: str, region: bool = True, account: bool = True) -> str:
        """An ARN in this account and region; S3 and IAM leave parts of it empty."""
        where = self.region if region else ""
        return f"arn:aws:{service}:{where}:{self.account if account else ''}:{resource}"


_ENDPOINT_KEYS = {"logs": "cloudwatchlogs"}  # boto3's name of a service → the provider's


def _answered(service: str, operation: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except ClientError as refused:
        error = refused.response.get("Error", {})
        raise AwsError(
            service, operation, str(error.get("Code")), str(error.get("Message"))
        ) from refused
    except BotoCoreError as failed:
        raise AwsError(service, operation, type(failed).__name__, str(failed)) from failed


def settings(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The provider's settings; nested ones arrive as JSON text.

    Raises ProviderSettingsError that names every setting the stand-in does not honour.
    """
    refused = sorted(set(arguments) - SETTINGS)
    if refused:
        raise ProviderSettingsError(
            f"E_PROVIDER_SETTING: aws:{', aws:'.join(refused)} is not honoured by the laptop's "
            f"provider; expected some of {', '.join(sorted(SETTINGS))}; fix: remove it"
        )
    return {name: _opened(value) for name, value in arguments.items()}


def _opened(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "[", '"'):
        return json.loads(value)
    return value


def require_loopback(url: str) -> None:
    """Raises ProviderSettingsError unless the URL's host is this machine."""
    if urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost"):
        raise ProviderSettingsError(
            f"E_PROVIDER_ENDPOINT: endpoint={url[:80]} is not on this machine; expected "
            "http://127.0.0.1:<port>; fix: start the provider with `make up`"
        )


def wait(ready: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Ask every quarter of a second until `ready`; raises TimeoutError that names `what`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} was not ready within {seconds:.0f} s")
        time.sleep(0.25)
