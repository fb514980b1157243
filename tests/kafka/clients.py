"""Clients of the broker as any user writes them, and tokens made wrong on purpose."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from typing import Any
from unittest import mock

from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from kafka import KafkaAdminClient, KafkaProducer
from kafka.net.sasl.oauth import AbstractTokenProvider

from local.settings import REGION

REFUSED_MS = 2_500  # a denied token costs the whole bootstrap time


class Tokens(AbstractTokenProvider):
    """Gives the client a fresh token of the role in the environment, or what `make` returns."""

    def __init__(self, make: Callable[[], str] | None = None) -> None:
        self.made = 0
        self._make = make or genuine

    def token(self) -> str:
        """One token a connection."""
        self.made += 1
        return self._make()


def genuine() -> str:
    """What the AWS signer gives for the keys in the environment."""
    token: str = MSKAuthTokenProvider.generate_auth_token(REGION)[0]
    return token


def signed_ago(minutes: int) -> str:
    """A genuine token, signed some minutes ago."""
    then = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(minutes=minutes)
    with mock.patch("botocore.auth.get_current_datetime", return_value=then):
        return genuine()


def altered(token: str, old: str, new: str) -> str:
    """The token with one piece of its URL replaced; the piece must be there."""
    url = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    assert old in url
    return base64.urlsafe_b64encode(url.replace(old, new, 1).encode()).decode().rstrip("=")


def settings(brokers: str, tokens: Tokens | None = None) -> dict[str, Any]:
    """What every client of the IAM listener sets."""
    return {
        "bootstrap_servers": brokers,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "OAUTHBEARER",
        "sasl_oauth_token_provider": tokens or Tokens(),
    }


def connects(brokers: str, make: Callable[[], str]) -> bool:
    """Whether a client with these tokens gets in."""
    from kafka.errors import KafkaTimeoutError

    try:
        client = KafkaAdminClient(
            **settings(brokers, Tokens(make)), bootstrap_timeout_ms=REFUSED_MS
        )
    except KafkaTimeoutError:
        return False
    client.close()
    return True


def send_one(brokers: str, topic: str, idempotent: bool = True) -> int:
    """Send a record and wait for it; its offset. Raises the client's error."""
    producer = KafkaProducer(
        **settings(brokers),
        acks="all",
        enable_idempotence=idempotent,
        allow_auto_create_topics=False,
        max_block_ms=8_000,
        delivery_timeout_ms=15_000,
        request_timeout_ms=5_000,
    )
    try:
        offset: int = producer.send(topic, b"x").get(timeout=20).offset
        return offset
    finally:
        producer.close(timeout=2)
