"""The parts of the Glue catalog that the emulator leaves out: filtered and paged partitions.

Crawlers are in `local.aws.crawler`.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from local.aws import crawler, crawler_schedule, seams
from local.aws.partition_filter import FilterError, compile_filter

SEAMS = {
    "ministack.services.glue:_tables": "AccountRegionScopedDict",
    "ministack.services.glue:_partitions": "AccountRegionScopedDict",
    "ministack.services.glue:_delete_partition": "(data)",
    **crawler.SEAMS,
    **crawler_schedule.SEAMS,
}
PAGE = 1000


def install() -> None:
    """Wrap the Glue API and start the crawlers' clock."""
    seams.wrap("glue", _handle)
    crawler.install()
    crawler_schedule.install()


async def _handle(request: seams.Request, stock: seams.Stock) -> seams.Answer:
    match request.action:
        case "GetPartitions":
            return get_partitions(request.document)
        case "BatchDeletePartition":
            return batch_delete(request.document)
        case "GetTable" | "GetTables":
            return _repaired(await stock(request))
    for handle in (crawler.handle, crawler_schedule.handle):
        handled = handle(request.action, request.document)
        if handled is not None:
            return handled
    answer = await stock(request)
    return crawler.completed(request.action, answer)


def _repaired(answer: seams.Answer) -> seams.Answer:
    """Without the empty description that AWS leaves out: Trino takes it for a view's comment."""
    status, headers, body = answer
    document = json.loads(body)
    found = document.get("TableList", [document.get("Table")] if "Table" in document else [])
    for table in found:
        for name in [name for name, value in table.items() if value is None or value == ""]:
            del table[name]
    return status, headers, json.dumps(document).encode()


def get_partitions(document: dict[str, Any]) -> seams.Answer:
    """GetPartitions with Expression, Segment, MaxResults and NextToken honoured."""
    from ministack.services import glue

    place = f"{document.get('DatabaseName')}/{document.get('TableName')}"
    table = glue._tables.get(place)
    if table is None:
        return seams.refuse("EntityNotFoundException", f"Table {place} not found.")
    keys = [(key["Name"], key.get("Type", "string")) for key in table.get("PartitionKeys", [])]
    found = list(glue._partitions.get(place, []))
    try:
        if document.get("Expression", "").strip():
            selects = compile_filter(document["Expression"], keys)
            found = [one for one in found if selects(one["Values"])]
        start = _start(document.get("NextToken"))
    except FilterError as error:
        return seams.refuse("InvalidInputException", str(error))
    segment = document.get("Segment")
    if segment:
        found = found[segment["SegmentNumber"] :: segment["TotalSegments"]]
    size = min(document.get("MaxResults") or PAGE, PAGE)
    page = found[start : start + size]
    if document.get("ExcludeColumnSchema"):
        page = [_without_columns(one) for one in page]
    reply: dict[str, Any] = {"Partitions": page}
    if start + size < len(found):
        reply["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return seams.answer(reply)


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (ValueError, binascii.Error) as error:
        raise FilterError("NextToken is not valid") from error


def _without_columns(partition: dict[str, Any]) -> dict[str, Any]:
    storage = {k: v for k, v in partition.get("StorageDescriptor", {}).items() if k != "Columns"}
    return {**partition, "StorageDescriptor": storage}


def batch_delete(document: dict[str, Any]) -> seams.Answer:
    """BatchDeletePartition: what is not there is reported, the rest goes."""
    from ministack.services import glue

    place = f"{document.get('DatabaseName')}/{document.get('TableName')}"
    if glue._tables.get(place) is None:
        return seams.refuse("EntityNotFoundException", f"Table {place} not found.")
    errors = []
    for wanted in document.get("PartitionsToDelete", []):
        values = wanted["Values"]
        if any(one["Values"] == values for one in glue._partitions.get(place, [])):
            glue._delete_partition({**document, "PartitionValues": values})
        else:
            detail = {
                "ErrorCode": "EntityNotFoundException",
                "ErrorMessage": "Partition not found.",
            }
            errors.append({"PartitionValues": values, "ErrorDetail": detail})
    return seams.answer({"Errors": errors})
