"""MSK as the laptop has it: the control plane completed, the data plane guarded by IAM.

The broker that stands behind it is `local.kafka`. `access` decides who may connect and do what,
`routes` leads to the API's calls, `topics` empties the broker when its cluster is deleted.
"""

from __future__ import annotations

from local.aws.kafka import access, clusters, configurations, routes
from local.aws.seams import Answer, Request, Stock, wrap

SEAMS = {**access.SEAMS, **clusters.SEAMS, **configurations.SEAMS}


def install() -> None:
    """Guard the data plane and complete the API of `kafka`."""
    access.install()
    wrap("kafka", _handle)


async def _handle(request: Request, stock: Stock) -> Answer:
    if access.is_token(request.method, request.query):
        return access.connect(request)
    return await routes.handle(request, stock)
