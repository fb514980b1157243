"""Tokens of the function's role, by which the brokers know it.

Owns that a failure to sign one shows its type and nothing else: botocore may put into the text what
a credential process said. Imports the client; whoever uses it imports it where it is needed.
"""

from __future__ import annotations

from kafka.errors import KafkaError
from kafka.net.sasl.oauth import AbstractTokenProvider


class NoTokenError(KafkaError):  # type: ignore[misc]  # a class without types
    """No token can be signed; carries the type of what kept the signer from it.

    An error of the client's own kind is one that all its parts take from a token's provider.
    """


class Tokens(AbstractTokenProvider):  # type: ignore[misc]  # a class without types
    """What the client asks for a token at each connection and re-authentication; none is kept."""

    def __init__(self, region: str) -> None:
        super().__init__()
        self._region = region

    def token(self) -> str:
        """A new token. Raises NoTokenError."""
        from aws_msk_iam_sasl_signer import MSKAuthTokenProvider

        try:
            made: tuple[str, int] = MSKAuthTokenProvider.generate_auth_token(self._region)
        # Without credentials the signer fails with whatever its next line stumbles over.
        except Exception as problem:  # noqa: BLE001 - told by its type
            raise NoTokenError(type(problem).__name__) from None
        return made[0]
