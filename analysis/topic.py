"""The topic's offsets, asked of the producer: nobody outside the network reaches the broker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from analysis import aws
from analysis.errors import AnalysisError
from analysis.figures import TopicFigures


@aws.explained("the topic is not described")
def describe_topic(outputs: Mapping[str, Any], records_before: int = 0) -> TopicFigures:
    """The topic's offsets as the producer function reports them, from inside the network.

    Raises AnalysisError: E_DESCRIBE_TOPIC, those of `aws.explained`.
    """
    reply = aws.client(outputs, "lambda").invoke(
        FunctionName=outputs["function_names"]["producer"],
        Payload=json.dumps({"describe_topic": True}).encode(),
    )
    body = json.loads(reply["Payload"].read())
    if reply.get("FunctionError") or not isinstance(body, dict) or "partitions" not in body:
        problem = body.get("error", body) if isinstance(body, dict) else {"message": body}
        reason = problem.get("message") or problem.get("errorMessage") or problem
        raise AnalysisError(
            "E_DESCRIBE_TOPIC",
            f"{outputs['function_names']['producer']} did not describe {outputs['topic']}: "
            f"{str(reason)[:200]}",
            "read the producer's log; is the broker up?",
            exit_code=4,
        )
    return TopicFigures.of(body["partitions"], records_before)
