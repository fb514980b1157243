"""Runs the catalogue and writes docs/bad-input.md, unless an answer is not as it must be."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from tests.bad_input.case import described, faults
from tests.bad_input.catalogue import SURFACES
from tests.bad_input.page import PAGE, rendered


def main() -> int:
    """Exit code 0, or 1 when a case failed."""
    failed = 0
    for surface in SURFACES:
        for case in surface.cases:
            for fault in faults(surface, case, surface.run(case.value)):
                failed += 1
                print(f"{surface.name}: {described(case)}: {fault}", file=sys.stderr)
    count = sum(len(surface.cases) for surface in SURFACES)
    if failed:
        print(f"{failed} faults in {count} cases; the page stays as it is", file=sys.stderr)
        return 1
    PAGE.write_text(rendered(datetime.now(UTC).date()))
    print(f"{count} cases, written to {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
