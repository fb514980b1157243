"""Metrics as log lines in CloudWatch's Embedded Metric Format: no API call, no permission.

Format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

COUNT = "Count"
SECONDS = "Seconds"
BYTES = "Bytes"


@dataclass(frozen=True)
class Metrics:
    """Writes one line per call, in `namespace`, with the one dimension `Function`."""

    namespace: str
    function: str
    stream: TextIO | None = None

    def put(self, at: datetime, values: Mapping[str, tuple[float, str]]) -> None:
        """Record `values`: metric name → (value, unit as CloudWatch spells it), as of `at`."""
        line: dict[str, object] = {
            "_aws": {
                "Timestamp": int(at.timestamp() * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": self.namespace,
                        "Dimensions": [["Function"]],
                        "Metrics": [
                            {"Name": name, "Unit": unit} for name, (_, unit) in values.items()
                        ],
                    }
                ],
            },
            "Function": self.function,
        }
        line.update({name: value for name, (value, _) in values.items()})
        print(json.dumps(line, separators=(",", ":")), file=self.stream or sys.stdout, flush=True)
