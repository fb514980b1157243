"""Athena's API in front of the real engine: statements, results, executions, and who may read what.

The emulator's own Athena keeps workgroups, named queries, prepared statements and tags; this takes
over the query executions, names the workgroup that an execution belongs to (so that a right on one
workgroup holds), and mends one answer of Glue that the engine cannot read.
Reads ACME_EMULATOR_PORT, ACME_TRINO_PORT and ACME_REGION.
"""

from __future__ import annotations

import json
import os
from typing import Any

from local.aws import permissions, seams
from local.aws.athena.api import Api
from local.aws.athena.catalog import Catalog
from local.aws.athena.engine import Engine
from local.aws.athena.executions import Executions
from local.aws.seams import Answer, Request, Stock

SEAMS = {
    "ministack.core.iam_actions:extract_resource_arn": (
        "(service, method, path, headers, body, query_params, region, account_id)"
    ),
    "ministack.services.athena:_parse_ddl": "(query)",
    "ministack.services.athena:_run_ddl": "(ddl, database)",
    "ministack.services.athena:_named_queries": "AccountRegionScopedDict",
}
OF_PRIMARY = ("StartQueryExecution", "ListQueryExecutions")


def install() -> None:
    """Put the API before the emulator's Athena."""
    region = os.environ["ACME_REGION"]
    catalog = Catalog(f"http://127.0.0.1:{os.environ['ACME_EMULATOR_PORT']}", region)
    engine = Engine(int(os.environ["ACME_TRINO_PORT"]))
    executions = Executions(engine, catalog, permissions.allowed)
    seams.wrap("athena", Api(executions, region).handle)
    seams.wrap("glue", _mend)
    _name_workgroups(executions)


async def _mend(request: Request, stock: Stock) -> Answer:
    status, headers, body = await stock(request)
    if request.action in ("GetTable", "GetTables") and status == 200:
        body = without_empty_descriptions(body)
    return status, headers, body


def without_empty_descriptions(body: bytes) -> bytes:
    """An answer of GetTable(s) without `"Description": ""`.

    The emulator says so of a table that has none; the engine then takes the comment of a view for
    empty, and with it the mark by which it knows a view.
    """
    document = json.loads(body)
    for table in document.get("TableList", [document.get("Table")]):
        if table and not table.get("Description"):
            table.pop("Description", None)
    return json.dumps(document).encode()


def _name_workgroups(executions: Executions) -> None:
    from ministack.core import iam_actions

    stock = iam_actions.extract_resource_arn

    def extract_resource_arn(service: str, *request: Any) -> str:
        _, _, headers, body, _, region, account = request
        if service == "athena":
            action = headers.get("x-amz-target", "").rpartition(".")[2]
            name = resource_name(action, body, executions)
            if name:
                return f"arn:aws:athena:{region}:{account}:{name}"
        return str(stock(service, *request))

    iam_actions.extract_resource_arn = extract_resource_arn


def resource_name(action: str, body: bytes, executions: Executions) -> str:
    """The last part of the ARN that an operation of Athena is about; empty when there is none."""
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return ""
    if not isinstance(document, dict):
        return ""
    ids = [document.get("QueryExecutionId"), *(document.get("QueryExecutionIds") or [])]
    for execution in (executions.find(str(found)) for found in ids if found):
        if execution is not None:
            return f"workgroup/{execution.order.workgroup}"
    if "DataCatalog" in action or "CatalogName" in document:
        return f"datacatalog/{document.get('CatalogName') or document.get('Name', '')}"
    named = document.get("NamedQueryId")
    if named:
        from ministack.services import athena

        return f"workgroup/{(athena._named_queries.get(named) or {}).get('WorkGroup', '')}"
    group = document.get("WorkGroup") or ("primary" if action in OF_PRIMARY else "")
    if action == "CreateWorkGroup":
        group = document.get("Name")
    return f"workgroup/{group}" if group else ""
