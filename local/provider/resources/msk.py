"""MSK: a cluster with its configuration and its policy.

The emulator keeps the cluster as described; the broker of the laptop stands behind its bootstrap
addresses. A serverless cluster has no stand-in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from local.provider import shapes
from local.provider.cloud import Cloud, wait
from local.provider.resource import ApiResource, Calls, Resource, table
from local.provider.tags import Tagging
from local.provider.values import Properties

TAGGING = Tagging("kafka", pair=None)
ADDRESSES = table(
    bootstrapBrokers="BootstrapBrokerString",
    bootstrapBrokersTls="BootstrapBrokerStringTls",
    bootstrapBrokersSaslIam="BootstrapBrokerStringSaslIam",
    bootstrapBrokersSaslScram="BootstrapBrokerStringSaslScram",
    bootstrapBrokersVpcConnectivitySaslIam="BootstrapBrokerStringVpcConnectivitySaslIam",
)


class Cluster(ApiResource):
    token = "aws:msk/cluster:Cluster"
    calls = Calls("kafka", "create_cluster", "describe_cluster", None, "delete_cluster")
    inputs = (
        "clusterName",
        "kafkaVersion",
        "numberOfBrokerNodes",
        "enhancedMonitoring",
        "brokerNodeGroupInfo",
        "clientAuthentication",
        "encryptionInfo",
        "configurationInfo",
        "loggingInfo",
        "openMonitoring",
        "storageMode",
    )
    replace = ("clusterName", "encryptionInfo")
    name = "clusterName"
    id_form = "{arn}"
    made = table(arn="ClusterArn")
    key = table(ClusterArn="arn")
    body = "ClusterInfo"
    renames = table(
        {
            "encryptionInfo.encryptionAtRestKmsKeyArn": (
                "EncryptionInfo.EncryptionAtRest.DataVolumeKMSKeyId"
            ),
            "brokerNodeGroupInfo.azDistribution": "BrokerNodeGroupInfo.BrokerAZDistribution",
            "configurationInfo": "ConfigurationInfo",
            "kafkaVersion": "KafkaVersion",
        }
    )
    outputs = table(
        arn="ClusterArn",
        currentVersion="CurrentVersion",
        zookeeperConnectString="ZookeeperConnectString",
    )
    tagging = TAGGING
    # input → the operation that changes it in place
    CHANGES = table(
        numberOfBrokerNodes="update_broker_count",
        kafkaVersion="update_cluster_kafka_version",
        configurationInfo="update_cluster_configuration",
        enhancedMonitoring="update_monitoring",
        loggingInfo="update_monitoring",
        openMonitoring="update_monitoring",
        clientAuthentication="update_security",
    )

    def show(self, cloud: Cloud, id: str) -> Any:
        found = super().show(cloud, id)
        if found.get("State") == "DELETING":
            return None
        running = found.get("CurrentBrokerSoftwareInfo") or {}
        configuration = {
            "arn": running.get("ConfigurationArn"),
            "revision": running.get("ConfigurationRevision"),
        }
        return {
            "KafkaVersion": running.get("KafkaVersion"),
            "ConfigurationInfo": configuration,
            **found,
        }

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        state = super().read(cloud, id, known)
        if state is None:
            return None
        brokers = cloud.call("kafka", "get_bootstrap_brokers", ClusterArn=id)
        addresses = {name: brokers.get(member, "") for name, member in ADDRESSES.items()}
        return {**state, **addresses, "clusterUuid": id.rpartition("/")[2]}

    def await_ready(self, cloud: Cloud, id: str) -> None:
        def active() -> bool:
            reply = cloud.call("kafka", "describe_cluster", ClusterArn=id)
            return bool(reply["ClusterInfo"]["State"] == "ACTIVE")

        wait(active, f"cluster {id}")

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        names = set(changed)
        if "brokerNodeGroupInfo" in names:
            names.remove("brokerNodeGroupInfo")
            self._change_brokers(cloud, id, old["brokerNodeGroupInfo"], new["brokerNodeGroupInfo"])
        unknown = names - set(self.CHANGES)
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))} cannot be changed in place")
        for operation in sorted({self.CHANGES[name] for name in names}):
            sent = {name: new.get(name) for name, call in self.CHANGES.items() if call == operation}
            renames = {"numberOfBrokerNodes": "TargetNumberOfBrokerNodes"}
            if operation == "update_cluster_kafka_version":
                renames["kafkaVersion"] = "TargetKafkaVersion"
            self._change(cloud, id, operation, sent, renames)

    def _change_brokers(self, cloud: Cloud, id: str, old: Properties, new: Properties) -> None:
        if old.get("clientSubnets") != new.get("clientSubnets"):
            raise ValueError("brokerNodeGroupInfo.clientSubnets cannot be changed in place")
        if old.get("instanceType") != new.get("instanceType"):
            sent = {"targetInstanceType": new["instanceType"]}
            self._change(cloud, id, "update_broker_type", sent, {})
        if old.get("connectivityInfo") != new.get("connectivityInfo"):
            sent = {"connectivityInfo": new.get("connectivityInfo")}
            self._change(cloud, id, "update_connectivity", sent, {})
        if old.get("storageInfo") != new.get("storageInfo"):
            size = shapes.dig(new, "storageInfo.ebsStorageInfo.volumeSize")
            volumes = [{"kafkaBrokerNodeId": "All", "volumeSizeGB": size}]
            sent = {"targetBrokerEBSVolumeInfo": volumes}
            self._change(cloud, id, "update_broker_storage", sent, {})
        if old.get("securityGroups") != new.get("securityGroups"):
            raise ValueError("brokerNodeGroupInfo.securityGroups cannot be changed in place")

    def _change(
        self,
        cloud: Cloud,
        id: str,
        operation: str,
        sent: Properties,
        renames: dict[str, str],
    ) -> None:
        version = cloud.call("kafka", "describe_cluster", ClusterArn=id)["ClusterInfo"]
        given = {name: value for name, value in sent.items() if value is not None}
        request = shapes.parameters(given, cloud.shape("kafka", operation), renames)
        request["ClusterArn"] = id
        request["CurrentVersion"] = version["CurrentVersion"]
        cloud.call("kafka", operation, **request)
        self.await_ready(cloud, id)


class Configuration(ApiResource):
    token = "aws:msk/configuration:Configuration"
    calls = Calls(
        "kafka",
        "create_configuration",
        "describe_configuration",
        "update_configuration",
        "delete_configuration",
    )
    inputs = ("name", "description", "kafkaVersions", "serverProperties")
    replace = ("name", "kafkaVersions")
    name = "name"
    id_form = "{arn}"
    made = table(arn="Arn")
    key = table(Arn="arn")
    outputs = table(arn="Arn", latestRevision="LatestRevision.Revision")

    def show(self, cloud: Cloud, id: str) -> Any:
        found = super().show(cloud, id)
        if found.get("State") == "DELETING":
            return None
        latest = found["LatestRevision"]["Revision"]
        revision = cloud.call(
            "kafka", "describe_configuration_revision", Arn=id, Revision=int(latest)
        )
        properties = revision["ServerProperties"]
        text = properties.decode() if isinstance(properties, bytes) else properties
        return {**found, "ServerProperties": text}


class ClusterPolicy(ApiResource):
    token = "aws:msk/clusterPolicy:ClusterPolicy"
    calls = Calls(
        "kafka",
        "put_cluster_policy",
        "get_cluster_policy",
        "put_cluster_policy",
        "delete_cluster_policy",
    )
    inputs = ("clusterArn", "policy")
    replace = ("clusterArn",)
    id_form = "{clusterArn}"
    key = table(ClusterArn="clusterArn")
    outputs = table(currentVersion="CurrentVersion")


class ServerlessCluster(Resource):
    """Refused: the laptop has one provisioned broker and nothing that behaves as serverless."""

    token = "aws:msk/serverlessCluster:ServerlessCluster"
    inputs = ("clusterName", "vpcConfigs", "clientAuthentication")
    replace = inputs
    name = "clusterName"
    tagging = TAGGING

    def create(self, cloud: Cloud, new: Properties) -> str:
        raise ValueError(
            "E_PROVIDER_SERVERLESS: streamMode=serverless is not possible on the laptop; "
            "expected provisioned or existing; fix: set acme-telemetry:streamMode"
        )
