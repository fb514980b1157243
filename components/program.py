"""The program that `pulumi up` runs, by `__main__.py` or inline through the Automation API.

Owns the look-ups that an account answers before anything is made, and what stands outside the
components: archives, sample files, the texts of the queries.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components import packaging, query, sample, settings
from components.names import Names
from components.pipeline import Surroundings, TelemetryPipeline, TelemetryPipelineArgs
from components.settings import Settings
from components.wheels import PackagingError

ZONES = 3
# Some accounts still see these old zones, where Lambda and MSK take no subnet.
_ZONES_WITHOUT_SERVICES = ("use1-az3", "usw1-az2", "cac1-az3")


class ProgramError(pulumi.RunError):
    """The account lacks what the settings ask for; the engine shows the text as it is."""


def main() -> None:
    """Read the settings, ask the account, build the pipeline, export its outputs."""
    chosen = settings.load()
    pipeline = TelemetryPipeline(
        "pipeline",
        TelemetryPipelineArgs(
            settings=chosen,
            surroundings=look_up(chosen),
            archives=lambda package: archive(package, chosen),
            sample=lambda: sample.write(_cache() / "sample"),
            statements=query.statements(),
        ),
    )
    for name, value in pipeline.outputs.items():
        pulumi.export(name, value)


def look_up(chosen: Settings) -> Surroundings:
    """What the account says. Raises ProgramError where it lacks something."""
    region, caller = aws.get_region().region, aws.get_caller_identity()
    names = Names(
        prefix=chosen.prefix,
        account_id=caller.account_id,
        region=region,
        partition=caller.arn.split(":")[1],
    )
    if chosen.stream.mode == "existing":
        return Surroundings(
            names=names,
            bootstrap_brokers=_bootstrap_brokers(chosen.stream.cluster_arn),
            vpc_id=_network_of(chosen.stream.subnet_ids),
            reference_locations=_reference_locations(chosen),
        )
    return Surroundings(
        names=names,
        availability_zones=_zones(region),
        reference_locations=_reference_locations(chosen),
    )


def archive(package: str, chosen: Settings) -> pulumi.Archive:
    """The code of a function. Raises ProgramError where it cannot be made."""
    try:
        path = packaging.function_archive(
            package, chosen.function.runtime, chosen.function.architecture
        )
    except PackagingError as error:
        raise ProgramError(str(error)) from error
    return pulumi.FileArchive(str(path))


def _zones(region: str) -> tuple[str, ...]:
    zones = aws.get_availability_zones(
        state="available",
        # Local and wavelength zones have no MSK.
        filters=[
            aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"])
        ],
        exclude_zone_ids=list(_ZONES_WITHOUT_SERVICES),
    ).names
    if len(zones) < ZONES:
        raise ProgramError(
            f"E_ACCOUNT_ZONES: aws:region={region} is a region with {len(zones)} availability "
            f"zones; expected {ZONES}; fix: choose another region, e.g. eu-central-1"
        )
    return tuple(sorted(zones)[:ZONES])


def _network_of(subnet_ids: Sequence[str]) -> str:
    """The VPC that the subnets share. Raises ProgramError unless they lie in two zones of one."""
    try:
        subnets = [aws.ec2.get_subnet(id=id) for id in subnet_ids]
    except Exception as error:  # the SDK raises nothing narrower
        raise ProgramError(
            f"E_ACCOUNT_SUBNETS: streamSubnetIds={','.join(subnet_ids)[:80]} has a subnet that "
            f"cannot be read ({_first_line(error)}); expected subnets of this account and region; "
            "fix: set streamSubnetIds to those of the cluster"
        ) from error
    networks = {subnet.vpc_id for subnet in subnets}
    zones = {subnet.availability_zone for subnet in subnets}
    if len(networks) > 1 or len(zones) < 2:
        raise ProgramError(
            f"E_ACCOUNT_SUBNETS: streamSubnetIds={','.join(subnet_ids)[:80]} is in {len(networks)} "
            f"networks and {len(zones)} zones; expected one network and two zones or more; "
            "fix: set streamSubnetIds to those of the cluster"
        )
    return str(networks.pop())


def _bootstrap_brokers(cluster_arn: str) -> str:
    try:
        found = aws.msk.get_bootstrap_brokers(cluster_arn=cluster_arn)
    except Exception as error:  # the SDK raises nothing narrower
        raise ProgramError(
            f"E_ACCOUNT_CLUSTER: streamClusterArn={cluster_arn[:80]} is a cluster that cannot be "
            f"read ({_first_line(error)}); expected an active cluster of this account; "
            "fix: set streamClusterArn to one"
        ) from error
    brokers = str(found.bootstrap_brokers_sasl_iam or "")
    if not brokers:
        raise ProgramError(
            f"E_ACCOUNT_CLUSTER: streamClusterArn={cluster_arn[:80]} is a cluster without IAM "
            "access; expected IAM authentication; fix: switch it on for the cluster"
        )
    return brokers


def _reference_locations(chosen: Settings) -> tuple[str, ...]:
    """Where the existing reference tables lie: as set, else as the catalogue says."""
    reference = chosen.reference
    if reference.mode == "sample" or reference.data_locations:
        return reference.data_locations
    locations = []
    for name in ("titles", "customers"):
        try:
            table = aws.glue.get_catalog_table(database_name=reference.database, name=name)
        except Exception as error:  # the SDK raises nothing narrower
            raise ProgramError(
                f"E_ACCOUNT_REFERENCE: referenceDatabase={reference.database[:80]} is a database "
                f"whose table {name} cannot be read ({_first_line(error)}); expected titles and "
                "customers; fix: set referenceMode to sample, or referenceDatabase to theirs"
            ) from error
        locations.append(table.storage_descriptors[0].location.rstrip("/") + "/")
    return tuple(locations)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _cache() -> Path:
    return Path(os.environ.get("ACME_CACHE_DIR") or "~/.cache/acme-telemetry").expanduser()
