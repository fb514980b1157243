"""What a function answers: `{"statusCode", "body"}`, the body a JSON text, as API Gateway's proxy.

An error of the caller is a reply; an error that a retry may cure is raised, so that the platform
tries the same call again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from handlers.runtime.errors import PipelineError
from handlers.runtime.logs import Log

Reply = dict[str, object]


def reply(status: int, body: Mapping[str, object]) -> Reply:
    """The reply with this HTTP-like status and body."""
    return {"statusCode": status, "body": json.dumps(body)}


def answer(log: Log, work: Callable[[], Mapping[str, object]]) -> Reply:
    """The reply of `work`, or of the PipelineError it raised; a retried one is raised again."""
    try:
        return reply(200, work())
    except PipelineError as error:
        log.error(
            "the call failed",
            code=error.code,
            field=error.logged_field,
            problems=len(error.problems),
            retried=error.kind.retried,
        )
        if error.kind.retried:
            raise
        return reply(error.kind.status, {"error": error.as_reply()})
