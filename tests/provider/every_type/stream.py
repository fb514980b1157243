"""The cluster and the delivery of the program."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from tests.provider.every_type.documents import document, policy


def kafka(
    config: pulumi.Config,
    key: aws.kms.Key,
    group: aws.cloudwatch.LogGroup,
    network: dict[str, Any],
) -> tuple[aws.msk.Cluster, aws.msk.ClusterPolicy]:
    """The cluster, and the policy without which Firehose may not read it."""
    configuration = aws.msk.Configuration(
        "configuration",
        name="every",
        description="all",
        kafka_versions=["3.9.x"],
        server_properties=f"min.insync.replicas={config.get_int('replicas') or 2}\n",
    )
    cluster = aws.msk.Cluster(
        "cluster",
        cluster_name="every",
        kafka_version="3.9.x",
        number_of_broker_nodes=config.get_int("brokers") or 2,
        enhanced_monitoring="PER_TOPIC_PER_BROKER",
        broker_node_group_info={
            "instance_type": "kafka.m7g.large",
            "client_subnets": network["subnets"],
            "security_groups": [network["groups"][0].id],
            "connectivity_info": {
                "public_access": {"type": "DISABLED"},
                "vpc_connectivity": {"client_authentication": {"sasl": {"iam": True}}},
            },
            "storage_info": {"ebs_storage_info": {"volume_size": 100}},
        },
        client_authentication={"sasl": {"iam": True}, "unauthenticated": False},
        encryption_info={
            "encryption_at_rest_kms_key_arn": key.arn,
            "encryption_in_transit": {"client_broker": "TLS", "in_cluster": True},
        },
        configuration_info={
            "arn": configuration.arn,
            "revision": configuration.latest_revision,
        },
        logging_info={
            "broker_logs": {"cloudwatch_logs": {"enabled": True, "log_group": group.name}}
        },
        tags={"stage": "a"},
    )
    open_to_firehose = aws.msk.ClusterPolicy(
        "cluster-policy",
        cluster_arn=cluster.arn,
        policy=cluster.arn.apply(
            lambda arn: document(
                policy(
                    "kafka:CreateVpcConnection",
                    arn,
                    Principal={"Service": "firehose.amazonaws.com"},
                )
            )
        ),
    )
    return cluster, open_to_firehose


def delivery(  # noqa: PLR0917
    config: pulumi.Config,
    bucket: aws.s3.Bucket,
    cluster: aws.msk.Cluster,
    open_to_firehose: aws.msk.ClusterPolicy,
    role: aws.iam.Role,
    group: aws.cloudwatch.LogGroup,
    stream: aws.cloudwatch.LogStream,
    key: aws.kms.Key,
) -> None:
    aws.kinesis.FirehoseDeliveryStream(
        "delivery",
        name="Every-Delivery",
        destination="extended_s3",
        msk_source_configuration={
            "msk_cluster_arn": cluster.arn,
            "topic_name": "every",
            "read_from_timestamp": "1970-01-01T00:00:00Z",
            "authentication_configuration": {"connectivity": "PRIVATE", "role_arn": role.arn},
        },
        extended_s3_configuration={
            "role_arn": role.arn,
            "bucket_arn": bucket.arn,
            "prefix": "telemetry/year=!{timestamp:yyyy}/",
            "error_output_prefix": "errors/!{firehose:error-output-type}/",
            "buffering_size": 64,
            "buffering_interval": config.get_int("buffer") or 60,
            "compression_format": "GZIP",
            "custom_time_zone": "UTC",
            "file_extension": ".json.gz",
            "kms_key_arn": key.arn,
            "cloudwatch_logging_options": {
                "enabled": True,
                "log_group_name": group.name,
                "log_stream_name": stream.name,
            },
            "processing_configuration": {
                "enabled": True,
                "processors": [
                    {
                        "type": "AppendDelimiterToRecord",
                        "parameters": [{"parameter_name": "Delimiter", "parameter_value": "\\n"}],
                    }
                ],
            },
        },
        tags={"stage": "a"},
        opts=pulumi.ResourceOptions(depends_on=[open_to_firehose]),
    )
