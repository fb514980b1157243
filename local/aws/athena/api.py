"""Athena's operations on query executions; what else Athena has stays the emulator's."""

from __future__ import annotations

import asyncio
import contextvars
import json
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from local.aws import permissions
from local.aws.athena import access, reuse, statements
from local.aws.athena.description import describe
from local.aws.athena.executions import (
    CANCELLED_BY_USER,
    FINAL,
    Execution,
    Executions,
    Order,
    new_id,
)
from local.aws.athena.lexer import StatementError
from local.aws.athena.statement import CATALOG, Context, RefusedError
from local.aws.seams import Answer, Request, Stock, answer, refuse

INVALID = "InvalidRequestException"
STATEMENT_BYTES = 262_144
PARAMETER_CHARACTERS = 1024
PAGE_ROWS = 1000
LIST_PAGE = 50
ACCEPT_SECONDS = 3.0  # how long a submission waits to hear of a syntax error
SLOT_SECONDS = 0.25  # and how long for a slot: a statement that is queued is not yet understood
POLL_SECONDS = 0.01
THREADS = 8  # that ask the emulator back for a request that is being served

Document = dict[str, Any]
T = TypeVar("T")


class Api:
    """The operations, over the executions of one emulator."""

    def __init__(self, executions: Executions, region: str) -> None:
        self.executions = executions
        self.region = region
        self._pool = ThreadPoolExecutor(THREADS, "athena-api")
        self.operations: dict[str, Callable[[Document], Coroutine[Any, Any, Answer]]] = {
            "GetQueryExecution": self.get,
            "BatchGetQueryExecution": self.batch,
            "ListQueryExecutions": self.list,
            "StopQueryExecution": self.stop,
            "GetQueryResults": self.results,
        }

    async def handle(self, request: Request, stock: Stock) -> Answer:
        """Answer what concerns executions, hand on the rest."""
        if request.action == "StartQueryExecution":
            return await self.start(request, stock)
        operation = self.operations.get(request.action)
        return await (operation(request.document) if operation else stock(request))

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do it in a thread, in the context of the request: it asks the emulator back."""
        run = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: run(work, *arguments)
        )

    async def start(self, request: Request, stock: Stock) -> Answer:
        """StartQueryExecution."""
        document = request.document
        caller = permissions.caller_arn()
        token = str(document.get("ClientRequestToken", ""))
        sql = document.get("QueryString", "")
        again = self.executions.by_token(caller, token) if token else None
        if again is not None:
            if again.order.sql != sql:
                return refuse(INVALID, "Idempotent parameters do not match")
            return answer({"QueryExecutionId": again.order.id})
        if not sql.strip() or len(sql.encode()) > STATEMENT_BYTES:
            return refuse(INVALID, f"queryString must have from 1 to {STATEMENT_BYTES} bytes")
        if not all(0 < len(value) <= PARAMETER_CHARACTERS for value in _parameters(document)):
            return refuse(
                INVALID,
                f"executionParameters must have from 1 to {PARAMETER_CHARACTERS} characters",
            )
        order = await self._order(document, caller, request, stock)
        if not isinstance(order, Order):
            return order
        try:
            execution = await self._read(order)
        except StatementError as problem:
            return _malformed(str(problem))
        reuse.apply(self.executions.known.values(), execution)
        self.executions.start(execution, token)
        await _accepted(execution)
        if execution.malformed:
            self.executions.drop(execution)
            return _malformed(execution.malformed)
        return answer({"QueryExecutionId": order.id})

    async def _read(self, order: Order) -> Execution:
        """The execution; a statement that is refused becomes one that fails.

        Raises StatementError when it is no SQL of Athena's.
        """
        catalog = self.executions.catalog

        def prepared(name: str) -> str | None:
            resource = order.place.workgroup_arn
            if not permissions.allowed(order.caller, "athena:GetPreparedStatement", resource):
                raise RefusedError(
                    f"AccessDeniedException: User: {order.caller} is not authorized to perform: "
                    f"athena:GetPreparedStatement on resource: {resource}"
                )
            catalog.connect()
            return catalog.prepared(order.workgroup, name)

        context = Context(order.id, order.output, order.database, prepared)
        try:
            statement = await self._aside(statements.read, order.sql, order.parameters, context)
        except RefusedError as refused:
            return Execution(order, None, str(refused))
        return Execution(order, statement)

    async def _order(
        self, document: Document, caller: str, request: Request, stock: Stock
    ) -> Order | Answer:
        name = document.get("WorkGroup", "primary")
        group = await _workgroup(name, request, stock)
        if group is None:
            return refuse(INVALID, f"WorkGroup {name} is not found.")
        if group.get("State") == "DISABLED":
            return refuse(INVALID, f"WorkGroup {name} is disabled.")
        settings = group.get("Configuration", {})
        enforced = bool(settings.get("EnforceWorkGroupConfiguration"))
        theirs = settings.get("ResultConfiguration", {})
        mine = document.get("ResultConfiguration", {})
        used = theirs if enforced else {**theirs, **mine}
        output = used.get("OutputLocation") or ("" if not enforced else mine.get("OutputLocation"))
        if not output:
            return refuse(
                INVALID,
                "No output location provided. An output location is required either through the "
                "Workgroup result configuration setting or as an API input.",
            )
        if not output.startswith("s3://") or len(output) == len("s3://"):
            return refuse(INVALID, "outputLocation is not a valid S3 path.")
        try:
            reusing = reuse.configuration(document)
        except ValueError as problem:
            return refuse(INVALID, str(problem))
        context = document.get("QueryExecutionContext", {})
        if context.get("Catalog", CATALOG).lower() != CATALOG:
            return refuse(INVALID, f"Catalog {context['Catalog'][:80]} is not found.")
        return Order(
            id=new_id(),
            caller=caller,
            region=self.region,
            account=caller.split(":")[4],
            workgroup=name,
            database=context.get("Database", "default").lower(),
            sql=document["QueryString"],
            parameters=_parameters(document),
            output=f"{output.rstrip('/')}/",
            enforced=enforced,
            cutoff_bytes=settings.get("BytesScannedCutoffPerQuery"),
            encryption=used.get("EncryptionConfiguration") or {},
            reuse=reusing,
        )

    async def get(self, document: Document) -> Answer:
        """GetQueryExecution."""
        execution = self.executions.find(document.get("QueryExecutionId", ""))
        return (
            _unknown(document)
            if execution is None
            else answer({"QueryExecution": describe(execution)})
        )

    async def batch(self, document: Document) -> Answer:
        """BatchGetQueryExecution, without what is of a workgroup that the caller may not see."""
        caller = permissions.caller_arn()
        found, missing = [], []
        for execution_id in document.get("QueryExecutionIds", []):
            execution = self.executions.find(execution_id)
            if execution is not None and permissions.allowed(
                caller, "athena:BatchGetQueryExecution", execution.order.place.workgroup_arn
            ):
                found.append(describe(execution))
            else:
                missing.append({"QueryExecutionId": execution_id, "ErrorCode": "INVALID_INPUT"})
        return answer({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing})

    async def list(self, document: Document) -> Answer:
        """ListQueryExecutions."""
        ids = self.executions.of(document.get("WorkGroup", "primary"))
        start = int(document.get("NextToken") or 0)
        end = start + int(document.get("MaxResults") or LIST_PAGE)
        more = {"NextToken": str(end)} if end < len(ids) else {}
        return answer({"QueryExecutionIds": ids[start:end], **more})

    async def stop(self, document: Document) -> Answer:
        """StopQueryExecution; one that has ended stays as it is."""
        execution = self.executions.find(document.get("QueryExecutionId", ""))
        if execution is None:
            return _unknown(document)
        execution.cancel(CANCELLED_BY_USER)
        return answer({})

    async def results(self, document: Document) -> Answer:
        """GetQueryResults, read from the object in S3."""
        execution = self.executions.find(document.get("QueryExecutionId", ""))
        if execution is None:
            return _unknown(document)
        if execution.state not in FINAL:
            return refuse(INVALID, f"Query has not yet finished. Current state: {execution.state}")
        if execution.state != "SUCCEEDED":
            return refuse(
                INVALID,
                f"Query did not finish successfully. Final query state: {execution.state}",
            )
        caller, right = permissions.caller_arn(), access.fetching(execution.output)
        if not permissions.allowed(caller, right.action, right.resource):
            return refuse(
                "AccessDeniedException",
                f"User: {caller} is not authorized to perform: {right.action} on resource: "
                f"{right.resource}",
            )
        start = int(document.get("NextToken") or 0)
        count = int(document.get("MaxResults") or PAGE_ROWS)
        return await self._aside(self._page, execution, start, count)

    def _page(self, execution: Execution, start: int, count: int) -> Answer:
        table = execution.table
        assert table is not None  # a succeeded execution has one
        first, end = table.place(start, count)
        body = self.executions.catalog.read(execution.output, first, end) if end > first else b""
        rows = [
            {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
            for row in table.rows(body)
        ]
        more = {"NextToken": str(start + count)} if start + count < table.lines else {}
        columns = {"ColumnInfo": table.columns}
        return answer(
            {
                "ResultSet": {"Rows": rows, "ResultSetMetadata": columns},
                "UpdateCount": execution.update_count,
                **more,
            }
        )


async def _accepted(execution: Execution) -> None:
    """Wait until the engine has understood the statement, a while at most."""
    began = time.monotonic()
    while not execution.accepted.is_set():
        waited = time.monotonic() - began
        if waited > (SLOT_SECONDS if execution.state == "QUEUED" else ACCEPT_SECONDS):
            return
        await asyncio.sleep(POLL_SECONDS)


async def _workgroup(name: str, request: Request, stock: Stock) -> Document | None:
    target = {**request.headers, "x-amz-target": "AmazonAthena.GetWorkGroup"}
    body = json.dumps({"WorkGroup": name}).encode()
    status, _, content = await stock(Request("POST", "/", target, body, {}))
    found: Document | None = json.loads(content)["WorkGroup"] if status == 200 else None
    return found


def _unknown(document: Document) -> Answer:
    return refuse(INVALID, f"QueryExecution {document.get('QueryExecutionId')} was not found")


def _parameters(document: Document) -> tuple[str, ...]:
    return tuple(document.get("ExecutionParameters") or ())


def _malformed(message: str) -> Answer:
    document = {"__type": INVALID, "message": message, "Message": message}
    status, headers, _ = refuse(INVALID, message)
    body = json.dumps({**document, "AthenaErrorCode": "MALFORMED_QUERY"}).encode()
    return status, headers, body
