"""Sends quarantined records again, mended where `analysis.repairs` can, through the producer.

An event keeps its id, and with it its run. What the topic has already, by an earlier replay or as
it was delivered (`_hours` says where that is looked up), is not sent again. The quarantine stays as
it is; what was sent is in the ledger (`analysis.replays`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from analysis import aws, delivered, replays
from analysis.errors import AnalysisError
from analysis.quarantine import HOUR, Hours, Quarantine
from analysis.repairs import NEVER, repair
from analysis.replays import ACKED, UNRESOLVED, Batch
from analysis.scope import event_time
from handlers.contract import quarantine
from handlers.contract.batch import ENCODING, Account, pack
from handlers.contract.limits import BATCH_MAX_EVENTS
from handlers.contract.quarantine import STAGE_DELIVERY, Record
from handlers.contract.records import CONFLICT

# Lines that do not get smaller by gzip still fit a call as base64.
BATCH_LINES_BYTES = 3_500_000
CALL_SECONDS = 905  # longer than any function may run: what it did is then known
Call = Callable[[dict[str, object]], Mapping[str, Any]]


@dataclass
class Replay:
    """What a replay found and did, in records of the quarantine and events.

    `selected` records = those that `stay` (by reason; not wholly mended) + those of which every
    event is among `sent`, `known` (in the topic by an earlier replay, or delivered) or `copies` (in
    this replay already). `sent` = acked + rejected + unresolved; without sending they are only
    counted.
    """

    hours: Hours
    selected: int = 0
    stay: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    known: int = 0
    copies: int = 0
    sent: int = 0
    acked: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unresolved: int = 0
    cause: str = ""


def replay(
    store: Quarantine, hours: Hours, reason: str, call: Call | None, now: datetime
) -> Replay:
    """Replay what is in the quarantine of these hours; of one reason, if it is named.

    `call` calls the producer function; None: nothing is sent or written. Ends at the first batch
    that leaves events unresolved. Raises AnalysisError: those of `Quarantine.records`,
    `replays.read` and `delivered.events`, the latter before anything is sent; E_REPLAY_PRODUCER
    where the producer gives no account.
    """
    found = Replay(hours)
    known = {
        event: batch.contents.get(event)
        for batch in replays.read(store.s3, store.bucket, hours.begin)
        for event, fate in batch.fates.items()
        if fate == ACKED
    }
    there = _delivered(store, hours, reason, known)
    lines = _lines(store.records(hours, reason), known, there, found)
    for number, events in enumerate(_batches(lines)):
        found.sent += len(events)
        if call is None:
            continue
        name = quarantine.digest(events)
        batch = Batch(
            started_at=event_time(now),
            batch_id=f"replay/{number:04d}-{name}",
            hours=str(hours),
            reason=reason,
            contents={event: replays.digest(line) for event, line in events.items()},
        )
        replays.write(
            store.s3, store.bucket, replace(batch, fates=dict.fromkeys(events, UNRESOLVED))
        )
        account = _send(call, batch.batch_id, list(events.values()))
        fates = _fates(account, list(events))
        replays.write(store.s3, store.bucket, replace(batch, fates=fates))
        found.acked += account.acked
        found.rejected.update(one.reason for one in account.rejected)
        found.unresolved += len(account.unresolved)
        if account.unresolved:
            found.cause = str((account.error or {}).get("code", "E_UNRESOLVED"))
            break
    return found


def producer(outputs: Mapping[str, Any]) -> Call:
    """The stack's producer function, called once and waited for."""
    name = outputs["function_names"]["producer"]
    function = aws.client(outputs, "lambda", read_seconds=CALL_SECONDS, attempts=1)

    def call(event: dict[str, object]) -> Mapping[str, Any]:
        with aws.explained(f"{name} is not called"):
            answer = function.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            reply = json.loads(answer["Payload"].read())
        return reply if isinstance(reply, dict) else {}

    return call


def _delivered(
    store: Quarantine, hours: Hours, reason: str, known: Collection[str]
) -> dict[str, list[bytes]]:
    """The delivered lines of the events that records of the delivery stage would give, by id."""
    ids: set[str] = set()
    looked_at: set[datetime] = set()
    for record in store.records(hours, reason):
        if record.stage != STAGE_DELIVERY or record.reason in NEVER:
            continue
        for one in repair(record.content).records:
            event = json.loads(one.value)
            if event["event_id"] not in known:
                ids.add(event["event_id"])
                looked_at |= _hours(event["event_timestamp"])
    if not ids:
        return {}
    looked_at.update(hours.each)
    return delivered.events(store.s3, store.bucket, looked_at, ids)


def _hours(event_timestamp: str) -> set[datetime]:
    """The hour of an event and the next, in one of which it arrives if nothing is late."""
    try:
        moment = datetime.fromisoformat(event_timestamp)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        hour = utc.replace(minute=0, second=0, microsecond=0)
        return {hour, hour + HOUR}
    except (ValueError, OverflowError):  # a text that is no time: of the range alone
        return set()


def _same(line: bytes, other: bytes) -> bool:
    """True where two good lines are one event, however they are spelt."""
    one, two = (
        {name: value for name, value in json.loads(text).items() if value is not None}
        for text in (line, other)
    )
    return bool(one == two)


def _lines(
    records: Iterable[Record],
    known: Mapping[str, str | None],
    there: Mapping[str, list[bytes]],
    found: Replay,
) -> Iterator[tuple[str, bytes]]:
    """(event id, line) of each event to send, counting in `found` what becomes of the others.

    `known` are the events in the topic by an earlier replay, with the digest of their content,
    `there` the delivered lines of others.
    """
    contents: dict[str, str] = {}
    for record in records:
        found.selected += 1
        if record.reason in NEVER:
            found.stay[record.reason] += 1
            continue
        mended = repair(record.content)
        stays = [one.reason for one in mended.rejections]
        for one in mended.records:
            event = str(json.loads(one.value)["event_id"])
            content = replays.digest(one.value)
            if event in known:
                is_same = known[event] in (content, None)
                found.known += is_same
            elif event in there:
                is_same = any(_same(one.value, line) for line in there[event])
                found.known += is_same
            elif event in contents:
                is_same = contents[event] == content
                found.copies += is_same
            else:
                contents[event] = content
                yield event, one.value
                continue
            if not is_same:
                stays.append(CONFLICT)
        found.stay.update(stays[:1])
        found.rules.update(mended.rules if mended.records else {})


def _batches(lines: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, bytes]]:
    batch: dict[str, bytes] = {}
    size = 0
    for event, line in lines:
        if len(batch) == BATCH_MAX_EVENTS or (batch and size + len(line) > BATCH_LINES_BYTES):
            yield batch
            batch, size = {}, 0
        batch[event] = line
        size += len(line) + 1
    if batch:
        yield batch


def _send(call: Call, batch_id: str, lines: list[bytes]) -> Account:
    reply = call({"batch_id": batch_id, "encoding": ENCODING, "lines": pack(lines)})
    try:
        account = Account.of_reply(reply)
        if (account.batch_id, account.received) != (batch_id, len(lines)):
            raise ValueError("it is of another batch")
    except (KeyError, TypeError, ValueError) as error:
        told = reply.get("error")
        problem = told if isinstance(told, dict) else reply
        said = problem.get("message") or problem.get("errorMessage") or str(error)
        raise AnalysisError(
            "E_REPLAY_PRODUCER",
            f"the producer gave no account of {batch_id}: {str(said)[:200]}",
            "read its log and replay again: an event that came through twice is one event",
            exit_code=4,
        ) from error
    return account


def _fates(account: Account, events: list[str]) -> dict[str, str]:
    fates = dict.fromkeys(events, ACKED)
    fates.update((events[one.index], one.reason) for one in account.rejected)
    fates.update((events[index], UNRESOLVED) for index in account.unresolved)
    return fates
