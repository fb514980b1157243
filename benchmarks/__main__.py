"""`python -m benchmarks [--write] [--rounds N] [--only generation|producer]`."""

from __future__ import annotations

import os
import signal
import sys

from analysis.command_line import CommandLine, reader_left, whole
from benchmarks import measure
from benchmarks.measure import Figure

EVENTS, PROCESS_EVENTS, MEMORY_EVENTS = 1_000_000, 250_000, 1_000_000


INTERRUPTED = 130


def main() -> int:
    """Measure, print the table, and write the page where asked to; 130 after an interruption."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # parts that were started are stopped
    try:
        _measure()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return reader_left()
    return 0


def _measure() -> None:
    parser = CommandLine(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--rounds", type=whole(1, 100), default=9, metavar="N")
    parser.add_argument("--only", choices=("generation", "producer"))
    given = parser.parse_args()
    if given.write and given.only:
        parser.error("--write is given with --only; expected a whole run")
    load = os.getloadavg()[0]
    figures: list[Figure] = []
    if given.only != "generation":
        from benchmarks import producer  # before this process is bound to one core

        figures += producer.figures(given.rounds)
    if given.only != "producer":
        measure.pin()
        from benchmarks import generation

        # first, while this process is small
        of_processes = [
            generation.processes(PROCESS_EVENTS, given.rounds),
            generation.handler_import(given.rounds),
            generation.memory(MEMORY_EVENTS, rounds=3),
        ]
        figures = [*generation.events(EVENTS, given.rounds), *of_processes, *figures]
    from benchmarks import page

    text = page.rendered(figures, load)
    print(text, flush=True)
    if given.write:
        page.PAGE.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
