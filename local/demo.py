"""`make demo`: from nothing to a report, with progress; then the pipeline keeps running."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import delivered
from analysis.topic import describe_topic
from analysis.verdict import Level, Verdict
from local import operations, stack
from local.delivery.part import status as delivery_status
from local.engine import environment
from local.progress import Progress
from local.settings import Laptop
from local.supervisor import Supervisor

if TYPE_CHECKING:
    from analysis.reconciliation import Account

HOURS = 6  # how far back the events of the demo reach
STACK = "local"
STEPS = 11
SLOW = ("trino",)  # needed only when the first query is asked
REUSE_MINUTES = 5  # the notebook shows the very results that the report judges
DELIVERY_SECONDS = 180


@dataclass
class Demo:
    """One demo: what it found on its way, step by step."""

    laptop: Laptop
    events: int
    progress: Progress = field(default_factory=lambda: Progress(STEPS))
    outputs: dict[str, Any] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    records_before: int = 0

    def deploy(self) -> None:
        """The Pulumi program, by the real engine."""
        result = stack.deploy(self.laptop, self.progress.say)
        self.outputs = result.outputs
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(result.changes.items()))
        self.progress.say(f"pulumi up: {counts}")

    def load(self) -> None:
        """Titles and customers, through Athena, into the cache of the generator.

        The topic is described meanwhile: a producer's first answer takes seconds.
        """
        pool = ThreadPoolExecutor(1)
        try:
            topic = pool.submit(describe_topic, self.outputs)
            found = operations.load_reference(self.laptop, self.outputs)
            self.records_before = topic.result().end_offset
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        self.progress.say(f"reference version {found['version']}")
        for line in counted(found["counts"]):
            self.progress.say(line)

    def generate(self) -> None:
        """Exactly `events` events of the last hours, through the broker; the reply accounts."""
        end = datetime.now(UTC).replace(microsecond=0)
        window = {"start": end - timedelta(hours=HOURS), "end": end}
        payload = {key: moment.isoformat().replace("+00:00", "Z") for key, moment in window.items()}
        self.run = operations.generate(
            self.laptop, self.outputs, {"batch_size": self.events, **payload}
        )
        self.progress.say(
            f"run {self.run['run_id']}: {self.run['generated']:,} generated, "
            f"{self.run['acked']:,} acknowledged by Kafka, {self.run['rejected']:,} rejected, "
            f"{self.run['unresolved']:,} unresolved"
        )

    def deliver(self) -> None:
        """Wait until S3 holds every acknowledged event."""
        # for later steps: Python takes seconds to load them, and nothing else works now
        from analysis import notebook, report  # noqa: F401

        operations.wait_until(
            self._delivered,
            DELIVERY_SECONDS,
            f"S3 does not hold all {self.run['acked']:,} events after {DELIVERY_SECONDS} s",
        )

    def _delivered(self) -> bool:
        said = delivery_status(self.laptop)
        stream = (said or {"streams": {}})["streams"].get(self.outputs["delivery_stream"])
        if stream is None or stream["lag"] != 0:
            return False
        now = datetime.now(UTC)
        s3 = operations.client(self.laptop, "s3")
        found = delivered.count(s3, self.outputs["data_bucket"], now - timedelta(hours=1), now)
        return bool(found.lines[self.run["run_id"]] >= self.run["acked"])

    def crawl(self) -> None:
        """Make the new hours visible to queries."""
        if self.outputs["crawler"]:
            operations.crawl(self.laptop, self.outputs)

    def reconcile(self) -> Account:
        """Count this run at every hop."""
        from analysis import reconciliation

        account = reconciliation.reconcile(
            self.outputs, [self.run["run_id"]], topic_records_before=self.records_before
        )
        for hop in account.hops:
            self.progress.say(f"{hop.name}: {hop.verdict}")
        return account


def counted(counts: dict[str, dict[str, int]]) -> list[str]:
    """`5,000 titles: 811 popular, …`, a line a table; rows left out are named where there are."""
    lines = []
    for table, categories in counts.items():
        parts = ", ".join(
            f"{count:,} {category.replace('_', ' ')}"
            for category, count in categories.items()
            if count or category != "left_out"
        )
        lines.append(f"{sum(categories.values()):,} {table}: {parts}")
    return lines


def run(laptop: Laptop, events: int) -> int:
    """The whole demo. 0 when every event was accounted for, 1 when not; after Ctrl-C or a failure
    of a start, what this command started is stopped."""
    supervisor = Supervisor(laptop)
    demo = Demo(laptop, events)
    try:
        with operations.answered():
            return _steps(demo, supervisor)
    except KeyboardInterrupt:
        print("interrupted: stopping what was started", flush=True)
        stopped = stack.stop(laptop, supervisor, supervisor.started)
        print(f"stopped: {', '.join(stopped) or 'nothing'}", flush=True)
        raise


def _steps(demo: Demo, supervisor: Supervisor) -> int:
    progress, laptop = demo.progress, demo.laptop
    with progress.step("fetching parts"):
        stack.fetch(laptop, progress.say)
    with progress.step("starting the laptop's AWS"):
        stack.start(laptop, supervisor, progress.say, later=SLOW)
    os.environ.update(environment(laptop))
    with progress.step("deploying the program"):
        demo.deploy()
    with progress.step("waiting for the SQL engine"):
        stack.wait(laptop, supervisor, progress.say, SLOW)
    with progress.step("loading titles and customers"):
        demo.load()
    with progress.step(f"sending {demo.events:,} events of the last {HOURS} hours"):
        demo.generate()
    with progress.step("waiting for the delivery to S3"):
        demo.deliver()
    with progress.step("crawling"):
        demo.crawl()
    with progress.step("reconciling every hop"):
        account = demo.reconcile()
    from analysis import gathering, notebook, report

    with progress.step("asking whether the events are real"):
        facts = gathering.facts(STACK, demo.outputs, account, endpoint=laptop.endpoint)
    folder = laptop.state / "report"
    with progress.step("running the verification notebook"):
        asked = gathering.notebook_parameters(STACK, account.scope, REUSE_MINUTES)
        page = notebook.execute(gathering.NOTEBOOK, folder, **asked)
    steps = [report.Step(name, seconds) for name, seconds in progress.seconds.items()]
    index = report.write(folder, replace(facts, steps=steps, notebook=page))
    return _conclude(demo, facts.verdict, index)


def _conclude(demo: Demo, verdict: Verdict, index: Path) -> int:
    print(
        f"""
{verdict}

report     {index}
pipeline   keeps running: a new tick of events every 5 minutes
next       make status   what runs, the last ticks, how far delivery is
           make crawl    show queries the newest hours now
           make notebook open the notebooks
           make down     stop everything
took       {demo.progress.elapsed:.0f} s""",
        flush=True,
    )
    return 1 if verdict.level is Level.FAIL else 0
