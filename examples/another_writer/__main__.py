"""A role with which a function of this project may write to the telemetry topic, and no more.

All it knows of the telemetry project are its outputs. The function itself is left out: it would
run with this role, in the stack's private subnets and with its client security group.
"""

import json

import pulumi
import pulumi_aws as aws

telemetry = pulumi.StackReference(pulumi.Config().require("telemetryStack"))

writer = aws.iam.Role(
    "writer",
    description="Writes to the telemetry topic",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    ),
)
aws.iam.RolePolicy(
    "writer-may-write",
    role=writer.name,
    policy=telemetry.require_output("producer_policy_json"),
)

pulumi.export("role_arn", writer.arn)
pulumi.export("bootstrap_brokers", telemetry.require_output("bootstrap_brokers"))
pulumi.export("topic", telemetry.require_output("topic"))
pulumi.export("subnet_ids", telemetry.require_output("private_subnet_ids"))
pulumi.export("security_group_id", telemetry.require_output("client_security_group_id"))
