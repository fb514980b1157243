"""Where a run's reference data come from: memory, S3, or the data loader. Never from nowhere.

The pointer is read at each run: it is small, and it tells when versions changed. Documents are
immutable and stay in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.contract.limits import SESSION_MAX_SECONDS
from handlers.contract.reference_document import (
    POINTER_KEY,
    Document,
    Pointer,
    ReferenceCorruptError,
    document_key,
)
from handlers.runtime.clock import parse_rfc3339, rfc3339
from handlers.runtime.errors import Kind, PipelineError
from handlers.runtime.logs import Log
from handlers.runtime.objects import Bucket, ObjectMissingError
from handlers.telemetry_generator.calls import Function, in_body, told
from handlers.telemetry_generator.reference import Reference
from handlers.telemetry_generator.run import InForce, used_from

MEMORY = "memory"
CACHE = "cache"
DATA_LOADER = "data_loader"
# Versions kept in a container: the one in force and those that open sessions may still use.
VERSIONS_IN_MEMORY = 4


@dataclass(frozen=True)
class Found:
    """The references of a run, and what the reply says of them.

    `age_seconds`: how long ago the data were read last; first, where `is_recalled`: a later
    attempt takes the versions of the first.
    """

    references: list[InForce]
    source: str
    age_seconds: float
    is_recalled: bool = False

    @property
    def version(self) -> str:
        """The newest version."""
        return self.references[-1].reference.version

    def history(self) -> list[dict[str, str]]:
        """The versions and since when, as the ledger keeps them."""
        return [
            {"version": item.reference.version, "in_force_from": rfc3339(item.since)}
            for item in self.references
        ]


class Source:
    """Finds reference data; keep one a container, so that documents stay in memory."""

    def __init__(self, bucket: Bucket, loader: Function, log: Log) -> None:
        self.bucket = bucket
        self.loader = loader
        self.log = log
        self._loaded: dict[str, Reference] = {}

    def current(self, now: datetime, window: tuple[datetime, datetime]) -> Found:
        """The versions in force in `window`, from a cache that is neither stale nor corrupt.

        Raises PipelineError E_REF_*: without reference data there are no events.
        """
        pointer = self._pointer()
        if pointer is not None and not pointer.is_stale(now):
            try:
                return self._found(self._needed(pointer, window), None, pointer, now)
            except PipelineError as error:
                if error.kind is Kind.DENIED:  # the data loader cannot grant it
                    raise
                self.log.warning("the cached reference is unusable", code=error.code)
        self._refresh(force=pointer is not None and not pointer.is_stale(now))
        pointer = self._pointer()
        if pointer is None or pointer.is_stale(now):
            raise PipelineError(
                "E_REF_UNAVAILABLE",
                "missing or stale though the data loader replied",
                field=POINTER_KEY,
                fix="invoke the data loader and read its reply",
                kind=Kind.DEPENDENCY,
            )
        return self._found(self._needed(pointer, window), DATA_LOADER, pointer, now)

    def _needed(
        self, pointer: Pointer, window: tuple[datetime, datetime]
    ) -> Sequence[dict[str, str]]:
        """The history as far as sessions with events in `window` use it."""
        first = window[0] - timedelta(seconds=SESSION_MAX_SECONDS)
        used = [used_from(parse_rfc3339(entry["in_force_from"])) for entry in pointer.history]
        if window[0] < used[0]:
            self.log.info(
                "the window begins before the oldest reference version that is known: it stands in",
                in_force_from=pointer.history[0]["in_force_from"],
            )
        needed = [
            entry
            for entry, begin, end in zip(pointer.history, used, [*used[1:], None], strict=True)
            if begin < window[1] and (end is None or end > first)
        ]
        return needed or pointer.history[:1]

    def of_history(self, history: Sequence[dict[str, str]], now: datetime) -> Found:
        """The versions that a ledger record names. Raises PipelineError E_REF_CACHE."""
        return self._found(history, None, None, now)

    def _found(
        self,
        history: Sequence[dict[str, str]],
        source: str | None,
        pointer: Pointer | None,
        now: datetime,
    ) -> Found:
        known = all(entry["version"] in self._loaded for entry in history)
        checksums = {pointer.version: pointer.checksum} if pointer else {}
        references = [
            InForce(
                self._load(entry["version"], checksums.get(entry["version"])),
                parse_rfc3339(entry["in_force_from"]),
            )
            for entry in history
        ]
        source = source or (MEMORY if known else CACHE)
        if pointer is not None:
            return Found(references, source, pointer.age_seconds(now))
        created_at = parse_rfc3339(references[-1].reference.created_at)
        return Found(references, source, (now - created_at).total_seconds(), is_recalled=True)

    def _load(self, version: str, checksum: str | None) -> Reference:
        if version not in self._loaded:
            key = document_key(version)
            try:
                document = Document.decode(self.bucket.get(key), version, checksum)
            except (ObjectMissingError, ReferenceCorruptError) as error:
                problem = (
                    "missing or denied" if isinstance(error, ObjectMissingError) else str(error)
                )
                raise PipelineError(
                    "E_REF_CACHE",
                    f"unusable ({problem})",
                    field=key,
                    fix='invoke the data loader with {"force_refresh": true}',
                    kind=Kind.DEPENDENCY,
                ) from error
            while len(self._loaded) >= VERSIONS_IN_MEMORY:
                del self._loaded[next(iter(self._loaded))]
            self._loaded[version] = Reference.of(document)
        return self._loaded[version]

    def _pointer(self) -> Pointer | None:
        try:
            return Pointer.decode(self.bucket.get(POINTER_KEY))
        except ObjectMissingError as error:
            self.log.info("there is no reference cache", denied=error.denied)
        except ReferenceCorruptError as error:
            self.log.warning("the reference pointer is unusable", why=error)
        return None

    def _refresh(self, force: bool) -> None:
        reply = self.loader.call({"force_refresh": True} if force else {})
        if reply.get("statusCode") == 200:
            return
        error = in_body(reply) or {"code": "E_REF_UNAVAILABLE"}
        unsaid = "the data loader gave no reason"
        code, message, fix = told(error, unsaid, "read the data loader's log")
        kinds = {kind.status: kind for kind in Kind}
        status = reply.get("statusCode")
        kind = kinds.get(status, Kind.DEPENDENCY) if isinstance(status, int) else Kind.DEPENDENCY
        raise PipelineError(
            code,
            f"no reference data, no events: {message}",
            fix=fix,
            kind=kind,
        )
