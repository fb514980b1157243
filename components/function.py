"""The one shape of a function here: own role, log group, dead letters, encrypted environment.

What the function does, and what it may do, is said by the stage that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import permissions, resource_policies
from components.names import FUNCTIONS
from components.policy import Statement, document, trust
from components.service import log_group, service_role
from components.settings_groups import Function
from components.stage import Identity, Stage, as_json

# Twice at most, within the quarter of an hour: a later repeat would meet other reference data.
_RETRIES = 2
_MAX_EVENT_AGE_SECONDS = 900
_DEAD_LETTER_SECONDS = 14 * 24 * 3600

Archives = Callable[[str], pulumi.Archive]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a function runs that must reach the brokers; `paths` are the rules that let it."""

    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    paths: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class FunctionStageArgs:
    """What every stage with a function is given; `archives` makes the code of a package."""

    identity: Identity
    runtime: Function
    log_days: int
    key_arn: pulumi.Input[str]
    archives: Archives


@dataclass(frozen=True, kw_only=True)
class PipelineFunctionArgs:
    """One function.

    `function` is its logical name (a key of names.FUNCTIONS), `package` the folder in handlers/;
    `statements` is what it may do besides what every function does.
    """

    shared: FunctionStageArgs
    function: str
    package: str
    description: str
    timeout_seconds: int
    memory_mb: int
    environment: Mapping[str, pulumi.Input[str]]
    statements: pulumi.Input[list[Statement]]
    placement: Placement | None = None


class PipelineFunction(Stage):
    """A function, its role, its log group, its dead-letter queue and its retries."""

    arn: pulumi.Output[str]
    function_name: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    ready: list[pulumi.Resource]

    def __init__(
        self, name: str, args: PipelineFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        shared, identity, names = args.shared, args.shared.identity, args.shared.identity.names
        physical_name = names.function(args.function)
        queue = dead_letter_queue(
            self, "dead-letters", FUNCTIONS[args.function], identity, shared.key_arn
        )
        logs = log_group(
            self,
            names.function_log_group(args.function),
            identity=identity,
            days=shared.log_days,
            key_arn=shared.key_arn,
        )
        role = service_role(
            self,
            FUNCTIONS[args.function],
            identity=identity,
            description=f"Execution role of {physical_name}",
            trusts=trust("lambda.amazonaws.com", names.account_id),
            permissions=_permissions(args),
        )
        function = aws.lambda_.Function(
            self.called("function"),
            name=physical_name,
            description=args.description,
            role=role.arn,
            runtime=shared.runtime.aws_runtime,
            architectures=[shared.runtime.aws_architecture],
            handler=f"handlers.{args.package}.handler.handle",
            code=shared.archives(args.package),
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=args.environment),
            kms_key_arn=shared.key_arn,
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(mode="Active"),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                log_format="Text", log_group=logs.name
            ),
            vpc_config=_vpc(args.placement),
            tags=identity.tags(),
            opts=self.child(after=[role.policy, *_paths(args.placement)]),
        )
        retries = aws.lambda_.FunctionEventInvokeConfig(
            self.called("retries"),
            function_name=function.name,
            maximum_event_age_in_seconds=_MAX_EVENT_AGE_SECONDS,
            maximum_retry_attempts=_RETRIES,
            destination_config=aws.lambda_.FunctionEventInvokeConfigDestinationConfigArgs(
                on_failure=aws.lambda_.FunctionEventInvokeConfigDestinationConfigOnFailureArgs(
                    destination=queue.arn
                )
            ),
            opts=self.child(after=[role.policy]),
        )
        self.arn, self.function_name, self.role_arn = function.arn, function.name, role.arn
        self.ready = [function, role.policy, retries]
        self.register_outputs(
            {"arn": self.arn, "function_name": self.function_name, "role_arn": self.role_arn}
        )


def dead_letter_queue(
    stage: Stage, role: str, bearer: str, identity: Identity, key_arn: pulumi.Input[str]
) -> aws.sqs.Queue:
    """The encrypted queue, over TLS only, that keeps a bearer's failed events for 14 days."""
    queue_name = identity.names.dead_letters(bearer)
    queue = aws.sqs.Queue(
        stage.called(role),
        name=queue_name,
        message_retention_seconds=_DEAD_LETTER_SECONDS,
        kms_master_key_id=key_arn,
        kms_data_key_reuse_period_seconds=300,
        tags=identity.tags(),
        opts=stage.child(),
    )
    aws.sqs.QueuePolicy(
        stage.called(f"{role}-policy"),
        queue_url=queue.url,
        policy=as_json(resource_policies.queue(identity.names.queue_arn(queue_name))),
        opts=stage.child(),
    )
    return queue


def _permissions(args: PipelineFunctionArgs) -> pulumi.Output[str]:
    names = args.shared.identity.names

    def build(known: dict[str, object]) -> str:
        statements = permissions.any_function(names, args.function, str(known["key_arn"]))
        if args.placement is not None:
            statements += permissions.in_a_network(names, args.function)
        own = known["statements"]
        assert isinstance(own, list)
        return as_json(document(*own, *statements))

    return pulumi.Output.all(key_arn=args.shared.key_arn, statements=args.statements).apply(build)


def _vpc(placement: Placement | None) -> aws.lambda_.FunctionVpcConfigArgs | None:
    if placement is None:
        return None
    return aws.lambda_.FunctionVpcConfigArgs(
        subnet_ids=list(placement.subnet_ids),
        security_group_ids=list(placement.security_group_ids),
    )


def _paths(placement: Placement | None) -> Sequence[pulumi.Resource]:
    return placement.paths if placement is not None else ()
