"""The reference cache in S3: read and checked, published document first, then pointer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.contract.reference_document import (
    CLOCKS_DIFFER,
    POINTER_KEY,
    Document,
    Pointer,
    ReferenceCorruptError,
    document_key,
)
from handlers.runtime.clock import parse_rfc3339, rfc3339
from handlers.runtime.logs import Log
from handlers.runtime.objects import Bucket, ObjectExistsError, ObjectMissingError

# For so long a window is made again with the versions that were in force in it.
HISTORY_DAYS = 30
# Longer than a session lives and than the platform retries a run: ticks need these versions.
NEEDED_HOURS = 12
# A new version is for sessions that start a little later: no tick under way can have made them yet.
IN_FORCE_AFTER_SECONDS = 60


@dataclass(frozen=True)
class Cache:
    """The cache of one data bucket."""

    bucket: Bucket
    log: Log

    def usable(self, now: datetime) -> Pointer | None:
        """The pointer, where it is fresh and its document is whole; a reason is logged if not."""
        pointer = self.pointer()
        if pointer is None:
            return None
        if pointer.is_stale(now):
            self.log.info("the cache is stale", age_seconds=round(pointer.age_seconds(now)))
            return None
        try:
            body = self.bucket.get(pointer.key)
            Document.decode(body, pointer.version, pointer.checksum)
        except (ObjectMissingError, ReferenceCorruptError) as error:
            self.log.warning("the cached document is unusable", version=pointer.version, why=error)
            return None
        return pointer

    def pointer(self) -> Pointer | None:
        """The pointer, fresh or stale; None where there is none or it is corrupt (logged)."""
        try:
            return Pointer.decode(self.bucket.get(POINTER_KEY))
        except ObjectMissingError as error:
            self.log.info("there is no cache", denied=error.denied)
        except ReferenceCorruptError as error:
            self.log.warning("the cache's pointer is unusable", why=error)
        return None

    def publish(
        self, document: Document, activity: str, now: datetime, ttl_minutes: int
    ) -> Pointer:
        """Keep `document` and make it the one in force from `now` for `ttl_minutes`.

        A document of this version that is there already stays, unless it is corrupt.
        """
        key = document_key(document.version)
        body = document.encode()
        try:
            self.bucket.put_once(key, body, "application/gzip")
        except ObjectExistsError:
            existing = self.bucket.get(key)
            try:
                Document.decode(existing, document.version)
                body = existing
            except ReferenceCorruptError as error:
                self.log.warning("replaced a corrupt document", version=document.version, why=error)
                self.bucket.put(key, body, "application/gzip")
        pointer = Pointer(
            version=document.version,
            key=key,
            checksum=hashlib.sha256(body).hexdigest(),
            refreshed_at=rfc3339(now),
            expires_at=rfc3339(now + timedelta(minutes=ttl_minutes)),
            activity=activity,
            counts=document.counts,
            history=self._history(document.version, now),
        )
        self.bucket.put(POINTER_KEY, pointer.encode())
        return pointer

    def _history(self, version: str, now: datetime) -> list[dict[str, str]]:
        """The versions in force up to now and `version`, as far as their documents are whole; that
        of `version` is, those that no tick needs are not looked at. What is to come into force
        later than `version`, a wrong clock has written."""
        before = self.pointer()
        at = now + timedelta(seconds=IN_FORCE_AFTER_SECONDS)
        known = self._until(at + CLOCKS_DIFFER, before.history) if before else []
        entries = _since(known, now - timedelta(days=HISTORY_DAYS))
        if not entries or entries[-1]["version"] != version:
            # Never before the one that it follows, which another clock may have written.
            last = parse_rfc3339(entries[-1]["in_force_from"]) if entries else at
            entries.append({"version": version, "in_force_from": rfc3339(max(at, last))})
        needed = _since(entries, now - timedelta(hours=NEEDED_HOURS))
        whole = [
            entry
            for entry in entries
            if entry not in needed
            or entry["version"] == version
            or self._is_whole(entry["version"])
        ]
        if len(whole) < len(entries):
            self.log.warning("versions are gone", entries=len(entries) - len(whole))
        return whole

    def _until(self, newest: datetime, entries: list[dict[str, str]]) -> list[dict[str, str]]:
        """Those of `entries` that come into force at `newest` or before; the others are logged."""
        kept = [entry for entry in entries if parse_rfc3339(entry["in_force_from"]) <= newest]
        if len(kept) < len(entries):
            self.log.warning("versions of a wrong clock", entries=len(entries) - len(kept))
        return kept

    def _is_whole(self, version: str) -> bool:
        try:
            Document.decode(self.bucket.get(document_key(version)), version)
        except (ObjectMissingError, ReferenceCorruptError) as error:
            self.log.warning("a document is unusable", version=version, why=error)
            return False
        return True


def _since(entries: list[dict[str, str]], oldest: datetime) -> list[dict[str, str]]:
    """`entries` from the version on that was in force at `oldest`."""
    ended = [
        position
        for position in range(1, len(entries))
        if parse_rfc3339(entries[position]["in_force_from"]) <= oldest
    ]
    return entries[max(ended, default=0) :]
