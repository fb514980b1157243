"""The query service: the Athena workgroup and what it allows, and the repository's queries by name.

The statements stand in queries/; here they are put on this stack's tables and saved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.lake import DataLake
from components.names import RAW_TABLE
from components.settings_groups import Query as QuerySettings
from components.stage import Identity, Stage
from handlers.contract import quarantine

FOLDER = Path(__file__).resolve().parents[1] / "queries"
_MB = 1024 * 1024
_QUESTION = re.compile(r"^-- question:\s*(.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class QueryServiceArgs:
    """`statements` are the named queries, file name to text, as the default stack runs them."""

    identity: Identity
    settings: QuerySettings
    key_arn: pulumi.Input[str]
    lake: DataLake
    telemetry_database: pulumi.Input[str]
    reference_database: str
    statements: Mapping[str, str]


class QueryService(Stage):
    """The workgroup with its cut-off and its enforced, encrypted results, and the named queries."""

    workgroup: pulumi.Output[str]
    results_location: pulumi.Output[str]

    def __init__(
        self, name: str, args: QueryServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        identity, names = args.identity, args.identity.names
        self.results_location = pulumi.Output.concat(
            "s3://", args.lake.data_bucket, "/athena-results/"
        )
        encryption = (
            aws.athena.WorkgroupConfigurationResultConfigurationEncryptionConfigurationArgs(
                encryption_option="SSE_KMS", kms_key_arn=args.key_arn
            )
        )
        workgroup = aws.athena.Workgroup(
            self.called("workgroup"),
            name=names.workgroup,
            description="Queries of the telemetry: bounded, encrypted, counted",
            force_destroy=True,  # it holds the history of queries alone, which would bar destroy
            configuration=aws.athena.WorkgroupConfigurationArgs(
                enforce_workgroup_configuration=True,
                publish_cloudwatch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=args.settings.bytes_cutoff_mb * _MB,
                engine_version=aws.athena.WorkgroupConfigurationEngineVersionArgs(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=aws.athena.WorkgroupConfigurationResultConfigurationArgs(
                    output_location=self.results_location,
                    expected_bucket_owner=names.account_id,
                    encryption_configuration=encryption,
                ),
            ),
            tags=identity.tags(),
            opts=self.child(after=args.lake.settled),
        )
        for query, text in sorted(args.statements.items()):
            question = _QUESTION.search(text)
            aws.athena.NamedQuery(
                self.called(query.replace("_", "-")),
                name=query,
                description=question[1] if question else query,
                database=args.telemetry_database,
                workgroup=workgroup.name,
                query=on_tables_of(text, names.telemetry_database, args.reference_database),
                opts=self.child(),
            )
        self.workgroup = workgroup.name
        self.register_outputs(
            {"workgroup": self.workgroup, "results_location": self.results_location}
        )


def statements(folder: Path = FOLDER) -> dict[str, str]:
    """The text of every query of the repository, by the name of its file."""
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.sql"))}


def on_tables_of(text: str, telemetry_database: str, reference_database: str) -> str:
    """A statement of the default stack, on another stack's tables."""
    own = rf"\bacme_telemetry\.({RAW_TABLE}|{quarantine.TABLE})\b"
    text = re.sub(own, rf"{telemetry_database}.\1", text)
    return re.sub(r"\bacme_streaming_data\.(titles|customers)\b", rf"{reference_database}.\1", text)
