"""The rules between settings: what one value demands of another. Each names one key to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.setting import Value

FIRST_PREFIX = "acme-telemetry"
FIRST_REFERENCE_DATABASE = "acme_streaming_data"
_SUBNET = "--path 'streamSubnetIds[0]' subnet-0123456789abcdef0"
_GROUP = "--path 'streamSecurityGroupIds[0]' sg-0123456789abcdef0"


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """One broken rule: key, value, what is wrong, what would be right, the assignment."""

    key: str
    given: Value
    problem: str
    expected: str
    fix: str


def conflicts(values: Mapping[str, Value], *, region: str) -> Iterator[Conflict]:
    """The broken rules among the values that are right by themselves; a wrong value is absent."""
    yield from _stream(values, region)
    yield from _reference(values)
    if values.get("quicksightEnabled") is True and values.get("quicksightPrincipal") == "":
        yield Conflict(
            key="quicksightPrincipal",
            given="",
            problem="missing while quicksightEnabled is true",
            expected="the ARN of a QuickSight user or group",
            fix="quicksightPrincipal arn:aws:quicksight:eu-central-1:111122223333:user/default/me",
        )
    if values.get("alarmsEmail") and values.get("alarmsEnabled") is False:
        yield Conflict(
            key="alarmsEnabled",
            given="false",
            problem="at odds with an alarmsEmail",
            expected="true, or no alarmsEmail",
            fix="alarmsEnabled true",
        )


def _stream(values: Mapping[str, Value], region: str) -> Iterator[Conflict]:
    mode = values.get("streamMode")
    needs = {
        "streamClusterArn": (1, "the cluster's ARN", "streamClusterArn arn:aws:kafka:…"),
        "streamSubnetIds": (2, "at least two subnets in different zones", _SUBNET),
        "streamSecurityGroupIds": (1, "at least one security group", _GROUP),
    }
    for key, (least, expected, fix) in needs.items():
        value = values.get(key)
        if value is None or mode is None:
            continue
        count = len(value) if isinstance(value, tuple) else int(value != "")
        if mode == "existing" and count < least:
            yield Conflict(
                key=key,
                given=value,
                problem="too little for streamMode existing",
                expected=expected,
                fix=fix,
            )
        if mode != "existing" and count:
            yield Conflict(
                key=key,
                given=value,
                problem=f"without use in streamMode {mode}",
                expected="streamMode existing, or nothing",
                fix="streamMode existing",
            )
    if mode == "existing" and values.get("networkEndpoints"):
        yield Conflict(
            key="networkEndpoints",
            given=values["networkEndpoints"],
            problem="without use in streamMode existing, whose network is another's",
            expected="nothing",
            fix="networkEndpoints '[]'",
        )
    arn = str(values.get("streamClusterArn") or "")
    if mode == "existing" and arn and region and arn.split(":")[3] != region:
        yield Conflict(
            key="streamClusterArn",
            given=arn,
            problem=f"in another region than {region}",
            expected="a cluster in the stack's own region",
            fix=f"aws:region {arn.split(':')[3]}",
        )


def _reference(values: Mapping[str, Value]) -> Iterator[Conflict]:
    prefix, database = str(values.get("prefix", "")), values.get("referenceDatabase")
    snake = prefix.replace("-", "_")
    if prefix and database == snake:
        yield Conflict(
            key="referenceDatabase",
            given=database,
            problem="the name of the telemetry database",
            expected="another name",
            fix=f"referenceDatabase {FIRST_REFERENCE_DATABASE}",
        )
    if values.get("referenceMode") != "sample":
        return
    if prefix not in ("", FIRST_PREFIX) and database == FIRST_REFERENCE_DATABASE:
        yield Conflict(
            key="referenceDatabase",
            given=database,
            problem="the sample of the stack with the default prefix",
            expected="a name of this stack's own",
            fix=f"referenceDatabase {snake}_streaming_data",
        )
    for key in ("referenceDataLocations", "referenceKmsKeyArn"):
        if values.get(key):
            yield Conflict(
                key=key,
                given=values[key],
                problem="without use in referenceMode sample",
                expected="referenceMode existing, or nothing",
                fix="referenceMode existing",
            )
