"""The event stream: an MSK cluster of this stack (provisioned or serverless), or an existing one.

The topic is made by the producer at deploy time, not here. An existing cluster is used as it is:
IAM, multi-VPC connectivity and a policy that admits Firehose are its owner's (docs/settings.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import resource_policies
from components.network import Network
from components.settings_groups import Stream
from components.stage import Identity, Stage, policy

KAFKA_VERSION = "3.9.x"
# A cluster takes half an hour; switching multi-VPC connectivity on has taken hours.
_TIMEOUTS = pulumi.CustomTimeouts(create="4h", update="4h", delete="2h")


@dataclass(frozen=True, kw_only=True)
class EventStreamArgs:
    """`network` is None and `bootstrap_brokers` known where the cluster exists already."""

    identity: Identity
    settings: Stream
    log_days: int
    key_arn: pulumi.Input[str]
    network: Network | None
    bootstrap_brokers: str | None = None


class EventStream(Stage):
    """The cluster that holds the topic."""

    cluster_arn: pulumi.Output[str]
    bootstrap_brokers: pulumi.Output[str]
    open_to_firehose: list[pulumi.Resource]

    def __init__(
        self, name: str, args: EventStreamArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        self.open_to_firehose = []
        if args.settings.mode == "existing":
            self.cluster_arn = pulumi.Output.from_input(args.settings.cluster_arn)
            self.bootstrap_brokers = pulumi.Output.from_input(args.bootstrap_brokers or "")
        else:
            assert args.network is not None
            make = self._provisioned if args.settings.mode == "provisioned" else self._serverless
            cluster = make(args, args.network)
            self.cluster_arn = cluster.arn
            self.bootstrap_brokers = cluster.bootstrap_brokers_sasl_iam
            self.open_to_firehose = [
                aws.msk.ClusterPolicy(
                    self.called("cluster-policy"),
                    cluster_arn=cluster.arn,
                    policy=policy(resource_policies.cluster, cluster_arn=cluster.arn),
                    opts=self.child(),
                )
            ]
        self.register_outputs(
            {"cluster_arn": self.cluster_arn, "bootstrap_brokers": self.bootstrap_brokers}
        )

    def _provisioned(self, args: EventStreamArgs, network: Network) -> aws.msk.Cluster:
        identity, names, wanted = args.identity, args.identity.names, args.settings
        logs = aws.cloudwatch.LogGroup(
            self.called("broker-logs"),
            name=f"/aws/msk/{names.cluster}",
            retention_in_days=args.log_days,
            kms_key_id=args.key_arn,
            tags=identity.tags(),
            opts=self.child(),
        )
        configuration = aws.msk.Configuration(
            self.called("configuration"),
            name=names.cluster,
            description=f"{names.prefix}: no topic by accident, no loss by an unclean election",
            kafka_versions=[KAFKA_VERSION],
            server_properties=server_properties(wanted),
            opts=self.child(),
        )
        return aws.msk.Cluster(
            self.called("cluster"),
            cluster_name=names.cluster,
            kafka_version=KAFKA_VERSION,
            number_of_broker_nodes=wanted.brokers,
            enhanced_monitoring="PER_TOPIC_PER_BROKER",
            broker_node_group_info=_brokers(wanted, network),
            client_authentication=aws.msk.ClusterClientAuthenticationArgs(
                sasl=aws.msk.ClusterClientAuthenticationSaslArgs(iam=True), unauthenticated=False
            ),
            encryption_info=aws.msk.ClusterEncryptionInfoArgs(
                encryption_at_rest_kms_key_arn=args.key_arn,
                encryption_in_transit=aws.msk.ClusterEncryptionInfoEncryptionInTransitArgs(
                    client_broker="TLS", in_cluster=True
                ),
            ),
            configuration_info=aws.msk.ClusterConfigurationInfoArgs(
                arn=configuration.arn, revision=configuration.latest_revision
            ),
            logging_info=aws.msk.ClusterLoggingInfoArgs(
                broker_logs=aws.msk.ClusterLoggingInfoBrokerLogsArgs(
                    cloudwatch_logs=aws.msk.ClusterLoggingInfoBrokerLogsCloudwatchLogsArgs(
                        enabled=True, log_group=logs.name
                    )
                )
            ),
            tags=identity.tags(),
            opts=self.child(protect=identity.retain_data, timeouts=_TIMEOUTS),
        )

    def _serverless(self, args: EventStreamArgs, network: Network) -> aws.msk.ServerlessCluster:
        """Serverless has IAM only, and neither a configuration nor a switch for multi-VPC."""
        identity = args.identity
        sasl = aws.msk.ServerlessClusterClientAuthenticationSaslArgs(
            iam=aws.msk.ServerlessClusterClientAuthenticationSaslIamArgs(enabled=True)
        )
        return aws.msk.ServerlessCluster(
            self.called("cluster"),
            cluster_name=identity.names.cluster,
            vpc_configs=[
                aws.msk.ServerlessClusterVpcConfigArgs(
                    subnet_ids=network.subnet_ids,
                    security_group_ids=[network.broker_security_group_id],
                )
            ],
            client_authentication=aws.msk.ServerlessClusterClientAuthenticationArgs(sasl=sasl),
            tags=identity.tags(),
            opts=self.child(protect=identity.retain_data, timeouts=_TIMEOUTS),
        )


def server_properties(wanted: Stream) -> str:
    """The brokers' configuration; retention is hours. A change restarts them one by one."""
    return "\n".join(
        (
            "auto.create.topics.enable=false",
            "default.replication.factor=3",
            "min.insync.replicas=2",
            "unclean.leader.election.enable=false",
            f"log.retention.hours={wanted.retention_hours}",
        )
    )


def _brokers(wanted: Stream, network: Network) -> aws.msk.ClusterBrokerNodeGroupInfoArgs:
    # Firehose's private connection needs multi-VPC connectivity for IAM. It cannot be on when a
    # cluster is created: the provider creates, waits and then switches it on.
    # https://docs.aws.amazon.com/msk/latest/developerguide/aws-access-mult-vpc.html
    info = aws.msk
    multi_vpc = info.ClusterBrokerNodeGroupInfoConnectivityInfoVpcConnectivityArgs(
        client_authentication=(
            info.ClusterBrokerNodeGroupInfoConnectivityInfoVpcConnectivityClientAuthenticationArgs(
                sasl=info.ClusterBrokerNodeGroupInfoConnectivityInfoVpcConnectivityClientAuthenticationSaslArgs(
                    iam=True
                )
            )
        )
    )
    return info.ClusterBrokerNodeGroupInfoArgs(
        instance_type=wanted.broker_type,
        client_subnets=network.subnet_ids,
        security_groups=[network.broker_security_group_id],
        connectivity_info=info.ClusterBrokerNodeGroupInfoConnectivityInfoArgs(
            public_access=info.ClusterBrokerNodeGroupInfoConnectivityInfoPublicAccessArgs(
                type="DISABLED"
            ),
            vpc_connectivity=multi_vpc,
        ),
        storage_info=info.ClusterBrokerNodeGroupInfoStorageInfoArgs(
            ebs_storage_info=info.ClusterBrokerNodeGroupInfoStorageInfoEbsStorageInfoArgs(
                volume_size=wanted.volume_gib
            )
        ),
    )
