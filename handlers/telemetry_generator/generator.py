"""One call of the generator: reference, events, opening record, sending, closing record, reply."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from handlers.contract import ledger as contract
from handlers.contract.ledger import Record
from handlers.runtime.clock import Clock, parse_rfc3339, rfc3339, utc_now
from handlers.runtime.errors import Kind, PipelineError
from handlers.runtime.invocation import Invocation
from handlers.runtime.logs import Log
from handlers.runtime.metrics import COUNT, SECONDS, Metrics
from handlers.telemetry_generator import request
from handlers.telemetry_generator.ledger import Ledger, Window, window_of, window_texts
from handlers.telemetry_generator.quarantine import Quarantine
from handlers.telemetry_generator.request import Request
from handlers.telemetry_generator.run import STEADY, Run, events, injections
from handlers.telemetry_generator.sender import Outcome, Sender
from handlers.telemetry_generator.source import Found, Source


@dataclass(frozen=True)
class Attempt:
    """One try of a run: when it began and the platform's id of the call."""

    started_at: datetime
    request_id: str


@dataclass(frozen=True)
class Generator:
    """The function without its entry; `seed` and `profile` hold where the payload names none."""

    source: Source
    ledger: Ledger
    sender: Sender
    metrics: Metrics
    log: Log
    seed: int
    profile: str
    clock: Clock = utc_now

    def answer(self, event: object, invocation: Invocation) -> dict[str, object]:
        """The reply's body for the payload `event`.

        Raises PipelineError: E_EVENT_* for the payload, E_REF_* without reference data (and then
        there are no events), E_RUN_UNRESOLVED after the closing record where events are unresolved.
        """
        started_at = self.clock()
        wanted = request.parse(
            event,
            request_id=invocation.request_id,
            now=started_at,
            default_seed=self.seed,
            default_profile=self.profile,
        )
        attempt = Attempt(started_at, invocation.request_id)
        window, found, began_at = self._begun(wanted, attempt)
        run = Run(wanted.run_id, *window, wanted.batch_size, wanted.seed, wanted.profile)
        made = events(run, found.references)
        opened = _opening(wanted, window, found, attempt, len(made))
        self.ledger.open(opened, window[1])
        if run.profile != STEADY:
            self.ledger.tell(opened, window[1], injections(run, found.references))
        quarantine = Quarantine(self.ledger.bucket, wanted.run_id, began_at)
        outcome = self.sender.send(made, quarantine, invocation.remaining_seconds)
        closed = self._close(opened, outcome, window[1])
        self._report(closed, found, started_at, wanted.scheduled_at)
        if outcome.unresolved:
            raise PipelineError(
                "E_RUN_UNRESOLVED",
                f"{outcome.unresolved} of {outcome.generated} events of run {wanted.run_id} are "
                f"unresolved ({', '.join(sorted(outcome.causes))}), first by {outcome.why}",
                fix="run again: the same ids are sent",
                kind=Kind.DEPENDENCY,
            )
        return _body(closed, found)

    def _begun(self, wanted: Request, attempt: Attempt) -> tuple[Window, Found, datetime]:
        """(window, references, begin of the first attempt) of the run, for all its attempts."""
        first = self.ledger.earlier(wanted.run_id, wanted.window)
        if first is None:
            window = wanted.window_at(attempt.started_at)
            found = self.source.current(attempt.started_at, window)
            if wanted.window is not None:
                return window, found, attempt.started_at
            opening = _opening(wanted, window, found, attempt, 0)
            first = self.ledger.claim(opening)
            if first == opening:
                return window, found, attempt.started_at
        found = self.source.of_history(first.references, attempt.started_at)
        return window_of(first), found, parse_rfc3339(first.started_at)

    def _close(self, opened: Record, outcome: Outcome, window_end: datetime) -> Record:
        causes = ", ".join(f"{code}: {count}" for code, count in sorted(outcome.causes.items()))
        closed = replace(
            opened,
            status=contract.STATUS_UNRESOLVED if outcome.unresolved else contract.STATUS_COMPLETE,
            ended_at=rfc3339(self.clock()),
            generated=outcome.generated,
            acked=outcome.acked,
            rejected=len(outcome.rejected),
            rejected_reasons=outcome.reasons(),
            unresolved=outcome.unresolved,
            error=causes or None,
        )
        self.ledger.close(closed, window_end)
        return closed

    def _report(
        self, closed: Record, found: Found, started_at: datetime, scheduled_at: datetime | None
    ) -> None:
        ended_at = self.clock()
        seconds = (ended_at - started_at).total_seconds()
        values: dict[str, tuple[float, str]] = {
            "EventsGenerated": (closed.generated, COUNT),
            "EventsAcked": (closed.acked, COUNT),
            "EventsRejected": (closed.rejected, COUNT),
            "EventsUnresolved": (closed.unresolved, COUNT),
            "RunSeconds": (seconds, SECONDS),
        }
        if not found.is_recalled:
            values["ReferenceAgeSeconds"] = (found.age_seconds, SECONDS)
        if scheduled_at is not None:
            values["TickDelaySeconds"] = ((started_at - scheduled_at).total_seconds(), SECONDS)
        self.metrics.put(ended_at, values)
        self.log.info(
            "the run ended",
            run_id=closed.run_id,
            status=closed.status,
            generated=closed.generated,
            acked=closed.acked,
            rejected=closed.rejected_reasons,
            unresolved=closed.unresolved,
            reference_version=closed.reference_version,
            reference_source=found.source,
            seconds=round(seconds, 3),
        )


def _opening(
    wanted: Request,
    window: Window,
    found: Found,
    attempt: Attempt,
    generated: int,
) -> Record:
    return Record(
        run_id=wanted.run_id,
        attempt=contract.attempt_name(attempt.started_at, attempt.request_id),
        status=contract.STATUS_OPEN,
        window=window_texts(window),
        scheduled_at=rfc3339(wanted.scheduled_at) if wanted.scheduled_at else None,
        seed=wanted.seed,
        profile=wanted.profile,
        reference_version=found.version,
        references=found.history(),
        request=wanted.parameters,
        started_at=rfc3339(attempt.started_at),
        generated=generated,
    )


def _body(closed: Record, found: Found) -> dict[str, object]:
    return {
        "run_id": closed.run_id,
        "attempt": closed.attempt,
        "window": closed.window,
        "generated": closed.generated,
        "acked": closed.acked,
        "rejected": closed.rejected,
        "rejected_reasons": closed.rejected_reasons,
        "unresolved": closed.unresolved,
        "reference": {
            "source": found.source,
            "version": found.version,
            "age_seconds": found.age_seconds,
        },
        # There are no other: without reference data there are no events.
        "using_real_data": True,
    }
