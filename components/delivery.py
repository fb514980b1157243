"""The delivery: Firehose reads the topic and writes gzip lines under the hour of arrival.

The newline after each record is added here and nowhere else: a blank line could become a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import service_permissions
from components.lake import DataLake
from components.policy import trust
from components.service import ServiceRole, log_group, service_role
from components.settings_groups import Delivery as DeliverySettings
from components.stage import Identity, Stage, policy
from components.stream import EventStream

# `yyyy` is the calendar year; Java's `YYYY` would be the week's year, wrong around 1 January.
PREFIX = (
    "telemetry/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}"
    "/hour=!{timestamp:HH}/"
)
ERROR_PREFIX = (
    "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}"
    "/day=!{timestamp:dd}/"
)
# A stream that is made anew reads the topic again: doubles are dropped by event_id, gaps are not
# there. Without this it would begin at the moment it becomes active.
READ_FROM = "1970-01-01T00:00:00Z"
_LOG_STREAM = "DestinationDelivery"
_TIMEOUTS = pulumi.CustomTimeouts(create="1h", update="1h", delete="1h")


@dataclass(frozen=True, kw_only=True)
class DeliveryArgs:
    """`ready` are the topic, the cluster policy: what Firehose needs before it starts."""

    identity: Identity
    settings: DeliverySettings
    log_days: int
    key_arn: pulumi.Input[str]
    stream: EventStream
    lake: DataLake
    ready: Sequence[pulumi.Resource]


class Delivery(Stage):
    """The Firehose stream, its role and the log of what it could not deliver."""

    stream_name: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    resource: pulumi.Resource

    def __init__(
        self, name: str, args: DeliveryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        identity, names = args.identity, args.identity.names
        log_group_name = f"/aws/kinesisfirehose/{names.delivery_stream}"
        logs = log_group(
            self, log_group_name, identity=identity, days=args.log_days, key_arn=args.key_arn
        )
        log_stream = aws.cloudwatch.LogStream(
            self.called("log-stream"),
            name=_LOG_STREAM,
            log_group_name=logs.name,
            opts=self.child(),
        )
        role = service_role(
            self,
            "Firehose",
            identity=identity,
            description="Reads the topic and writes the data bucket",
            trusts=trust("firehose.amazonaws.com", names.account_id),
            permissions=policy(
                lambda key_arn, cluster_arn: service_permissions.firehose(
                    names, key_arn, cluster_arn, log_group_name
                ),
                key_arn=args.key_arn,
                cluster_arn=args.stream.cluster_arn,
            ),
        )
        msk = aws.kinesis.FirehoseDeliveryStreamMskSourceConfigurationArgs
        msk_auth = (
            aws.kinesis.FirehoseDeliveryStreamMskSourceConfigurationAuthenticationConfigurationArgs
        )
        stream = aws.kinesis.FirehoseDeliveryStream(
            self.called("stream"),
            name=names.delivery_stream,
            destination="extended_s3",
            msk_source_configuration=msk(
                authentication_configuration=msk_auth(connectivity="PRIVATE", role_arn=role.arn),
                msk_cluster_arn=args.stream.cluster_arn,
                topic_name=names.topic,
                read_from_timestamp=READ_FROM,
            ),
            extended_s3_configuration=_destination(args, role, logs, log_stream),
            tags=identity.tags(),
            opts=self.child(
                after=[role.policy, *args.ready, *args.lake.settled],
                protect=identity.retain_data,
                timeouts=_TIMEOUTS,
            ),
        )
        self.stream_name, self.role_arn, self.resource = stream.name, role.arn, stream
        self.register_outputs({"stream_name": self.stream_name, "role_arn": self.role_arn})


def _destination(
    args: DeliveryArgs,
    role: ServiceRole,
    logs: aws.cloudwatch.LogGroup,
    log_stream: aws.cloudwatch.LogStream,
) -> aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationArgs:
    s3 = aws.kinesis
    newline = s3.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessorArgs(
        type="AppendDelimiterToRecord",
        parameters=[
            s3.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessorParameterArgs(
                parameter_name="Delimiter",
                parameter_value="\\n",  # the two characters \ and n, as the API asks
            )
        ],
    )
    return s3.FirehoseDeliveryStreamExtendedS3ConfigurationArgs(
        role_arn=role.arn,
        bucket_arn=args.lake.data_bucket_arn,
        prefix=PREFIX,
        error_output_prefix=ERROR_PREFIX,
        custom_time_zone="UTC",
        file_extension=".json.gz",
        compression_format="GZIP",
        buffering_size=args.settings.buffer_mb,
        buffering_interval=args.settings.buffer_seconds,
        kms_key_arn=args.key_arn,
        cloudwatch_logging_options=(
            s3.FirehoseDeliveryStreamExtendedS3ConfigurationCloudwatchLoggingOptionsArgs(
                enabled=True, log_group_name=logs.name, log_stream_name=log_stream.name
            )
        ),
        processing_configuration=(
            s3.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationArgs(
                enabled=True, processors=[newline]
            )
        ),
    )
