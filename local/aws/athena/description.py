"""A query execution as the API describes it."""

from __future__ import annotations

from typing import Any

from local.aws.athena.executions import (
    INTERNAL_ERROR,
    USER_ERROR,
    USER_ERRORS,
    Execution,
)
from local.aws.athena.statement import CATALOG

Document = dict[str, Any]


def describe(execution: Execution) -> Document:
    """QueryExecution as the API gives it."""
    order, stats = execution.order, execution.stats
    status: Document = {
        "State": execution.state,
        "SubmissionDateTime": execution.submitted_at,
    }
    if execution.completed_at:
        status["CompletionDateTime"] = execution.completed_at
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    if execution.error_kind:
        users = execution.error_kind == USER_ERRORS
        status["AthenaError"] = {
            "ErrorCategory": execution.error_kind,
            "ErrorType": USER_ERROR if users else INTERNAL_ERROR,
            "Retryable": not users,
            "ErrorMessage": execution.reason,
        }
    end = execution.completed_at or execution.submitted_at
    total = int((end - execution.submitted_at) * 1000)
    running = int(stats.get("elapsedTimeMillis", total))
    encryption = {"EncryptionConfiguration": order.encryption} if order.encryption else {}
    return {
        "QueryExecutionId": order.id,
        "Query": order.sql,
        "StatementType": execution.type,
        **({"SubstatementType": execution.statement.kind} if execution.statement else {}),
        **({"ExecutionParameters": list(order.parameters)} if order.parameters else {}),
        "ResultConfiguration": {"OutputLocation": execution.output, **encryption},
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": order.reuse},
        "QueryExecutionContext": {"Database": order.database, "Catalog": CATALOG},
        "Status": status,
        "WorkGroup": order.workgroup,
        "EngineVersion": {
            "SelectedEngineVersion": "AUTO",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
        "Statistics": {
            "EngineExecutionTimeInMillis": running,
            "DataScannedInBytes": execution.scanned_bytes,
            **({"DataManifestLocation": execution.manifest} if execution.manifest else {}),
            "TotalExecutionTimeInMillis": total,
            "QueryQueueTimeInMillis": int(stats.get("queuedTimeMillis", 0)),
            "QueryPlanningTimeInMillis": int(stats.get("planningTimeMillis", 0)),
            "ServiceProcessingTimeInMillis": max(0, total - running),
            "ResultReuseInformation": {"ReusedPreviousResult": execution.reused is not None},
        },
    }
