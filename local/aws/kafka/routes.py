"""Which call of the MSK API goes where; a call that is not listed is the emulator's own."""

from __future__ import annotations

import re
from urllib.parse import unquote

from local.aws.kafka import clusters, configurations, policies, updates
from local.aws.kafka.api import ApiError
from local.aws.seams import Answer, Request, Stock, answer

CLUSTER = r"(arn:[^/]+:cluster/[^/]+/[^/]+)"
CONFIGURATION = r"(arn:[^/]+:configuration/[^/]+)"
CHANGES = "|".join(updates.CHANGES)

ROUTES = (
    ("POST", "/v1/clusters", clusters.create),
    ("POST", "/api/v2/clusters", clusters.create_v2),
    ("GET", "/v1/clusters", clusters.lister(1)),
    ("GET", "/api/v2/clusters", clusters.lister(2)),
    ("GET", f"/v1/clusters/{CLUSTER}", clusters.describe),
    ("GET", f"/api/v2/clusters/{CLUSTER}", clusters.describe_v2),
    ("DELETE", f"/v1/clusters/{CLUSTER}", clusters.delete),
    ("GET", f"/v1/clusters/{CLUSTER}/bootstrap-brokers", clusters.bootstrap),
    ("PUT", f"/v1/clusters/{CLUSTER}/policy", policies.put),
    ("GET", f"/v1/clusters/{CLUSTER}/policy", policies.get),
    ("DELETE", f"/v1/clusters/{CLUSTER}/policy", policies.delete),
    ("PUT", f"/v1/clusters/{CLUSTER}/({CHANGES})", updates.update),
    ("PATCH", f"/v1/clusters/{CLUSTER}/({CHANGES})", updates.update),
    ("GET", r"/(?:v1|api/(v2))/operations/(.+)", updates.describe_operation),
    ("PUT", f"/v1/configurations/{CONFIGURATION}", configurations.update),
    ("DELETE", f"/v1/configurations/{CONFIGURATION}", configurations.delete),
)


async def handle(request: Request, stock: Stock) -> Answer:
    """Answer what the emulator lacks or gets wrong; the rest is its own."""
    for method, pattern, call in ROUTES:
        found = re.fullmatch(pattern, unquote(request.path))
        if method == request.method and found:
            try:
                got = await call(request, stock, *found.groups())
            except ApiError as error:
                return error.answer
            return got if isinstance(got, tuple) else answer(got)
    return await stock(request)
