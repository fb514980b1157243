"""Changes of broker configurations: a new revision, and the end. The rest is the emulator's own.

The laptop's broker has its own settings; a configuration is kept and described.
"""

from __future__ import annotations

from typing import Any

from local.aws.kafka.api import ApiError, Info
from local.aws.seams import Request, Stock

SEAMS = {
    "ministack.services.msk:_configurations": "AccountRegionScopedDict",
    "ministack.services.msk:_config_revisions": "AccountRegionScopedDict",
    "ministack.services.msk:_now_iso": "()",
}


def _configuration(arn: str) -> Info:
    from ministack.services import msk

    found: Info | None = msk._configurations.get(arn)
    if found is None:
        raise ApiError("NotFoundException", f"Configuration {arn} not found.", 404)
    return found


async def update(request: Request, stock: Stock, arn: str) -> Any:
    """UpdateConfiguration: a further revision; those before stay."""
    from ministack.services import msk

    found, wanted = _configuration(arn), request.document
    if "serverProperties" not in wanted:
        raise ApiError("BadRequestException", "serverProperties is required.")
    latest = {
        "Revision": found["LatestRevision"]["Revision"] + 1,
        "CreationTime": msk._now_iso(),
        "Description": wanted.get("description", ""),
    }
    revision = {**latest, "ServerProperties": wanted["serverProperties"]}
    msk._config_revisions[arn] = [*msk._config_revisions[arn], revision]
    found["LatestRevision"] = latest
    shown = {key[0].lower() + key[1:]: value for key, value in latest.items()}
    return {"arn": arn, "latestRevision": shown}


async def delete(request: Request, stock: Stock, arn: str) -> Any:
    """DeleteConfiguration; refused while the cluster uses it, as AWS does."""
    from ministack.services import msk

    _configuration(arn)
    for info in msk._clusters.values():
        if info["CurrentBrokerSoftwareInfo"].get("ConfigurationArn") == arn:
            raise ApiError(
                "BadRequestException", f"The configuration is in use by {info['ClusterArn']}."
            )
    msk._configurations.pop(arn)
    msk._config_revisions.pop(arn)
    return {"arn": arn, "state": "DELETING"}
