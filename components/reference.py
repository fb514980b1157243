"""The reference data: the function that loads it, and a sample for an account that has none.

The existing tables are another team's; this stage reads them and never writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components import permissions
from components.function import FunctionStageArgs, PipelineFunction, PipelineFunctionArgs
from components.lake import DataLake
from components.settings_groups import Reference
from components.stage import Stage
from components.tables import PARQUET, table
from handlers.contract import reference as contract

TIMEOUT_SECONDS = 180
_MEMORY_MB = 1024
_COLUMNS = {"titles": contract.TITLES, "customers": contract.CUSTOMERS}

Sample = Callable[[], Mapping[str, Path]]


@dataclass(frozen=True, kw_only=True)
class ReferenceDataArgs:
    """`locations`: where the existing tables keep their data; `sample` makes the sample's files."""

    shared: FunctionStageArgs
    settings: Reference
    lake: DataLake
    locations: Sequence[str]
    sample: Sample


class ReferenceData(Stage):
    """The data loader, and in mode `sample` the database, its two tables and their objects."""

    loader: PipelineFunction
    database: pulumi.Output[str]

    def __init__(
        self, name: str, args: ReferenceDataArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        names = args.shared.identity.names
        locations = args.locations
        self.database = pulumi.Output.from_input(args.settings.database)
        if args.settings.mode == "sample":
            locations = [sample_location(names.data_bucket, kind) for kind in _COLUMNS]
            self.database = self._sample(args)
        self.loader = PipelineFunction(
            "data-loader",
            PipelineFunctionArgs(
                shared=args.shared,
                function="data_loader",
                package="data_loader",
                description="Reads titles and customers through Athena, sorts and caches them",
                timeout_seconds=TIMEOUT_SECONDS,
                memory_mb=_MEMORY_MB,
                environment={
                    "DATA_BUCKET": args.lake.data_bucket,
                    "WORKGROUP": names.workgroup,
                    "REFERENCE_DATABASE": args.settings.database,
                    "TELEMETRY_DATABASE": names.telemetry_database,
                    "CACHE_TTL_MINUTES": str(args.settings.cache_ttl_minutes),
                    "METRIC_NAMESPACE": names.pascal,
                },
                statements=pulumi.Output.from_input(args.shared.key_arn).apply(
                    lambda key_arn: permissions.data_loader(
                        names,
                        key_arn,
                        args.settings.database,
                        locations,
                        args.settings.kms_key_arn,
                    )
                ),
            ),
            opts=self.child(),
        )
        self.register_outputs({"database": self.database})

    def _sample(self, args: ReferenceDataArgs) -> pulumi.Output[str]:
        names = args.shared.identity.names
        database = aws.glue.CatalogDatabase(
            self.called("database"),
            name=args.settings.database,
            description="Sample reference data: titles and customers",
            opts=self.child(),
        )
        for kind, path in sorted(args.sample().items()):
            aws.s3.BucketObjectv2(
                self.called(f"{kind}-object"),
                bucket=args.lake.data_bucket,
                key=f"reference/{kind}/{kind}.parquet",
                source=pulumi.FileAsset(str(path)),
                content_type="application/vnd.apache.parquet",
                opts=self.child(after=args.lake.settled),
            )
            table(
                self,
                f"{kind}-table",
                name=kind,
                database=database.name,
                description=f"Sample of {kind}",
                location=sample_location(names.data_bucket, kind),
                columns=_COLUMNS[kind],
                format=PARQUET,
            )
        name: pulumi.Output[str] = database.name
        return name


def sample_location(bucket: str, kind: str) -> str:
    """Where the sample of `titles` or `customers` lies."""
    return f"s3://{bucket}/reference/{kind}/"
