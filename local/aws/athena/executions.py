"""Query executions: from QUEUED to their end, and the last few of them.

They live in memory: the last KEPT are known, and none after a restart of the emulator (AWS keeps
45 days). What they wrote to S3 stays.
"""

from __future__ import annotations

import contextvars
import tempfile
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from local.aws.athena import access, metadata, results
from local.aws.athena.catalog import Catalog, split_uri
from local.aws.athena.engine import Engine, EngineError, Page
from local.aws.athena.statement import RefusedError, Statement, Step

KEPT = 500
SLOTS = 8  # statements that run at once; the others are QUEUED
MEMORY_BYTES = 4 << 20  # of a result before it waits on disk to be stored
CANCELLED_BY_USER = "Query was cancelled by user"
CUTOFF = "Bytes scanned limit was exceeded"
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
USER_ERRORS, SYSTEM_ERRORS = 2, 1
USER_ERROR, INTERNAL_ERROR = 1000, 100  # ErrorType of Athena's error catalogue
ENGINE_ENDED = ("USER_CANCELED", "ABANDONED_QUERY")

Allowed = Callable[[str, str, str, dict[str, str]], bool]


class DeniedError(Exception):
    """The caller may not do what the statement does; the text is Athena's reason."""


@dataclass(frozen=True)
class Order:
    """What was asked, and by whom. `output` is the result folder, with a slash at its end."""

    id: str
    caller: str
    region: str
    account: str
    workgroup: str
    database: str
    sql: str
    parameters: tuple[str, ...]
    output: str
    enforced: bool = False
    cutoff_bytes: int | None = None
    encryption: dict[str, str] = field(default_factory=dict)
    reuse: dict[str, Any] = field(default_factory=lambda: {"Enabled": False})

    @property
    def place(self) -> access.Place:
        """Whose ARNs count."""
        return access.Place(self.region, self.account, self.workgroup)


class Execution:
    """One statement on its way."""

    def __init__(self, order: Order, statement: Statement | None, refused: str = "") -> None:
        self.order = order
        self.statement = statement
        self.refused = refused
        self.state, self.reason = "QUEUED", ""
        self.error_kind: int | None = None
        self.submitted_at = time.time()
        self.completed_at: float | None = None
        self.accepted = threading.Event()
        """The engine has understood the statement, or the execution is over."""
        self.malformed = ""
        self.scanned_bytes = 0
        self.stats: dict[str, Any] = {}
        self.update_count = 0
        self.manifest = ""
        self.table: results.Table | None = None
        self.reused: Execution | None = None  # an earlier one whose result answers this one
        self._cancelled = threading.Event()

    @property
    def type(self) -> str:
        """DML, DDL or UTILITY."""
        return self.statement.type if self.statement else "DML"

    @property
    def output(self) -> str:
        """Where the result is."""
        if self.reused is not None:
            return self.reused.output
        return f"{self.order.output}{self.order.id}.{'csv' if self.type == 'DML' else 'txt'}"

    def cancel(self, reason: str) -> None:
        """Ask it to end; it does so within a second, and at once when it has not begun."""
        if not self._cancelled.is_set() and self.state not in FINAL:
            self.reason = reason
            self._cancelled.set()

    def run(self, engine: Engine, catalog: Catalog, allowed: Allowed) -> None:
        """Do it, in a thread of its own, and end in a final state. Raises nothing."""
        self.state = "RUNNING"
        try:
            if not self._cancelled.is_set():
                self._run(engine, catalog, allowed)
            self.end("CANCELLED" if self._cancelled.is_set() else "SUCCEEDED", self.reason)
        except (RefusedError, DeniedError, ValueError) as problem:
            self.end("FAILED", str(problem), USER_ERRORS)
        except access.UnreadableError as problem:
            self.end(
                "FAILED", f"{DENIED}the statement is not checked, because {problem}", USER_ERRORS
            )
        except EngineError as problem:
            self._end_engine(problem)
        # A thread has nobody to raise to: whoever waits for this execution must see it fail.
        except Exception as problem:  # noqa: BLE001
            self.end(
                "FAILED", f"INTERNAL_ERROR: {type(problem).__name__}: {problem}", SYSTEM_ERRORS
            )

    def end(self, state: str, reason: str = "", error_kind: int | None = None) -> None:
        """The final state, once."""
        if self.state in FINAL:
            return
        self.error_kind, self.completed_at, self.reason = error_kind, time.time(), reason
        self.state = state
        self.accepted.set()

    def _end_engine(self, problem: EngineError) -> None:
        if self._cancelled.is_set() or problem.name in ENGINE_ENDED:
            self.end("CANCELLED", self.reason or CANCELLED_BY_USER)
            return
        if problem.name == "SYNTAX_ERROR":
            self.malformed = problem.message
        hint = ""
        if problem.name == "COLUMN_NOT_FOUND":
            hint = " or requester is not authorized to access requested resources"
        kind = USER_ERRORS if problem.kind == "USER_ERROR" else SYSTEM_ERRORS
        self.end("FAILED", f"{problem}{hint}", kind)

    def _run(self, engine: Engine, catalog: Catalog, allowed: Allowed) -> None:
        if self.refused:
            raise RefusedError(self.refused)
        statement = self.statement
        assert statement is not None  # only a refused execution has none
        self._check(statement, catalog, allowed)
        self._check_places(statement, catalog)
        if self.reused is not None:
            self.table = self.reused.table
            return
        with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as file:
            self.table = results.Table(file, quoted=statement.type == "DML")
            if statement.steps:
                self._ask(statement, engine)
            else:
                self._look_up(statement, catalog)
            if self._cancelled.is_set():
                return
            if statement.kind == "UNLOAD":
                self._list_unloaded(statement, catalog)
            file.seek(0)
            catalog.put(self.output, file, self.order.encryption)

    def _check(self, statement: Statement, catalog: Catalog, allowed: Allowed) -> None:
        caller = self.order.caller
        if caller.endswith(":root"):
            access.require_catalog(statement)
            return
        rights = access.rights(statement, self.order.database, catalog, self.order.place)
        for wanted in (*access.storing(self.output), *rights):
            if not allowed(caller, wanted.action, wanted.resource, wanted.context):
                raise DeniedError(
                    f"{DENIED}User: {caller} is not authorized to perform: {wanted.action} on "
                    f"resource: {wanted.resource} because no identity-based policy allows the "
                    f"{wanted.action} action"
                )

    def _check_places(self, statement: Statement, catalog: Catalog) -> None:
        bucket = split_uri(self.output)[0]
        if not catalog.bucket_exists(bucket):
            raise RefusedError(f"Unable to verify/create output bucket {bucket}")
        if statement.own_location and self.order.enforced:
            raise RefusedError(
                "The Create Table As Select query failed because it was submitted with an "
                "'external_location' property to an Athena Workgroup that enforces a centralized "
                "output location for all queries. Please remove the 'external_location' property "
                "and resubmit the query."
            )

    def _look_up(self, statement: Statement, catalog: Catalog) -> None:
        self.accepted.set()
        names, rows = metadata.answer(statement, catalog, self.order.workgroup)
        assert self.table is not None
        self.table.head([results.text_column(name) for name in names])
        self.table.add([list(row) for row in rows])

    def _ask(self, statement: Statement, engine: Engine) -> None:
        try:
            for step in statement.steps:
                self._ask_step(step, engine)
        finally:
            if statement.cleanup:
                for _ in engine.pages(statement.cleanup, self.order.database, lambda: False):
                    pass

    def _ask_step(self, step: Step, engine: Engine) -> None:
        before, page = self.scanned_bytes, None
        writers: list[results.Writer] = []
        for page in engine.pages(step, self.order.database, self._cancelled.is_set):
            if page.stats.get("state") not in ("QUEUED", None):
                self.accepted.set()
            self.scanned_bytes = before + page.scanned_bytes
            if self.order.cutoff_bytes and self.scanned_bytes > self.order.cutoff_bytes:
                self.cancel(CUTOFF)
            if step.answers and not page.update:
                self._keep(page, writers)
        if page is not None:
            self.stats = page.stats
            if page.update in ("CREATE TABLE", "INSERT"):
                self.update_count = page.update_count or 0

    def _keep(self, page: Page, writers: list[results.Writer]) -> None:
        """Write a page's rows; `writers` are filled when the columns become known."""
        assert self.table is not None
        if page.columns and not writers:
            writers += [results.writer(c["typeSignature"]) for c in page.columns]
            self.table.head([results.column(c["name"], c["typeSignature"]) for c in page.columns])
        self.table.add(
            [write(value) for write, value in zip(writers, row, strict=True)] for row in page.rows
        )

    def _list_unloaded(self, statement: Statement, catalog: Catalog) -> None:
        bucket, prefix = split_uri(f"{statement.location.rstrip('/')}/")
        names = "".join(f"s3://{bucket}/{key}\n" for key in catalog.keys(bucket, prefix))
        self.manifest = f"{self.order.output}{self.order.id}-manifest.csv"
        catalog.put(self.manifest, names.encode(), self.order.encryption)


DENIED = "Insufficient permissions to execute the query. AccessDeniedException: "


class Executions:
    """The executions of one emulator, and the threads that run them."""

    def __init__(self, engine: Engine, catalog: Catalog, allowed: Allowed) -> None:
        self.engine, self.catalog, self.allowed = engine, catalog, allowed
        self.known: OrderedDict[str, Execution] = OrderedDict()
        self._tokens: dict[tuple[str, str], str] = {}
        self._pool = ThreadPoolExecutor(SLOTS, "athena", initializer=catalog.connect)
        self._pool.submit(access.tables, "SELECT 1", (), "")  # clients and parser, before a query

    def start(self, execution: Execution, token: str) -> None:
        """Run it as soon as a slot is free, in the context (account, region) of the request."""
        order = execution.order
        self.known[order.id] = execution
        if token:
            self._tokens[(order.caller, token)] = order.id
        self._forget_old()
        context = contextvars.copy_context()
        self._pool.submit(context.run, execution.run, self.engine, self.catalog, self.allowed)

    def find(self, execution_id: str) -> Execution | None:
        """The execution of an id, or None when it is not known (any more)."""
        return self.known.get(execution_id)

    def by_token(self, caller: str, token: str) -> Execution | None:
        """The execution that a ClientRequestToken of a caller started."""
        return self.known.get(self._tokens.get((caller, token), ""))

    def of(self, workgroup: str) -> list[str]:
        """The ids of a workgroup's executions, latest first."""
        return [e.order.id for e in reversed(self.known.values()) if e.order.workgroup == workgroup]

    def drop(self, execution: Execution) -> None:
        """Forget an execution that was refused at its submission."""
        self.known.pop(execution.order.id, None)

    def _forget_old(self) -> None:
        over = len(self.known) - KEPT
        ended = [e for e in self.known.values() if e.state in FINAL]
        for execution in ended[: max(over, 0)]:
            self.drop(execution)
        if len(self._tokens) > 2 * KEPT:
            self._tokens = {t: i for t, i in self._tokens.items() if i in self.known}


def new_id() -> str:
    """An id as Athena gives it."""
    return str(uuid.uuid4())
