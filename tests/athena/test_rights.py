"""Who may do what through Athena: workgroups, and the caller's own rights on Glue and S3."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from local.settings import ACCOUNT_ID, REGION
from tests.athena.conftest import (
    DATABASE,
    EVENT_COLUMNS,
    RESULTS,
    Athena,
    external_table,
    json_storage,
)

pytestmark = pytest.mark.stack

GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT_ID}"
GROUP = f"arn:aws:athena:{REGION}:{ACCOUNT_ID}:workgroup/analysts"
GRANTS: dict[str, dict[str, Any]] = {
    "workgroup": {
        "Action": ["athena:*QueryExecution*", "athena:GetQueryResults", "athena:GetWorkGroup"],
        "Resource": GROUP,
    },
    "tables": {
        "Action": ["glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"],
        "Resource": [
            f"{GLUE}:catalog",
            f"{GLUE}:database/{DATABASE}",
            f"{GLUE}:table/{DATABASE}/events",
        ],
    },
    "listing": {
        "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::lake",
        "Condition": {"StringLike": {"s3:prefix": "telemetry/*"}},
    },
    "objects": {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/telemetry/*"},
    "bucket": {"Action": "s3:GetBucketLocation", "Resource": "arn:aws:s3:::lake"},
    "results": {
        "Action": ["s3:PutObject", "s3:GetObject"],
        "Resource": "arn:aws:s3:::lake/athena-results/*",
    },
}


class Roles:
    """Roles with some of the grants, and clients that act as them."""

    def __init__(self, athena: Athena) -> None:
        self.athena = athena
        self.made = 0

    def client(self, grants: dict[str, dict[str, Any]]) -> Any:
        """Athena as a new role sees it."""
        self.made += 1
        name, iam = f"analyst-{self.made}", self.athena.client("iam")
        principal = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
        trust = [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]
        statements = [{"Effect": "Allow", **grant} for grant in grants.values()]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(statements))
        session = self.athena.client("sts").assume_role(
            RoleArn=role["Arn"], RoleSessionName="analyst"
        )
        keys = session["Credentials"]
        return self.athena.client(
            "athena", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
        )


def policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def roles(athena: Athena) -> Iterator[Roles]:
    """Roles of a workgroup that enforces its result location."""
    athena.client("athena").create_work_group(
        Name="analysts",
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {"OutputLocation": RESULTS},
        },
    )
    yield Roles(athena)
    athena.client("athena").delete_work_group(WorkGroup="analysts", RecursiveDeleteOption=True)


COUNT = "select count(*) from events"


def test_a_role_with_all_grants_reads(athena: Athena, roles: Roles) -> None:
    client = roles.client(GRANTS)
    assert athena.rows(COUNT, client, WorkGroup="analysts") == [["200"]]


@pytest.mark.parametrize(
    ("lacking", "action"),
    [
        ("tables", "glue:GetDatabase"),
        ("listing", "s3:ListBucket"),
        ("objects", "s3:GetObject"),
        ("bucket", "s3:GetBucketLocation"),
        ("results", "s3:PutObject"),
    ],
)
def test_a_role_without_a_grant_is_denied(
    athena: Athena, roles: Roles, lacking: str, action: str
) -> None:
    client = roles.client({name: grant for name, grant in GRANTS.items() if name != lacking})
    reason = athena.reason(COUNT, client, WorkGroup="analysts")
    assert "AccessDeniedException" in reason and f"perform: {action} on resource" in reason


@pytest.mark.parametrize(
    ("sql", "action"),
    [
        ("select * from acme_streaming_data.titles", "glue:GetDatabase"),
        ("select (select count(*) from acme_streaming_data.titles)", "glue:GetDatabase"),
        ("select * from events where n = ?", "glue:GetDatabase"),
        ("create table mine as select 1 a", "glue:CreateTable"),
        ("insert into events select 'a', 'b', 'c', 1, 2026, 8, 9, 3", "glue:BatchCreatePartition"),
        ("unload (select 1 a) to 's3://lake/stolen/' with (format = 'ORC')", "s3:PutObject"),
        ("drop table events", "glue:DeleteTable"),
        ("create or replace view v as select * from events", "glue:CreateTable"),
        ("alter table events drop partition (year=2026,month=8,day=9,hour=3)", "DeletePartition"),
        ("show tables", "glue:GetTables"),
        ("prepare p from select 1", "athena:CreatePreparedStatement"),
    ],
)
def test_what_a_reader_may_not_do(athena: Athena, roles: Roles, sql: str, action: str) -> None:
    parameters = ["(select max(1) from acme_streaming_data.titles)"] if "?" in sql else []
    asked: dict[str, Any] = {"ExecutionParameters": parameters} if parameters else {}
    reason = athena.reason(sql, roles.client(GRANTS), WorkGroup="analysts", **asked)
    assert "AccessDeniedException" in reason and f"{action} on resource" in reason


def test_a_view_does_not_lend_rights(athena: Athena, roles: Roles) -> None:
    athena.run("create or replace view titled as select * from acme_streaming_data.titles")
    table = f"{GLUE}:table/{DATABASE}/titled"
    tables = {**GRANTS["tables"], "Resource": [*GRANTS["tables"]["Resource"], table]}
    client = roles.client({**GRANTS, "tables": tables})
    reason = athena.reason("select * from titled", client, WorkGroup="analysts")
    assert "database/acme_streaming_data" in reason


def test_rights_on_one_workgroup_are_rights_on_its_executions_alone(
    athena: Athena, roles: Roles
) -> None:
    client = roles.client(GRANTS)
    mine = athena.run("select 1", client, WorkGroup="analysts")["QueryExecutionId"]
    theirs = athena.run("select 2")["QueryExecutionId"]
    assert client.get_query_results(QueryExecutionId=mine)["ResultSet"]["Rows"]
    for operation in ("get_query_execution", "get_query_results", "stop_query_execution"):
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            getattr(client, operation)(QueryExecutionId=theirs)
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        athena.start("select 1", client)
    found = client.batch_get_query_execution(QueryExecutionIds=[mine, theirs])
    assert [one["QueryExecutionId"] for one in found["QueryExecutions"]] == [mine]


def test_a_result_is_read_with_the_callers_right_on_its_object(
    athena: Athena, roles: Roles
) -> None:
    writing = {**GRANTS["results"], "Action": "s3:PutObject"}
    client = roles.client({**GRANTS, "results": writing})
    done = athena.run("select 1", client, WorkGroup="analysts")["QueryExecutionId"]
    with pytest.raises(client.exceptions.ClientError, match="perform: s3:GetObject"):
        client.get_query_results(QueryExecutionId=done)


def test_an_enforced_workgroup_decides_where_results_go(athena: Athena, roles: Roles) -> None:
    elsewhere = {"OutputLocation": "s3://lake/elsewhere/"}
    found = athena.run("select 1", WorkGroup="analysts", ResultConfiguration=elsewhere)
    assert found["ResultConfiguration"]["OutputLocation"].startswith(RESULTS)
    sql = "create table x with (external_location = 's3://lake/x/') as select 1 a"
    assert "enforces a centralized output" in athena.reason(sql, WorkGroup="analysts")
    found = athena.run("select 1", ResultConfiguration=elsewhere)
    assert found["ResultConfiguration"]["OutputLocation"].startswith("s3://lake/elsewhere/")


def test_a_workgroup_limits_the_bytes_of_a_query(athena: Athena) -> None:
    digits = random.Random(1)
    for part in range(4):
        lines = (f'{{"event_id": "{digits.randbytes(1000).hex()}"}}\n' for _ in range(2500))
        body = "".join(lines).encode()
        athena.client("s3").put_object(Bucket="lake", Key=f"large/{part}.json", Body=body)
    table = external_table("large", json_storage("s3://lake/large/", EVENT_COLUMNS))
    athena.client("glue").create_table(DatabaseName=DATABASE, TableInput=table)
    cutoff = {"BytesScannedCutoffPerQuery": 10_000_000}
    athena.client("athena").create_work_group(Name="thrifty", Configuration=cutoff)
    sql = "select max(length(event_id)) from large"
    found = athena.run(sql, state="CANCELLED", WorkGroup="thrifty")
    assert found["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert found["Statistics"]["DataScannedInBytes"] > 10_000_000
    assert athena.rows("select max(n) from events", WorkGroup="thrifty") == [["49"]]
    assert athena.rows(sql) == [["2000"]]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"WorkGroup": "nosuch"}, "WorkGroup nosuch is not found"),
        ({"WorkGroup": "asleep"}, "WorkGroup asleep is disabled"),
        ({"ResultConfiguration": {}}, "No output location provided"),
        ({"ResultConfiguration": {"OutputLocation": "/tmp"}}, "not a valid S3 path"),
        ({"QueryExecutionContext": {"Catalog": "other"}}, "Catalog other is not found"),
    ],
)
def test_requests_that_cannot_be_served(
    athena: Athena, asked: dict[str, Any], problem: str
) -> None:
    client = athena.client("athena")
    if asked.get("WorkGroup") == "asleep":
        client.create_work_group(Name="asleep")
        client.update_work_group(WorkGroup="asleep", State="DISABLED")
    with pytest.raises(client.exceptions.InvalidRequestException, match=problem):
        athena.start("select 1", **asked)


def test_results_need_a_bucket(athena: Athena) -> None:
    nowhere = {"OutputLocation": "s3://no-such-bucket-here/"}
    reason = athena.reason("select 1", ResultConfiguration=nowhere)
    assert reason == "Unable to verify/create output bucket no-such-bucket-here"
