"""Functions, queues and schedules of the program."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from tests.provider.every_type.documents import document, policy

SOURCE = "def handle(event, context):\n    return {'got': event}\n"


def compute(
    config: pulumi.Config,
    role: aws.iam.Role,
    group: aws.cloudwatch.LogGroup,
    key: aws.kms.Key,
    network: dict[str, Any],
) -> aws.lambda_.Function:
    queue = aws.sqs.Queue(
        "queue",
        name="every-failures",
        message_retention_seconds=1209600,
        kms_master_key_id=key.id,
        kms_data_key_reuse_period_seconds=300,
        tags={"stage": "a"},
    )
    aws.sqs.QueuePolicy(
        "queue-policy",
        queue_url=queue.url,
        policy=queue.arn.apply(
            lambda arn: document(policy("sqs:SendMessage", arn, Principal={"AWS": "*"}))
        ),
    )
    function = aws.lambda_.Function(
        "function",
        name="Every-Function",
        description="all",
        role=role.arn,
        runtime="python3.11",
        architectures=["x86_64"],
        handler="index.handle",
        code=pulumi.AssetArchive({"index.py": pulumi.StringAsset(SOURCE)}),
        memory_size=256,
        timeout=30,
        environment={"variables": {"STAGE": config.get("stage") or "a"}},
        kms_key_arn=key.arn,
        tracing_config={"mode": "Active"},
        logging_config={"log_format": "JSON", "log_group": group.name},
        vpc_config={
            "subnet_ids": network["subnets"],
            "security_group_ids": [network["groups"][1].id],
        },
        tags={"stage": "a"},
    )
    aws.lambda_.FunctionEventInvokeConfig(
        "invoke-config",
        function_name=function.name,
        maximum_event_age_in_seconds=600,
        maximum_retry_attempts=1,
        destination_config={"on_failure": {"destination": queue.arn}},
    )
    aws.lambda_.Permission(
        "permission",
        statement_id="scheduler",
        function=function.name,
        action="lambda:InvokeFunction",
        principal="scheduler.amazonaws.com",
        source_account=aws.get_caller_identity().account_id,
    )
    call = aws.lambda_.Invocation(
        "call", function_name=function.name, input=json.dumps({"ensure": True})
    )
    pulumi.export("result", call.result)
    schedules = aws.scheduler.ScheduleGroup("schedules", name="every", tags={"stage": "a"})
    aws.scheduler.Schedule(
        "schedule",
        name="every-hour",
        group_name=schedules.name,
        description="all",
        schedule_expression="rate(1 hour)",
        schedule_expression_timezone="UTC",
        state=config.get("schedule") or "DISABLED",
        flexible_time_window={"mode": "OFF"},
        target={
            "arn": function.arn,
            "role_arn": role.arn,
            "input": json.dumps({"scheduled_at": "<aws.scheduler.scheduled-time>"}),
            "dead_letter_config": {"arn": queue.arn},
            "retry_policy": {"maximum_event_age_in_seconds": 300, "maximum_retry_attempts": 2},
        },
    )
    return function
