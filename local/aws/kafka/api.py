"""What the calls of the MSK API share: a cluster by its ARN, and an error as the API writes it.

The emulator keeps a cluster as a dictionary with upper-case names at the top and the request's own
lower-case names below; what is added to it here lives in the same dictionary, so that it is saved
with it.
"""

from __future__ import annotations

from typing import Any

from local.aws.seams import refuse

Info = dict[str, Any]


class ApiError(Exception):
    """An answer of the API that is an error: its kind, its text, its status."""

    def __init__(self, kind: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.answer = refuse(kind, message, status)


def cluster(arn: str) -> Info:
    """The cluster as the emulator keeps it. Raises ApiError (NotFoundException)."""
    from ministack.services import msk

    info: Info | None = msk._clusters.get(arn)
    if info is None:
        raise ApiError("NotFoundException", f"Cluster {arn} not found.", 404)
    return info
