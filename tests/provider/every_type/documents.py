"""Policy documents of the program."""

from __future__ import annotations

import json
from typing import Any


def policy(action: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def trust(*services: str) -> str:
    names = [f"{service}.amazonaws.com" for service in services]
    return document(
        {"Effect": "Allow", "Principal": {"Service": names}, "Action": "sts:AssumeRole"}
    )
