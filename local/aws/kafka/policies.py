"""The resource policy of a cluster, which AWS calls a cluster policy."""

from __future__ import annotations

import json
from typing import Any

from local.aws.kafka.api import ApiError, Info, cluster
from local.aws.seams import Request, Stock


async def put(request: Request, stock: Stock, arn: str) -> Any:
    from ministack.core.iam_evaluator import validate_policy_document

    info, wanted = cluster(arn), request.document
    try:
        document = json.loads(wanted.get("policy", ""))
        # A cluster's policy names principals and may leave its resource out.
        statements = document["Statement"]
        for statement in [statements] if isinstance(statements, dict) else statements:
            problem = validate_policy_document({"Statement": [{"Resource": arn, **statement}]}) or (
                None if "Principal" in statement else "a statement names no Principal"
            )
            if problem:
                raise ApiError("BadRequestException", problem)
    except (ValueError, TypeError, KeyError) as problem:
        raise ApiError("BadRequestException", "the policy is no policy document") from problem
    current = info.get("Policy", {}).get("currentVersion")
    if wanted.get("currentVersion") not in (None, current):
        raise ApiError("BadRequestException", f"the current version of the policy is {current}")
    version = f"K{int(current[1:]) + 1 if current else 1}"
    info["Policy"] = {"currentVersion": version, "policy": wanted["policy"]}
    return {"currentVersion": version}


def _policy(info: Info) -> Info:
    found: Info | None = info.get("Policy")
    if not found:
        arn = info["ClusterArn"]
        raise ApiError("NotFoundException", f"The cluster policy of {arn} does not exist.", 404)
    return found


async def get(request: Request, stock: Stock, arn: str) -> Any:
    return _policy(cluster(arn))


async def delete(request: Request, stock: Stock, arn: str) -> Any:
    _policy(cluster(arn))
    del cluster(arn)["Policy"]
    return {}
