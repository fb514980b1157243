"""One call of the producer: the request that a sender packs and the account that it gets back.

A request is `{"batch_id", "events": [...]}` or, smaller, `{"batch_id", "encoding", "lines"}`: JSON
lines, gzip, base64. The account names the fate of every event by its index in the request:
acked (in Kafka, for good) + rejected (never will be) + unresolved (nobody knows: send again with
the same ids) = received.
"""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from handlers.contract.limits import BATCH_MAX_EVENTS
from handlers.runtime.errors import CODE

ENCODING = "gzip+base64"
GZIP_LEVEL = 3  # level 9 is a tenth smaller and takes eight times as long
_GZIP_FORMAT = 31  # zlib's window bits for one gzip member


class UnpackError(ValueError):
    """The packed lines are not what they should be; the text says how."""


def pack(lines: Iterable[bytes]) -> str:
    """JSON lines (no newline in any of them) as the text of a request; the same for the same."""
    return pack_text(b"\n".join(lines))


def pack_text(lines: bytes | memoryview) -> str:
    """JSON lines, between newlines or each before one, as the text of a request."""
    return base64.b64encode(gzip.compress(lines, GZIP_LEVEL, mtime=0)).decode()


class TooManyLinesError(ValueError):
    """More lines than there may be; `lines` are at least so many."""

    def __init__(self, lines: int) -> None:
        super().__init__(f"{lines} lines")
        self.lines = lines


class TooLongError(ValueError):
    """The lines have more bytes than they may have; `size` is at least so many."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} bytes when unpacked")
        self.size = size


def unpack(text: str, max_bytes: int, max_lines: int = BATCH_MAX_EVENTS) -> list[bytes]:
    """The lines of a packed text; a newline at its end adds none.

    Raises UnpackError when it is no base64, no gzip or cut short, TooLongError when it unpacks to
    over `max_bytes`, and TooManyLinesError before that many lines take up memory.
    """
    try:
        packed = base64.b64decode(text, validate=True)
    except ValueError as problem:
        raise UnpackError("no base64") from problem
    stream = zlib.decompressobj(_GZIP_FORMAT)
    try:
        content = stream.decompress(packed, max_bytes + 1)
    except zlib.error as problem:
        raise UnpackError("no gzip") from problem
    if len(content) > max_bytes:
        raise TooLongError(len(content))
    if not stream.eof:
        raise UnpackError("cut short")
    if stream.unused_data:
        raise UnpackError("followed by something after its end")
    breaks = content.count(b"\n")
    if breaks > max_lines:
        raise TooManyLinesError(breaks)
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


@dataclass(frozen=True)
class Rejection:
    """An event that was not sent and never will be as it is: `reason` is a code."""

    index: int
    reason: str
    detail: str


@dataclass(frozen=True)
class Account:
    """What became of every event of a request; `error` is what kept events unresolved."""

    batch_id: str
    topic: str
    received: int
    acked: int
    rejected: tuple[Rejection, ...] = ()
    unresolved: tuple[int, ...] = ()
    error: Mapping[str, object] | None = field(default=None)

    def __post_init__(self) -> None:
        """Raises ValueError when an event is missing from the account, in it twice or unknown."""
        named = [*(one.index for one in self.rejected), *self.unresolved]
        if len(set(named)) != len(named) or not all(0 <= one < self.received for one in named):
            raise ValueError(f"the account of batch {self.batch_id} names an event twice, or none")
        if self.acked + len(self.rejected) + len(self.unresolved) != self.received:
            raise ValueError(
                f"the account of batch {self.batch_id} is wrong: {self.acked} acked, "
                f"{len(self.rejected)} rejected, {len(self.unresolved)} unresolved, "
                f"{self.received} received"
            )

    def as_reply(self) -> dict[str, object]:
        """The account as the producer replies it."""
        reply: dict[str, object] = {
            "batch_id": self.batch_id,
            "topic": self.topic,
            "received": self.received,
            "acked": self.acked,
            "rejected": [
                {"index": one.index, "reason": one.reason, "detail": one.detail}
                for one in self.rejected
            ],
            "unresolved": list(self.unresolved),
        }
        return reply if self.error is None else {**reply, "error": dict(self.error)}

    @classmethod
    def of_reply(cls, reply: Mapping[str, object]) -> Account:
        """The account of a producer's reply. Raises KeyError, TypeError or ValueError if it is none
        (a refused request has `error` and no account)."""
        rejected, unresolved = reply["rejected"], reply["unresolved"]
        received, acked, error = reply["received"], reply["acked"], reply.get("error")
        if not (isinstance(rejected, list) and isinstance(unresolved, list)):
            raise TypeError("rejected and unresolved must be lists")
        if not (type(received) is int and type(acked) is int):  # and not `true`, which counts as 1
            raise TypeError("received and acked must be whole numbers")
        if not (error is None or isinstance(error, dict)):
            raise TypeError("error must be an object")
        indices = [*unresolved, *(one["index"] for one in rejected)]
        if not all(type(index) is int for index in indices):
            raise TypeError("indices must be whole numbers")
        return cls(
            batch_id=_text(reply["batch_id"]),
            topic=_text(reply["topic"]),
            received=received,
            acked=acked,
            rejected=tuple(_rejection(**one) for one in rejected),
            unresolved=tuple(unresolved),
            error=error,
        )


def _rejection(index: int, reason: object, detail: object) -> Rejection:
    code = _text(reason)
    if CODE.fullmatch(code) is None:
        raise ValueError("a reason must be a code")
    return Rejection(index, code, _text(detail))


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError("batch_id, topic, reason and detail must be texts")
    given.encode()  # a ValueError for what cannot be written
    return given
