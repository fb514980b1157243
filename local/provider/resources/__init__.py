"""The resource types that the laptop's provider knows, by their token."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType

from local.provider.resource import Resource
from local.provider.resources import (
    athena,
    cloudtrail,
    ec2,
    firehose,
    glue,
    iam,
    kms,
    lambda_,
    logs,
    msk,
    s3,
    scheduler,
    security_groups,
    sqs,
)

_MODULES = (
    athena,
    cloudtrail,
    ec2,
    firehose,
    glue,
    iam,
    kms,
    lambda_,
    logs,
    msk,
    s3,
    scheduler,
    security_groups,
    sqs,
)

RESOURCES: Mapping[str, Resource] = MappingProxyType(
    {
        found.token: found()
        for module in _MODULES
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Resource) and hasattr(found, "token")
    }
)
