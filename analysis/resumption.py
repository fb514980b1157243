"""What to do about runs that must be made again, under the ids that they have."""

from __future__ import annotations

import json
from collections.abc import Sequence

from analysis.figures import RunFigures
from analysis.wording import listed

SHOWN = 3


def again(runs: Sequence[RunFigures]) -> str:
    """How `runs`, one at least, are made again; which of them cannot be, and what then."""
    payloads = [run.payload for run in runs if run.payload is not None]
    tests = [run.run_id for run in runs if run.payload is None]
    said = []
    if payloads:
        others = ", the others with their `payload` in --json" if len(payloads) > 1 else ""
        said.append(
            f"invoke the generator again with {json.dumps(payloads[0])}{others}: "
            "the ids stay the same"
        )
    if tests:
        said.append(
            f"nothing for test run{'s' if len(tests) > 1 else ''} {listed(tests, SHOWN)}: "
            "a test cannot be resumed, for each call is a new run; what is open of it stays so, "
            "narrow the range to leave it out"
        )
    return "; ".join(said)
