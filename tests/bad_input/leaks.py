"""Finds what must never be shown: keys, tokens, signatures, and ids of people."""

from __future__ import annotations

import re
from collections.abc import Iterable

SECRETS = {
    "access key id": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "secret key": re.compile(r"(?i)secret_?(?:access_?)?key\W{1,5}[\w+/-]{16,}"),
    "session token": re.compile(
        r"(?i)(?:session_?token|security-token)\W{1,5}[\w+/=%-]{16,}|\b(?:FwoG|IQoJ)[\w+/=]{60,}"
    ),
    "signature": re.compile(r"(?i)X-Amz-(?:Signature|Credential)=\w+|\bSignature=[0-9a-f]{64}"),
    # Base64 of `https://kafka.` with which every MSK IAM token begins.
    "MSK token": re.compile(r"aHR0cHM6Ly9rYWZrYS[\w+/=-]{8,}"),
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
}
PERSONAL = {
    # But for the one that the contract shows as an example.
    "customer id": re.compile(r"\bCUST_(?!17125cf4_099233)[0-9a-z]+_\d+"),
    "e-mail address": re.compile(r"\b[\w.+-]+@(?!example\.)[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b"),
}


def leaks(text: str, *, known: Iterable[str] = (), personal: bool = True) -> list[str]:
    """The kinds of secret in `text`, each once; `known` are secrets that the reader knows of."""
    kinds = {**SECRETS, **PERSONAL} if personal else SECRETS
    found = [kind for kind, pattern in kinds.items() if pattern.search(text)]
    if any(secret in text for secret in known):
        found.append("known secret")
    return found
