"""The generator: the function that makes a tick's events, and the schedule that calls it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import permissions, producer, reference, service_permissions
from components.function import (
    FunctionStageArgs,
    PipelineFunction,
    PipelineFunctionArgs,
    dead_letter_queue,
)
from components.policy import trust
from components.schedules import tick_seconds
from components.service import service_role
from components.settings_groups import Generator
from components.stage import Stage, policy
from handlers.contract.limits import TICK_MAX_AGE_SECONDS, TICK_SECONDS

# It waits for the data loader and then for the producer, and makes events meanwhile.
TIMEOUT_SECONDS = reference.TIMEOUT_SECONDS + producer.TIMEOUT_SECONDS + 120
_MEMORY_MB = 1769  # one full processor
_TICK_RETRIES = 3


def _tick(schedule: str) -> str:
    """What the scheduler calls with; the window is named where it is not the usual one."""
    given: dict[str, object] = {"scheduled_at": "<aws.scheduler.scheduled-time>"}
    seconds = tick_seconds(schedule)
    return json.dumps(given if seconds == TICK_SECONDS else {**given, "window_seconds": seconds})


@dataclass(frozen=True, kw_only=True)
class TelemetryGeneratorArgs:
    """What the generator makes and whom it calls."""

    shared: FunctionStageArgs
    settings: Generator
    data_bucket: pulumi.Input[str]
    producer_name: pulumi.Input[str]
    data_loader_name: pulumi.Input[str]
    pipeline: list[pulumi.Resource]


class TelemetryGenerator(Stage):
    """The generator's function, its schedule and what may call it.

    `pipeline` are the resources that must stand before the first tick, so that no tick is lost.
    """

    function: PipelineFunction
    scheduler_role_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: TelemetryGeneratorArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        names = args.shared.identity.names
        self.function = PipelineFunction(
            name,
            PipelineFunctionArgs(
                shared=args.shared,
                function="generator",
                package="telemetry_generator",
                description="Makes the telemetry of one tick from real titles and customers",
                timeout_seconds=TIMEOUT_SECONDS,
                memory_mb=_MEMORY_MB,
                environment={
                    "MSK_PRODUCER_FUNCTION_NAME": args.producer_name,
                    "DATA_LOADER_FUNCTION_NAME": args.data_loader_name,
                    "DATA_BUCKET": args.data_bucket,
                    "GENERATOR_SEED": str(args.settings.seed),
                    "GENERATOR_PROFILE": args.settings.profile,
                    "PRODUCER_TIMEOUT_SECONDS": str(producer.TIMEOUT_SECONDS),
                    "DATA_LOADER_TIMEOUT_SECONDS": str(reference.TIMEOUT_SECONDS),
                    "METRIC_NAMESPACE": names.pascal,
                },
                statements=pulumi.Output.from_input(args.shared.key_arn).apply(
                    lambda key_arn: permissions.generator(names, key_arn)
                ),
            ),
            opts=self.child(),
        )
        self._schedule(args)
        self.register_outputs({"scheduler_role_arn": self.scheduler_role_arn})

    def _schedule(self, args: TelemetryGeneratorArgs) -> None:
        identity, names = args.shared.identity, args.shared.identity.names
        group = aws.scheduler.ScheduleGroup(
            self.called("schedule-group"),
            name=names.schedule_group,
            tags=identity.tags(),
            opts=self.child(),
        )
        queue = dead_letter_queue(
            self, "schedule-dead-letters", "GeneratorSchedule", identity, args.shared.key_arn
        )
        role = service_role(
            self,
            "Scheduler",
            identity=identity,
            description="Calls the generator by schedule",
            trusts=trust(
                "scheduler.amazonaws.com",
                names.account_id,
                names.arn("scheduler", f"schedule-group/{names.schedule_group}"),
            ),
            permissions=policy(
                lambda key_arn: service_permissions.scheduler(names, key_arn),
                key_arn=args.shared.key_arn,
            ),
            prefix="scheduler-",
        )
        aws.scheduler.Schedule(
            self.called("schedule"),
            name=names.generator_schedule,
            group_name=group.name,
            description="One tick of telemetry",
            schedule_expression=args.settings.schedule,
            schedule_expression_timezone="UTC",
            state="ENABLED" if args.settings.enabled else "DISABLED",
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=self.function.arn,
                role_arn=role.arn,
                input=_tick(args.settings.schedule),
                dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(arn=queue.arn),
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_event_age_in_seconds=TICK_MAX_AGE_SECONDS,
                    maximum_retry_attempts=_TICK_RETRIES,
                ),
            ),
            opts=self.child(after=[role.policy, *self.function.ready, *args.pipeline]),
        )
        self.scheduler_role_arn = role.arn
