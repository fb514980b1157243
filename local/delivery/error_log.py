"""The stream's log group: where Firehose says why it does not deliver."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.delivery.account import KeysError, RoleKeys, client
from local.delivery.failures import Failure
from local.delivery.stream import Stream
from local.settings import Laptop

log = logging.getLogger(__name__)


def write(laptop: Laptop, stream: Stream, keys: RoleKeys, failure: Failure) -> None:
    """Tell the stream's log group as its role; what cannot be told is told to the worker's log."""
    if stream.log is None:
        return
    event = {
        "deliveryStreamARN": stream.arn,
        "destination": f"arn:aws:s3:::{stream.bucket}",
        "deliveryStreamVersionId": stream.version,
        "message": str(failure),
        "errorCode": failure.log_code,
    }
    group, name = stream.log
    try:
        logs: Any = client(laptop, "logs", keys.load())
        logs.put_log_events(
            logGroupName=group,
            logStreamName=name,
            logEvents=[{"timestamp": int(time.time() * 1000), "message": json.dumps(event)}],
        )
    except (BotoCoreError, ClientError, KeysError) as error:
        log.warning("log group %s takes nothing: %s", group, type(error).__name__)
