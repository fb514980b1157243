"""The table of settings: key, default, meaning and what is allowed, one entry each."""

from __future__ import annotations

from components.schedules import is_cron, tick_seconds
from components.setting import (
    Setting,
    UnfitError,
    choice,
    flag,
    number,
    one_of_numbers,
    text,
    texts,
)
from handlers.contract.limits import PROFILES, SEED_MAX
from handlers.contract.reference_document import TTL_MAX_MINUTES

MAX_DAYS = 3653
# What CloudWatch Logs takes, from 30 days on; S3 lifecycle would take any number.
LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653)
_AVAILABILITY_ZONES = 3
_ENDPOINTS = ("athena", "glue", "kafka", "kms", "lambda", "logs", "monitoring", "sts", "xray")
_SEED_MAX = min(SEED_MAX, 2**53 - 1)  # the engine hands whole numbers over as doubles
_CLUSTER_ARN = (
    r"arn:aws[a-z-]*:kafka:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}:cluster/[A-Za-z0-9-]+/[A-Za-z0-9-]+"
)
_KEY_ARN = r"arn:aws[a-z-]*:kms:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}:key/[A-Za-z0-9-]+"
_PRINCIPAL_ARN = r"arn:aws[a-z-]*:quicksight:[a-z0-9-]+:\d{12}:(?:user|group)/.+"
# Every word begins with a letter, so that no two prefixes give one PascalCase spelling.
_PREFIX = r"(?=.{3,30}$)(?!(?:aws|xn|sthree|amzn)-)[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*"


def _schedule(key: str, default: str, meaning: str, *, ticks: bool) -> Setting:
    def read(given: str) -> str:
        if not (tick_seconds(given) if ticks else is_cron(given)):
            raise UnfitError("no schedule that AWS takes" + (", or over an hour" * ticks))
        return given

    forms = "rate(5 minutes) or cron(0/5 * * * ? *)" if ticks else "cron(0 * * * ? *)"
    return Setting(
        key=key,
        kind="string",
        default=default,
        meaning=meaning,
        allowed=f"an expression like {forms}, UTC",
        example=default,
        read=read,
    )


SETTINGS: tuple[Setting, ...] = (
    text(
        "prefix",
        "acme-telemetry",
        "gives every physical name; a second stack in an account needs another",
        form=_PREFIX,
        allowed="3 to 30 lower-case letters, digits and hyphens, each word beginning with a letter",
    ),
    text(
        "environment",
        "dev",
        "tag of every resource that costs money",
        form=r"[a-z][a-z0-9-]{0,19}",
        allowed="1 to 20 lower-case letters, digits and hyphens",
    ),
    number("rawRetentionDays", 90, "days that raw telemetry is kept", low=1, high=MAX_DAYS),
    number("curatedRetentionDays", 730, "days that curated data is kept", low=1, high=MAX_DAYS),
    number("resultsRetentionDays", 7, "days that query results are kept", low=1, high=365),
    one_of_numbers("logRetentionDays", 30, "days that logs are kept", LOG_DAYS),
    number(
        "quarantineRetentionDays",
        30,
        "days that refused records and delivery errors are kept",
        low=1,
        high=MAX_DAYS,
    ),
    flag("retainData", True, "destroy and replacement spare the buckets, the key and the cluster"),
    choice(
        "referenceMode",
        "existing",
        "whether titles and customers are in the account or a sample is deployed",
        ("existing", "sample"),
    ),
    text(
        "referenceDatabase",
        "acme_streaming_data",
        "Glue database of titles and customers",
        form=r"[a-z][a-z0-9_]{0,127}",
        allowed="1 to 128 lower-case letters, digits and underscores",
    ),
    texts(
        "referenceDataLocations",
        "where the existing reference tables keep their data; empty asks the catalogue",
        form=r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(?:[^*?]*/)?",
        allowed="S3 locations ending in /",
        example="s3://streaming-data/titles/",
    ),
    text(
        "referenceKmsKeyArn",
        "",
        "key of the existing reference data",
        form=_KEY_ARN,
        allowed="the ARN of a KMS key, or empty",
        example="arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ),
    number(
        "referenceCacheTtlMinutes",
        60,
        "minutes that reference data is cached",
        low=1,
        high=TTL_MAX_MINUTES,
    ),
    _schedule("generatorSchedule", "rate(5 minutes)", "when the generator runs", ticks=True),
    flag("generatorEnabled", True, "the schedule runs"),
    choice("generatorProfile", "steady", "shape of the traffic", PROFILES),
    number("generatorSeed", 0, "seed of the viewers' behaviour", low=0, high=_SEED_MAX),
    choice(
        "streamMode",
        "provisioned",
        "a cluster of this stack, or one that exists",
        ("provisioned", "serverless", "existing"),
    ),
    text(
        "streamClusterArn",
        "",
        "the existing cluster",
        form=_CLUSTER_ARN,
        allowed="the ARN of an MSK cluster, or empty",
        example="arn:aws:kafka:eu-central-1:111122223333:cluster/events/"
        "1234abcd-12ab-34cd-56ef-1234567890ab-1",
    ),
    texts(
        "streamSubnetIds",
        "subnets of the producer with the existing cluster",
        form=r"subnet-[0-9a-f]{8,17}",
        allowed="two or more subnet ids in different zones",
        example="subnet-0123456789abcdef0",
    ),
    texts(
        "streamSecurityGroupIds",
        "security groups of the producer that the existing cluster admits on port 9098",
        form=r"sg-[0-9a-f]{8,17}",
        allowed="security group ids",
        example="sg-0123456789abcdef0",
    ),
    text(
        "streamBrokerType",
        "kafka.m7g.large",
        "instance type of the brokers; t3.small has no private connectivity for Firehose",
        form=r"kafka\.m(?:5|7g)\.(?:large|(?:2|4|8|12|16)?xlarge|24xlarge)",
        allowed="kafka.m7g.large, kafka.m5.large or a larger one",
    ),
    number(
        "streamBrokers",
        3,
        "brokers, spread over three zones",
        low=3,
        high=30,
        step=_AVAILABILITY_ZONES,
    ),
    number(
        "streamVolumeGib",
        100,
        "GiB of disk a broker; it holds streamRetentionHours of events; may grow, never shrink",
        low=1,
        high=16_384,
    ),
    number(
        "streamPartitions",
        3,
        "partitions that the topic is made with; `up` refuses another number for one that exists",
        low=1,
        high=1000,
    ),
    number("streamRetentionHours", 168, "hours that Kafka keeps an event", low=168, high=8760),
    texts(
        "networkEndpoints",
        "interface endpoints in the stack's own network, for other projects' writers; each costs "
        "by the hour and zone; the pipeline needs none",
        form="|".join(_ENDPOINTS),
        allowed="services out of " + ", ".join(_ENDPOINTS),
        example="sts",
    ),
    number("deliveryBufferMb", 128, "MB before gzip at which an object is closed", low=1, high=128),
    number(
        "deliveryBufferSeconds", 300, "seconds after which an object is closed", low=0, high=300
    ),
    choice(
        "catalogPartitions",
        "crawler",
        "what makes a new hour visible to queries",
        ("crawler", "projection"),
    ),
    _schedule("catalogCrawlerSchedule", "cron(0 * * * ? *)", "when the crawler runs", ticks=False),
    number(
        "queryBytesCutoffMb",
        10_240,
        "MB that one query may scan",
        low=10,
        high=7_340_032,
    ),
    text(
        "alarmsEmail",
        "",
        "who is told of alarms",
        form=r"[^@\s]+@[^@\s]+\.[^@\s]+",
        allowed="an e-mail address, or empty",
        example="oncall@example.com",
    ),
    flag("alarmsEnabled", False, "alarms are made"),
    choice(
        "auditTrail",
        "none",
        "a CloudTrail trail of this stack, or one that the account has",
        ("none", "create", "existing"),
    ),
    flag("quicksightEnabled", False, "QuickSight resources are made"),
    text(
        "quicksightPrincipal",
        "",
        "who owns the QuickSight resources",
        form=_PRINCIPAL_ARN,
        allowed="the ARN of a QuickSight user or group, or empty",
        example="arn:aws:quicksight:eu-central-1:111122223333:user/default/analyst",
    ),
    choice(
        "functionRuntime",
        "python3.13",
        "Python of the functions; host is the one that runs the program",
        ("python3.11", "python3.12", "python3.13", "host"),
    ),
    choice(
        "functionArchitecture",
        "arm64",
        "processor of the functions; host is the one that runs the program",
        ("x86_64", "arm64", "host"),
    ),
)
