"""The Glue catalog: partitions by filter and in pages, and what tables leave out."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.emulator.lake import Lake


def test_partitions_come_filtered_and_in_pages(lake: Lake) -> None:
    hours = [f"2026-08-{day:02d}T{hour:02d}" for day in (1, 2) for hour in range(24)]
    for start in (0, 24):
        lake.glue.batch_create_partition(
            DatabaseName=lake.name,
            TableName="events",
            PartitionInputList=[
                {
                    "Values": hour.replace("T", "-").split("-"),
                    "StorageDescriptor": {"Columns": lake.columns, "Location": "s3://x/"},
                }
                for hour in hours[start : start + 24]
            ],
        )
    assert lake.values(Expression="day = 2 AND hour >= 22") == ["2026-08-02T22", "2026-08-02T23"]
    where = {"DatabaseName": lake.name, "TableName": "events"}
    page = lake.glue.get_partitions(**where, MaxResults=10, Expression="day = 1")
    assert len(page["Partitions"]) == 10 and page["NextToken"]
    assert lake.values(PaginationConfig={"PageSize": 7}) == hours
    halves = [lake.values(Segment={"SegmentNumber": n, "TotalSegments": 2}) for n in (0, 1)]
    assert sorted(halves[0] + halves[1]) == hours and halves[0][0] != halves[1][0]
    lean = lake.glue.get_partitions(**where, MaxResults=1, ExcludeColumnSchema=True)
    assert "Columns" not in lean["Partitions"][0]["StorageDescriptor"]
    for wrong in ({"Expression": "minute = 1"}, {"NextToken": "?"}):
        with pytest.raises(ClientError, match="InvalidInput"):
            lake.glue.get_partitions(**where, **wrong)
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.glue.get_partitions(DatabaseName=lake.name, TableName="none")
    reply = lake.glue.batch_delete_partition(
        **where, PartitionsToDelete=[{"Values": ["2026", "08", "01", "00"]}, {"Values": ["1"] * 4}]
    )
    assert [one["PartitionValues"] for one in reply["Errors"]] == [["1"] * 4]
    assert lake.values() == hours[1:]


def test_a_table_has_no_empty_description(lake: Lake) -> None:
    table = lake.glue.get_table(DatabaseName=lake.name, Name="events")["Table"]
    assert "Description" not in table
    (listed,) = lake.glue.get_tables(DatabaseName=lake.name)["TableList"]
    assert listed == table
