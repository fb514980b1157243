"""The page of a full run: docs/faults.md."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import psutil

from tests.faults.run import Size
from tests.faults.traffic import Result

HEAD = """# What faults do to the events

Written by `make faults`, which does every row to a real broker, the real functions and the real
delivery, with proxies of its own between them. In each run 30 % of the events are acked, then the
fault begins while more are sent; what is left unresolved is sent again with the same ids, to the
same process. In the end a plain consumer reads the topic, plain gzip and JSON read S3, and they are
held against what was sent and told:

- every acked event is in the topic and in S3, byte for byte, and every event of the topic is in S3;
- every event is acked in the end, but for the 1 % that hold a wrong type: each of those is rejected
  in each call and goes nowhere;
- no event has more copies than its row allows, S3 has as many of each as the topic, and no id
  appears that was never sent;
- each call accounts for all its events and returns 2 s before its time-out, or sooner;
- the first call that acks everything ends within 30 s of the fault, with nothing restarted.

`make test` does every row once, with 2,000 events. The rows are in `tests/faults/faults.py`.

## The last run

{date}; {machine}; {runs}. {verdict}

Copies: the most of any event in the topic / in S3, of how many the row allows. Unresolved: reports
of all calls together, so that an event may count several times. Times are the worst of the runs, in
seconds: the slowest call of its time-out; from the end of the fault to the first call that acked
everything; and to the last acked event in S3.

| fault | runs | events | acked | rejected | unresolved | errors told | copies | call | recovery \
| in S3 | verdict |
|---|---|---|---|---|---|---|---|---|---|---|---|
"""
FOUND = """
## What these rows have found

| row | what was wrong | now |
|---|---|---|
| disk of the delivery full | the worker ended, since it could not write its status | it says \
so and delivers on |
| topic missing, without the right to make it | events that came while a delivery stream first \
looked at its new topic were passed over | the start is one look at the topic, and tells its \
first offset |
| answers held back | a record that timed out came into the topic later | expected: it is \
unresolved, not failed, and its copies have the same id and bytes |
| topic deleted; right to connect revoked | the client at work knew why, and the call said \
`E_KAFKA_UNREACHABLE` | what the client logs and knows of the topic names the cause |
| tokens expire every 5 s | once a connection was made anew, where none was expected: the client \
renews sessions of 5 s a quarter of a second before they end, MSK's of 15 minutes 45 s | expected \
of one renewal in ten; nothing is lost by it |
"""


def page(results: Sequence[Sequence[Result]], size: Size) -> str:
    """The whole page; one sequence of results a row, `size` of its last run."""
    broken = sum(any(one.problems for one in runs) for runs in results)
    memory = psutil.virtual_memory().total / 2**30
    head = HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB",
        runs=f"{size.seed} run{'s' if size.seed > 1 else ''} of {size.events:,} events or more for "
        f"each row, faults in their {'long' if size.long else 'short'} form",
        verdict="Every promise was kept."
        if not broken
        else f"**{broken} of {len(results)} rows broke a promise.**",
    )
    return head + "".join(f"{row(runs)}\n" for runs in results) + FOUND


def row(runs: Sequence[Result]) -> str:
    """One row of the table: the sums and the worst of its runs."""
    fault = runs[0].fault
    problems = [problem for one in runs for problem in one.problems]
    drains = [one.drain_seconds for one in runs if one.drain_seconds is not None]
    codes = sum((one.codes for one in runs), Counter[str]())
    cells = (
        fault.name,
        len(runs),
        f"{sum(one.events for one in runs):,}",
        f"{sum(one.acked for one in runs):,}",
        f"{sum(one.rejected for one in runs):,}",
        f"{sum(one.unresolved for one in runs):,}",
        ", ".join(f"`{code}`" for code in sorted(codes)) or "none",
        f"{max(one.in_topic for one in runs)} / {max(one.in_lake for one in runs)} "
        f"of {fault.in_topic}",
        f"{max(one.slowest_seconds for one in runs):.1f} of {fault.call_seconds:.0f}",
        f"{max(one.recovery_seconds for one in runs):.1f}",
        f"{max(drains):.1f}" if drains else "-",
        "kept" if not problems else "**broken**: " + "; ".join(dict.fromkeys(problems)),
    )
    return f"| {' | '.join(map(str, cells))} |"
