"""The worker: one delivery for each stream that the Firehose API lists, and the status file."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

from local.delivery import progress
from local.delivery.account import client
from local.delivery.crash import Crash
from local.delivery.delivery import Delivery
from local.delivery.metrics import SECONDS as METRICS_SECONDS
from local.delivery.metrics import Metrics
from local.delivery.part import status_file
from local.delivery.stream import Stream
from local.settings import Laptop

STATUS_SECONDS = 1.0
LIST_SECONDS = 2.0
ANSWER_SECONDS = 3.0  # listing is done between two writings of the status
END_SECONDS = 9.0
log = logging.getLogger(__name__)


class Worker:
    """Keeps the deliveries in step with the streams; `stop` ends `run`."""

    def __init__(self, laptop: Laptop, crash: Crash) -> None:
        self._laptop = laptop
        self._crash = crash
        self._firehose: Any = client(laptop, "firehose", read_seconds=ANSWER_SECONDS)
        self._metrics = Metrics(laptop)
        self._deliveries: dict[str, Delivery] = {}
        self._stopping = threading.Event()
        self._end_by = 0.0
        self._error: str | None = None

    def stop(self) -> None:
        """Ask `run` to flush and to return."""
        self._end_by = time.monotonic() + END_SECONDS
        self._stopping.set()

    def run(self) -> None:
        """Work until stopped; then store what is buffered, within END_SECONDS.

        One worker at a time delivers: a second one waits for the first to end.
        """
        status_file(self._laptop).parent.mkdir(parents=True, exist_ok=True)
        with self._alone() as alone:
            if alone:
                self._work()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """Wait to be the only worker of this stack; False when stopped before."""
        with status_file(self._laptop).with_name("lock").open("a") as lock:
            told = False
            while not self._stopping.is_set():
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if not told:
                        log.warning("another worker delivers; this one waits for it to end")
                        told = True
                    self._stopping.wait(STATUS_SECONDS)
                else:
                    yield True
                    return
            yield False

    def _work(self) -> None:
        listed_at = measured_at = 0.0
        while True:
            if time.monotonic() - listed_at >= LIST_SECONDS:
                self._follow()
                listed_at = time.monotonic()
            self._tell()
            if time.monotonic() - measured_at >= METRICS_SECONDS:
                self._measure()
                measured_at = time.monotonic()
            if self._stopping.wait(STATUS_SECONDS):
                break
        for delivery in self._deliveries.values():
            delivery.end(flush=True)
        for delivery in self._deliveries.values():
            delivery.join(max(0.0, self._end_by - time.monotonic()))
        self._tell()
        self._measure()

    def _measure(self) -> None:
        for name, delivery in self._deliveries.items():
            if not self._metrics.tell(name, delivery.progress):
                return  # the others would wait as long

    def _tell(self) -> None:
        streams = {name: delivery.progress for name, delivery in self._deliveries.items()}
        try:
            progress.write(status_file(self._laptop), streams, self._error)
        except OSError as error:  # as on a full disk: what is told is old, what is delivered is not
            log.warning("the status cannot be written: %s", error.strerror)

    def _follow(self) -> None:
        """Begin new streams, end deleted ones, hand changes on; keep all when none can be seen.

        One that ended by itself is begun anew: what it had not stored is read again.
        """
        try:
            found, odd = self._streams()
        except Exception as error:  # whatever it is, the streams that are known go on
            log.debug("the streams cannot be listed", exc_info=True)
            self._failed(
                f"E_DELIVERY_EMULATOR: {type(error).__name__}: the streams cannot be listed"
            )
            return
        self._failed(*odd)
        for name, delivery in list(self._deliveries.items()):
            stream = found.get(name)
            if not delivery.is_alive():
                log.error("stream %s ended by itself; it begins again where it was noted", name)
                del self._deliveries[name]
            elif stream is None or stream.group != delivery.stream.group:
                log.info("stream %s ends", name)
                delivery.end(flush=False)
                del self._deliveries[name]
            elif stream != delivery.stream:
                delivery.stream = stream
        for name, stream in found.items():
            if name not in self._deliveries:
                log.info("stream %s begins: topic %s to %s", name, stream.topic, stream.bucket)
                self._deliveries[name] = Delivery(self._laptop, stream, self._crash)
                self._deliveries[name].start()

    def _failed(self, *errors: str) -> None:
        """Say what is wrong with the list: always to the status, and once to the log."""
        text = "; ".join(errors) or None
        if text is not None and text != self._error:
            log.warning(text)
        self._error = text

    def _streams(self) -> tuple[dict[str, Stream], list[str]]:
        """The streams, and what is wrong with those that cannot be read; one at work goes on."""
        names: list[str] = []
        more = True
        while more:
            after = {"ExclusiveStartDeliveryStreamName": names[-1]} if names else {}
            page = self._firehose.list_delivery_streams(**after)
            names += page["DeliveryStreamNames"]
            more = page["HasMoreDeliveryStreams"] and bool(page["DeliveryStreamNames"])
        found, odd = {}, []
        for name in names:
            described = self._firehose.describe_delivery_stream(DeliveryStreamName=name)
            try:
                stream = Stream.read(described["DeliveryStreamDescription"])
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                odd.append(
                    f"E_DELIVERY_STREAM: stream {name[:80]} is not described as AWS does "
                    f"({error!r:.80}); fix: delete it and create it again"
                )
                stream = self._deliveries[name].stream if name in self._deliveries else None
            if stream is not None:
                found[name] = stream
        return found, odd
