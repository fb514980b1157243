"""The whole: the stages wired in the order the data flows, and the stack's outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components import permissions
from components.audit import AuditTrail, AuditTrailArgs
from components.catalog import Catalog, CatalogArgs
from components.delivery import Delivery, DeliveryArgs
from components.encryption import Encryption, EncryptionArgs
from components.function import Archives, FunctionStageArgs, Placement
from components.generator import TelemetryGenerator, TelemetryGeneratorArgs
from components.lake import DataLake, DataLakeArgs
from components.names import Names, topic_arn
from components.network import Network, NetworkArgs
from components.producer import TelemetryProducer, TelemetryProducerArgs
from components.query import QueryService, QueryServiceArgs
from components.reference import ReferenceData, ReferenceDataArgs, Sample
from components.settings import Settings
from components.stage import Identity, Stage, as_json
from components.stream import EventStream, EventStreamArgs
from handlers.contract import event


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the account tells before anything is made: looked up by the program, not by a component.

    `availability_zones` are used where the stack makes its own network; `bootstrap_brokers` and
    `vpc_id` are those of an existing cluster; `reference_locations` are `s3://bucket/prefix/`.
    """

    names: Names
    availability_zones: Sequence[str] = ()
    bootstrap_brokers: str | None = None
    vpc_id: str | None = None
    reference_locations: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class TelemetryPipelineArgs:
    """`archives` makes a function's code, `sample` the files of the reference sample."""

    settings: Settings
    surroundings: Surroundings
    archives: Archives
    sample: Sample
    statements: Mapping[str, str]


class TelemetryPipeline(Stage):
    """All stages. `outputs` is the public interface: docs/outputs.md."""

    outputs: dict[str, Any]

    def __init__(
        self, name: str, args: TelemetryPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        self._args, self._names = args, args.surroundings.names
        self._identity = Identity(
            names=self._names,
            environment=args.settings.environment,
            retain_data=args.settings.retention.retain_data,
        )
        self._log_days = args.settings.retention.log_days
        self._storage()
        self._stream()
        self._catalog_and_queries()
        self._functions()
        self.outputs = self._outputs()
        self.register_outputs(self.outputs)

    def _storage(self) -> None:
        settings = self._args.settings
        trail = self._names.of("Trail") if settings.audit.trail == "create" else None
        encryption = EncryptionArgs(identity=self._identity, trail=trail)
        self._key = Encryption("encryption", encryption, self.child()).key_arn
        self._lake = DataLake(
            "lake",
            DataLakeArgs(
                identity=self._identity,
                retention=settings.retention,
                key_arn=self._key,
                trail=trail,
            ),
            self.child(),
        )
        if trail:
            AuditTrail(
                "audit",
                AuditTrailArgs(
                    identity=self._identity,
                    trail=trail,
                    log_days=self._log_days,
                    key_arn=self._key,
                    lake=self._lake,
                ),
                self.child(),
            )

    def _stream(self) -> None:
        settings, found = self._args.settings, self._args.surroundings
        network = None
        if settings.stream.mode != "existing":
            network = Network(
                "network",
                NetworkArgs(
                    identity=self._identity,
                    availability_zones=found.availability_zones,
                    endpoints=settings.network.endpoints,
                    log_days=self._log_days,
                    key_arn=self._key,
                ),
                self.child(),
            )
        self._vpc_id = network.vpc_id if network else found.vpc_id
        self._placement = _placement(settings, network)
        self._events = EventStream(
            "stream",
            EventStreamArgs(
                identity=self._identity,
                settings=settings.stream,
                log_days=self._log_days,
                key_arn=self._key,
                network=network,
                bootstrap_brokers=found.bootstrap_brokers,
            ),
            self.child(),
        )

    def _catalog_and_queries(self) -> None:
        settings = self._args.settings
        self._catalog = Catalog(
            "catalog",
            CatalogArgs(
                identity=self._identity,
                settings=settings.catalog,
                log_days=self._log_days,
                key_arn=self._key,
                data_bucket=self._lake.data_bucket,
            ),
            self.child(),
        )
        self._query = QueryService(
            "query",
            QueryServiceArgs(
                identity=self._identity,
                settings=settings.query,
                key_arn=self._key,
                lake=self._lake,
                telemetry_database=self._catalog.database,
                reference_database=settings.reference.database,
                statements=self._args.statements,
            ),
            self.child(),
        )

    def _functions(self) -> None:
        settings = self._args.settings
        shared = FunctionStageArgs(
            identity=self._identity,
            runtime=settings.function,
            log_days=self._log_days,
            key_arn=self._key,
            archives=self._args.archives,
        )
        self._reference = ReferenceData(
            "reference",
            ReferenceDataArgs(
                shared=shared,
                settings=settings.reference,
                lake=self._lake,
                locations=self._args.surroundings.reference_locations,
                sample=self._args.sample,
            ),
            self.child(),
        )
        self._producer = TelemetryProducer(
            "producer",
            TelemetryProducerArgs(
                shared=shared,
                stream=self._events,
                placement=self._placement,
                partitions=settings.stream.partitions,
            ),
            self.child(),
        )
        self._delivery = Delivery(
            "delivery",
            DeliveryArgs(
                identity=self._identity,
                settings=settings.delivery,
                log_days=self._log_days,
                key_arn=self._key,
                stream=self._events,
                lake=self._lake,
                ready=[self._producer.topic, *self._events.open_to_firehose],
            ),
            self.child(),
        )
        self._generator = TelemetryGenerator(
            "generator",
            TelemetryGeneratorArgs(
                shared=shared,
                settings=settings.generator,
                data_bucket=self._lake.data_bucket,
                producer_name=self._producer.function.function_name,
                data_loader_name=self._reference.loader.function_name,
                pipeline=[self._producer.topic, self._delivery.resource],
            ),
            self.child(),
        )

    def _outputs(self) -> dict[str, Any]:
        names, cluster_arn = self._names, self._events.cluster_arn
        bucket, placement = self._lake.data_bucket, self._placement
        databases = {"telemetry": self._catalog.database, "reference": self._reference.database}
        functions = {
            "generator": self._generator.function,
            "producer": self._producer.function,
            "data_loader": self._reference.loader,
        }
        concat = pulumi.Output.concat
        return {
            "region": names.region,
            "account_id": names.account_id,
            "data_bucket": bucket,
            "results_location": self._query.results_location,
            "ledger_location": concat("s3://", bucket, "/ledger/"),
            "kms_key_arn": self._key,
            "cluster_arn": cluster_arn,
            "bootstrap_brokers": self._events.bootstrap_brokers,
            "topic": names.topic,
            "topic_arn": cluster_arn.apply(lambda arn: topic_arn(arn, names.topic)),
            "vpc_id": self._vpc_id,
            "private_subnet_ids": list(placement.subnet_ids),
            "client_security_group_id": placement.security_group_ids[0],
            "producer_policy_json": cluster_arn.apply(
                lambda arn: as_json(permissions.another_writer(names, arn))
            ),
            "delivery_stream": self._delivery.stream_name,
            "databases": databases,
            "tables": {
                "events": concat(databases["telemetry"], ".", self._catalog.table),
                "titles": concat(databases["reference"], ".titles"),
                "customers": concat(databases["reference"], ".customers"),
                "quarantine": concat(databases["telemetry"], ".", self._catalog.quarantine_table),
            },
            "workgroup": self._query.workgroup,
            "crawler": self._catalog.crawler,
            "function_names": {key: item.function_name for key, item in functions.items()},
            "function_arns": {key: item.arn for key, item in functions.items()},
            "role_arns": {
                **{key: item.role_arn for key, item in functions.items()},
                "firehose": self._delivery.role_arn,
                "glue_crawler": self._catalog.crawler_role_arn,
                "scheduler": self._generator.scheduler_role_arn,
            },
            "dashboard_url": None,
            "alarm_topic_arn": None,
            "schema_version": event.SCHEMA_VERSION,
        }


def _placement(settings: Settings, network: Network | None) -> Placement:
    if network is None:
        return Placement(
            subnet_ids=settings.stream.subnet_ids,
            security_group_ids=settings.stream.security_group_ids,
        )
    return Placement(
        subnet_ids=network.subnet_ids,
        security_group_ids=[network.client_security_group_id],
        paths=network.paths,
    )
