"""Which resource a request asks for, where the emulator names it otherwise than AWS.

Without this a policy that is right on AWS is denied here, and one would be tempted to widen it.
"""

from __future__ import annotations

import json
from typing import Any

SEAMS = {
    "ministack.core.iam_actions:extract_resource_arn": (
        "(service, method, path, headers, body, query_params, region, account_id)"
    ),
}
GROUP_ACTIONS = ("CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy")


def install() -> None:
    """Put the corrections before the emulator's own naming of resources."""
    from ministack.core import iam_actions

    stock = iam_actions.extract_resource_arn

    def extract_resource_arn(service: str, *request: Any) -> str:
        _, _, headers, body, _, region, account_id = request
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        corrected = resource_name(service, action, body)
        if corrected is not None:
            return f"arn:aws:{service}:{region}:{account_id}:{corrected}"
        return str(stock(service, *request))

    iam_actions.extract_resource_arn = extract_resource_arn


def resource_name(service: str, action: str, body: bytes) -> str | None:
    """The last part of the resource's ARN, or None where the emulator names it rightly.

    Actions on a log group's streams are asked for the stream, so that a grant on
    `log-group:NAME:*` holds; actions on one crawler are asked for that crawler.
    """
    if service not in ("logs", "glue"):
        return None
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    if service == "logs":
        group = document.get("logGroupName")
        if not group or action in GROUP_ACTIONS or "Tag" in action:
            return None
        return f"log-group:{group}:log-stream:{document.get('logStreamName', '')}"
    if "Crawler" in action and not action.startswith(("GetCrawlers", "ListCrawlers")):
        name = document.get("Name") or document.get("CrawlerName")
        return f"crawler/{name}" if name else None
    return None
