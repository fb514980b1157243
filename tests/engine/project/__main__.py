"""Log groups and a queue."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
if config.get("fail") == "own":
    raise pulumi.RunError("E_TRIAL: days=x is wrong; fix: write a number")
if config.get("fail") == "bug":
    raise ValueError("a bug")
group = aws.cloudwatch.LogGroup(
    "group", name="/trial/group", retention_in_days=config.require_int("days"), tags={"a": "b"}
)
queue = aws.sqs.Queue("queue", name="trial-queue", tags={"a": "b"})
for number in range(config.get_int("more") or 0):
    aws.cloudwatch.LogGroup(f"more-{number}", name=f"/trial/more/{number}", retention_in_days=7)
pulumi.export("group", group.name)
pulumi.export("token", pulumi.Output.secret("hush"))
