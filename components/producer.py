"""The producer: the one function that reaches the brokers, and the topic that it makes."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import permissions
from components.function import (
    FunctionStageArgs,
    PipelineFunction,
    PipelineFunctionArgs,
    Placement,
)
from components.stage import Stage
from components.stream import EventStream

# A denied topic is tried again for 60 s, since IAM takes time to spread; a batch has less.
TIMEOUT_SECONDS = 120
_MEMORY_MB = 1024


@dataclass(frozen=True, kw_only=True)
class TelemetryProducerArgs:
    """Where the producer runs and what it writes to."""

    shared: FunctionStageArgs
    stream: EventStream
    placement: Placement
    partitions: int


class TelemetryProducer(Stage):
    """The producer's function and the call that creates the topic before anybody reads it."""

    function: PipelineFunction
    topic: pulumi.Resource

    def __init__(
        self, name: str, args: TelemetryProducerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        names, stream = args.shared.identity.names, args.stream
        self.function = PipelineFunction(
            name,
            PipelineFunctionArgs(
                shared=args.shared,
                function="producer",
                package="msk_producer",
                description="Writes telemetry to Kafka and accounts for every event",
                timeout_seconds=TIMEOUT_SECONDS,
                memory_mb=_MEMORY_MB,
                environment={
                    "BOOTSTRAP_BROKERS": stream.bootstrap_brokers,
                    "TOPIC": names.topic,
                    "TOPIC_PARTITIONS": str(args.partitions),
                    "METRIC_NAMESPACE": names.pascal,
                },
                statements=stream.cluster_arn.apply(
                    lambda cluster_arn: permissions.producer(names, cluster_arn)
                ),
                placement=args.placement,
            ),
            opts=self.child(),
        )
        self.topic = aws.lambda_.Invocation(
            self.called("topic"),
            function_name=self.function.function_name,
            input=json.dumps({"ensure_topic": True}),
            # A new cluster has no topic; a new count of partitions is the topic's to take.
            triggers={"cluster": stream.cluster_arn, "partitions": str(args.partitions)},
            opts=self.child(after=[*self.function.ready, *args.placement.paths]),
        )
        self.register_outputs({})
