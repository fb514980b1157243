"""The scanner for secrets finds each kind, and lets be what only looks like one."""

from __future__ import annotations

import base64

import pytest

from tests.bad_input.leaks import leaks

TOKEN = base64.urlsafe_b64encode(
    b"https://kafka.eu-central-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Signature=ab"
).decode()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("id ASIA" + "Z" * 16, ["access key id"]),
        ("id AKIA" + "0" * 16 + ",", ["access key id"]),
        ('"SecretAccessKey": "' + "x" * 40, ["secret key"]),
        ("aws_secret_access_key=" + "x/" * 20, ["secret key"]),
        ('{"SessionToken": "' + "x" * 20, ["session token"]),
        ("x-amz-security-token=" + "x%2F" * 20, ["session token"]),
        ("token IQoJ" + "b3JpZ2lu" * 10, ["session token"]),
        ("?X-Amz-Credential=ASIA/2025", ["signature"]),
        ("Credential=x, Signature=" + "0f" * 32, ["signature"]),
        (f"token {TOKEN}", ["MSK token"]),
        ("-----BEGIN RSA PRIVATE KEY-----", ["private key"]),
        ("event of CUST_0badc0de_000042", ["customer id"]),
        ("mail jane.doe@mail.acme.com", ["e-mail address"]),
        ("hush", ["known secret"]),
        (f"{TOKEN} of CUST_1_2", ["MSK token", "customer id"]),
    ],
)
def test_a_secret_is_found(text: str, kinds: list[str]) -> None:
    assert leaks(f"said: {text} ", known=["hush"]) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "E_REF_COLUMN: key, e.g. CUST_17125cf4_099233",
        "customer_id=CUST is no id",
        "oncall@example.com",
        "the session token expired",
        "secret access key: not set",
        "https://kafka.eu-central-1.amazonaws.com",
        "AKIA is a prefix",
    ],
)
def test_what_is_no_secret_is_let_be(text: str) -> None:
    assert leaks(text, known=["hush"]) == []


def test_people_may_be_left_out() -> None:
    assert leaks("CUST_0badc0de_000042", personal=False) == []
