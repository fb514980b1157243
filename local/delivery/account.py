"""The worker's access to the emulator: as root to list streams, as a service role for the rest."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.credentials import CredentialProvider, Credentials

from local.delivery.crash import Crash
from local.settings import REGION, ROOT_KEY, Laptop

RENEW_SECONDS = 600
READ_SECONDS = 10
SERVICE = "firehose.amazonaws.com"
# One attempt a call: the worker's own loop repeats, and can be told to stop in between. An object
# that is not taken for so long is tried again, so that a failure is told within 30 s.
CONFIG = Config(
    connect_timeout=3,
    read_timeout=READ_SECONDS,
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
)


class KeysError(Exception):
    """The emulator gives no keys for a role; the text says why."""


@dataclass(frozen=True)
class _Held:
    credentials: Credentials
    expires_at: float


class RoleKeys(CredentialProvider):
    """Session keys of one role, renewed before they expire or when they are refused."""

    def __init__(self, laptop: Laptop, role: str, source_arn: str) -> None:
        super().__init__()
        self.role = role
        self._laptop = laptop
        self._source_arn = source_arn
        self._held: _Held | None = None
        self._lock = threading.Lock()

    def load(self) -> Credentials:
        """Keys that are good for some minutes yet; raises KeysError."""
        with self._lock:
            if self._held is None or self._held.expires_at - time.time() < RENEW_SECONDS:
                self._held = self._fetch()
            return self._held.credentials

    def forget(self) -> None:
        """Keys were refused, as after a restart of the emulator: the next load brings new ones."""
        with self._lock:
            self._held = None

    def _fetch(self) -> _Held:
        wanted = {"role_arn": self.role, "service": SERVICE, "source_arn": self._source_arn}
        request = urllib.request.Request(
            f"{self._laptop.endpoint}/_laptop/role-credentials",
            data=json.dumps(wanted).encode(),
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                keys = json.load(reply)
            credentials = Credentials(
                keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
            )
            return _Held(credentials, float(keys["Expiration"]))
        except urllib.error.HTTPError as error:
            raise KeysError(
                f"E_DELIVERY_ROLE: {_reason(error)}; fix: let {SERVICE} assume the role"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise KeysError(
                "E_DELIVERY_EMULATOR: the emulator does not answer; fix: start it (make up)"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise KeysError(
                "E_DELIVERY_EMULATOR: the emulator's answer holds no keys; fix: read its log"
            ) from error


def _reason(error: urllib.error.HTTPError) -> str:
    """What the emulator says, or, where it failed over the question, that it did."""
    try:
        return str(json.load(error)["message"])[:200]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return f"the emulator answers {error.code} without a reason, which is in its log"


class Bucket:
    """Writes objects as a role, under a KMS key if one is given; its client follows the keys."""

    def __init__(
        self, laptop: Laptop, name: str, key_arn: str | None, keys: RoleKeys, crash: Crash
    ) -> None:
        self.name = name
        self.key_arn = key_arn
        self.keys = keys
        self._laptop = laptop
        self._crash = crash
        self._client: Any = None
        self._client_keys: Credentials | None = None

    def put(self, key: str, body: bytes, metadata: dict[str, str]) -> None:
        """Store one object whole. Raises botocore's errors and KeysError."""
        keys = self.keys.load()
        if keys is not self._client_keys:
            self._client = client(self._laptop, "s3", keys)
            self._client.meta.events.register_first("before-send.s3.PutObject", self._sends)
            self._client_keys = keys
        under = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key_arn}
        more = under if self.key_arn else {}
        self._client.put_object(Bucket=self.name, Key=key, Body=body, Metadata=metadata, **more)

    def _sends(self, request: AWSPreparedRequest, **_: Any) -> None:
        self._crash.sends(request)


def client(
    laptop: Laptop,
    service: str,
    keys: Credentials | None = None,
    read_seconds: float = READ_SECONDS,
) -> Any:
    """A client of the emulator, with a role's keys or as root; it waits so long for an answer."""
    session = boto3.session.Session(
        keys.access_key if keys else ROOT_KEY,
        keys.secret_key if keys else ROOT_KEY,
        keys.token if keys else None,
        region_name=REGION,
    )
    config = CONFIG.merge(Config(read_timeout=read_seconds))
    return session.client(service, endpoint_url=laptop.endpoint, config=config)  # type: ignore[call-overload]
