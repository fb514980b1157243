"""Gives a run's events to the producer, in batches, and accounts for every one.

A batch whose call failed, or was not made for want of time, or whose refused events could not be
kept in quarantine, is unresolved: nobody knows whether its events are in the topic, and the same
ids are sent again by the next attempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from handlers.contract.batch import ENCODING, Account, pack_text, unpack
from handlers.contract.limits import (
    BATCH_MAX_BYTES,
    BATCH_MAX_DECOMPRESSED_BYTES,
    BATCH_MAX_EVENTS,
)
from handlers.runtime.errors import Kind, PipelineError, passed_on
from handlers.runtime.logs import Log
from handlers.telemetry_generator.calls import ONE_VERSION, Function, told
from handlers.telemetry_generator.lines import Columns, text
from handlers.telemetry_generator.quarantine import Quarantine

PARALLEL_CALLS = 4
# What a batch adds to its packed lines: names, braces and the batch id.
ENVELOPE_BYTES = 1_000
UNTOLD = {"code": "E_UNRESOLVED"}


@dataclass(frozen=True)
class Rejected:
    """An event, by its index in the run, that the producer will never send, and why."""

    index: int
    reason: str


@dataclass(frozen=True)
class Outcome:
    """generated = acked + rejected + unresolved; `causes` counts events by what left them so.

    `why` is what the first of the causes says in full.
    """

    generated: int
    acked: int = 0
    rejected: tuple[Rejected, ...] = ()
    unresolved: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    why: str = ""

    def plus(self, other: Outcome) -> Outcome:
        """The account of the events of both."""
        return Outcome(
            self.generated + other.generated,
            self.acked + other.acked,
            self.rejected + other.rejected,
            self.unresolved + other.unresolved,
            self.causes + other.causes,
            self.why or other.why,
        )

    def reasons(self) -> dict[str, int]:
        """Rejected events by reason."""
        return dict(sorted(Counter(one.reason for one in self.rejected).items()))


@dataclass(frozen=True)
class Batch:
    """Events number `first` to `last` - 1 of the run, packed."""

    first: int
    last: int
    packed: str


@dataclass(frozen=True)
class Sender:
    """Sends through `producer`; a call is made only while `call_seconds` are left for it."""

    producer: Function
    call_seconds: float
    log: Log

    def send(
        self, events: Columns, quarantine: Quarantine, remaining_seconds: Callable[[], float]
    ) -> Outcome:
        """The account of all `events`; what is refused of them is in `quarantine`."""
        ranges = [
            (first, min(first + BATCH_MAX_EVENTS, len(events)))
            for first in range(0, len(events), BATCH_MAX_EVENTS)
        ]

        def send_range(bounds: tuple[int, int]) -> Outcome:
            outcome = Outcome(0)
            for batch in batches(events, quarantine.run_id, *bounds):
                outcome = outcome.plus(self._send(batch, quarantine, remaining_seconds))
            return outcome

        total = Outcome(0)
        with ThreadPoolExecutor(min(PARALLEL_CALLS, max(1, len(ranges)))) as pool:
            for outcome in pool.map(send_range, ranges):
                total = total.plus(outcome)
        return total

    def _send(
        self, batch: Batch, quarantine: Quarantine, remaining_seconds: Callable[[], float]
    ) -> Outcome:
        count = batch.last - batch.first
        try:
            if remaining_seconds() < self.call_seconds:
                raise PipelineError(
                    "E_RUN_DEADLINE", "no time left for another call", fix="run again"
                )
            batch_id = f"{quarantine.run_id}/{batch.first:08d}"
            reply = self.producer.call(
                {"batch_id": batch_id, "encoding": ENCODING, "lines": batch.packed}
            )
            account = _account(batch, batch_id, reply)
            if account.rejected:
                lines = unpack(batch.packed, BATCH_MAX_DECOMPRESSED_BYTES)
                quarantine.keep(batch.first, lines, account.rejected, account.topic)
            return _outcome(batch, account)
        except PipelineError as error:
            self.log.error("a batch is unresolved", code=error.code, first=batch.first, size=count)
            causes = Counter({error.code: count})
            return Outcome(count, unresolved=count, causes=causes, why=str(error))


def _account(batch: Batch, batch_id: str, reply: dict[str, object]) -> Account:
    """The producer's account of the batch, of all its events. Raises PipelineError E_CALL_REPLY."""
    count = batch.last - batch.first
    refusal = reply.get("error")
    if "received" not in reply and isinstance(refusal, dict):
        code, words, fix = told(refusal, "the batch was refused", ONE_VERSION)
        raise PipelineError(code, words, fix=fix)
    try:
        account = Account.of_reply(reply)
    except (KeyError, TypeError, ValueError) as error:
        raise PipelineError(
            "E_CALL_REPLY",
            f"the producer's account is no account ({passed_on(str(error), 80)})",
            fix=ONE_VERSION,
        ) from error
    if (account.batch_id, account.received) != (batch_id, count):
        raise PipelineError(
            "E_CALL_REPLY", "the producer's account is of another batch", fix=ONE_VERSION
        )
    return account


def _outcome(batch: Batch, account: Account) -> Outcome:
    error = account.error or UNTOLD
    cause, words, fix = told(error, "the producer gives no reason", "read the producer's log")
    left = len(account.unresolved)
    return Outcome(
        batch.last - batch.first,
        account.acked,
        tuple(Rejected(batch.first + one.index, one.reason) for one in account.rejected),
        left,
        Counter({cause: left}) if left else Counter(),
        f"{cause}: {words}; fix: {fix}" if left else "",
    )


def batches(events: Columns, run: str, first: int, last: int) -> Iterator[Batch]:
    """Events `first` to `last` - 1 in batches that fit a call; halved until they do.

    Raises PipelineError E_EVENT_LIMIT for an event that fits no call by itself.
    """
    packed = pack_text(text(events, run, first, last))
    if len(packed) <= BATCH_MAX_BYTES - ENVELOPE_BYTES:
        yield Batch(first, last, packed)
    elif last - first == 1:
        raise PipelineError(
            "E_EVENT_LIMIT",
            f"event {first} is longer than a call may be",
            fix="shorten the texts of titles and customers",
            kind=Kind.DATA,
        )
    else:
        middle = (first + last) // 2
        yield from batches(events, run, first, middle)
        yield from batches(events, run, middle, last)
