"""The settings of a stack, schedules among them, read as the engine hands them over."""

from __future__ import annotations

import json
import re

from components import settings
from components.settings import SettingsError
from tests.bad_input.case import TAKEN, Case, Outcome, Surface, crashed, environment, of_lines

REFUSED = "refused"
REGION = {"aws:region": "eu-central-1"}
CLUSTER = "arn:aws:kafka:{}:111122223333:cluster/a/b-1"
EXISTING = {
    "streamMode": "existing",
    "streamClusterArn": CLUSTER.format("eu-central-1"),
    "streamSubnetIds": '["subnet-11111111","subnet-22222222"]',
    "streamSecurityGroupIds": '["sg-11111111"]',
}
FORM = re.compile(
    r"E_CFG_(?:VALUE|UNKNOWN|MISSING|CONFLICT): \S+=(?:'[ -~]{0,80}'|host) is .+; expected .+; "
    r"fix: pulumi config (?:set|rm) --stack test .+"
)
SECRET = "hush-hush-hush"


def run(changes: dict[str, object]) -> Outcome:
    """A stack with these settings; a key with a colon is another namespace's. SECRET is secret."""
    given = {
        key if ":" in key else f"acme-telemetry:{key}": value for key, value in changes.items()
    }
    secret = {key for key, value in given.items() if SECRET in str(value)}
    try:
        with environment({}):
            settings.read({**REGION, **given}, stack="test", secret=secret)
    except SettingsError as error:
        head, *problems = str(error).splitlines()
        if not head.startswith("Pulumi.test.yaml has "):
            return Outcome("no file named", (), REFUSED, head)
        if SECRET in str(error):
            return Outcome("a secret shown", (), REFUSED, str(error))
        if not all(FORM.fullmatch(problem) for problem in problems):
            return Outcome("another form", (), REFUSED, str(error))
        return of_lines("\n".join(problems), REFUSED)
    except Exception:  # noqa: BLE001 - to be told as what came of the case
        return crashed("")
    return Outcome(TAKEN, (), TAKEN)


def one(key: str, *values: object) -> tuple[Case, ...]:
    """The cases of one setting: what it may not be."""
    return tuple(Case({key: value}, "E_CFG_VALUE", key) for value in values)


def rule(key: str, **changes: object) -> Case:
    """Settings of which each is right and which contradict each other; `key` is to change."""
    shown = {name: value for name, value in changes.items() if EXISTING.get(name) != value}
    whole = "an existing stream, but " if EXISTING.items() & changes.items() else ""
    return Case(changes, "E_CFG_CONFLICT", key, given=f"{whole}{json.dumps(shown)}")


SCHEDULES = (
    *("", "every 5 minutes", "5 minutes", "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)"),
    *("rate(5 m)", "rate( 5 minutes)", "rate(5 minutes)\n", "Rate(5 minutes)", "rate(1٣ minutes)"),
    *("rate(-5 minutes)", "rate(0.5 hours)", "rate(5 seconds)", "rate(5 minutes) UTC"),
    *("at(2027-01-01T00:00:00)", "0 * * * ? *", "cron(0 * * * *)", "cron(0 * * * * *)"),
    *("cron(0 * ? * ? *)", "cron(60 * * * ? *)", "cron(0 24 * * ? *)", "cron(0 * 32 * ? *)"),
    *("cron(0 * * 13 ? *)", "cron(0 * ? * 8 *)", "cron(0 * * FOO ? *)", "cron(0/0 * * * ? *)"),
    *("cron(? * * * ? *)", "cron(0 * * * ? 1969)", "cron(1- * * * ? *)", "cron(٣ * * * ? *)"),
    *("cron(0 * * * ? *) Mars/Base", "cron(0 0 * * ? * *)", "cron()", "@hourly"),
)
CASES = (
    *one("prefix", "Acme", "a", "", "acme--telemetry", "acme-1", "aws-telemetry", "a" * 31,
         "acme_t", "acme.telemetry", "-acme", "acme-", "acme telemetry", "acmé", "xn-acme",
         "sthree-acme", "acme-telemetry\n", "acme-telemetry\u00a0", "acme\x1b[2J", "acme\ud800"),
    *one("environment", "", "Prod", "1", "e" * 21, "pro_d", "prod\n"),
    *one("rawRetentionDays", "soon", "0", "-1", "1.5", "", "3654", "1e3", "٣٠", "30 days", True,
         None, [30], "9" * 300),
    *one("curatedRetentionDays", "9999"),
    *one("resultsRetentionDays", "-1", "366"),
    *one("logRetentionDays", "31", "0", "2", "thirty"),
    *one("quarantineRetentionDays", "1e3"),
    *one("retainData", "yes", "True", "1", "", "no", "TRUE", 1),
    *one("referenceMode", "none", "", "Sample"),
    *one("referenceDatabase", "Acme-Data", "", "a" * 129, "1acme", "a.b", "a; drop table x"),
    *one("referenceDataLocations", "s3://bucket/titles/", '["s3://bucket/titles"]', "[", "{}", "",
         '["s3://bucket/*/"]', '["s3://bucket/a/","s3://bucket/a/"]', '["https://bucket/a/"]',
         '["s3://Bucket_X/a/"]', "[" * 50_000),
    *one("referenceKmsKeyArn", "alias/key", "arn:aws:s3:::bucket"),
    *one("referenceCacheTtlMinutes", "0", "1441", "1h"),
    *one("generatorSchedule", *SCHEDULES, "rate(2 hours)", "rate(61 minutes)", "rate(1 day)"),
    *one("catalogCrawlerSchedule", "rate(1 hour)", "", "cron(0 * * * * *)", "hourly"),
    *one("generatorEnabled", "1", "on"),
    *one("generatorProfile", "storm", "", "Steady", "steady,launch"),
    *one("generatorSeed", "-1", "0x7", str(2**53), "x"),
    *one("streamMode", "kinesis", "", "Existing"),
    *one("streamClusterArn", "arn:aws:kafka:eu-central-1:1:cluster/a", "acme-telemetry",
         "arn:aws:kafka:eu-central-1:١١١١٢٢٢٢٣٣٣٣:cluster/a/b-1"),
    *one("streamSubnetIds", '["subnet-x"]', "subnet-11111111", '["sg-11111111"]', "[null]"),
    *one("streamSecurityGroupIds", "[1]", '["subnet-11111111"]'),
    *one("streamBrokerType", "kafka.t3.small", "m7g.large", "kafka.m7g.tiny"),
    *one("streamBrokers", "4", "0", "33", "3.0"),
    *one("streamVolumeGib", "0", "16385", "100GiB"),
    *one("streamPartitions", "0", "1001"),
    *one("streamRetentionHours", "24", "8761"),
    *one("networkEndpoints", '["s4"]', '["sts","sts"]', "sts"),
    *one("deliveryBufferMb", "129", "0", " 5", "5 "),
    *one("deliveryBufferSeconds", "301", "-1"),
    *one("catalogPartitions", "msck", ""),
    *one("queryBytesCutoffMb", "9", "10GB"),
    *one("alarmsEmail", "oncall", "a@b", "a b@example.com", "x\n" * 500),
    *one("alarmsEnabled", "True"),
    *one("auditTrail", "yes"),
    *one("quicksightEnabled", "no"),
    *one("quicksightPrincipal", "analyst"),
    *one("functionRuntime", "python3.8", "3.13", ""),
    *one("functionArchitecture", "amd64", "x86-64"),
    *one("aws:region", "EU West", "eu-central", "eu_central_1", "eu-central-1a", "Frankfurt"),
    Case({"aws:region": ""}, "E_CFG_MISSING", "aws:region"),
    Case({"rawRetentionDay": "30"}, "E_CFG_UNKNOWN", "rawRetentionDay"),
    Case({"colour": "blue"}, "E_CFG_UNKNOWN", "colour"),
    Case({"PREFIX": "acme"}, "E_CFG_UNKNOWN", "PREFIX"),
    Case({"k" * 300: "v" * 300}, "E_CFG_UNKNOWN", "k" * 77 + "...", given="a key of 300 letters"),
    Case({"prefix": SECRET.upper() + SECRET}, "E_CFG_VALUE", "prefix", given="a secret prefix"),
    Case({"streamSubnetIds": f'["{SECRET}"]'}, "E_CFG_VALUE", "streamSubnetIds",
         given="secret subnets"),
    Case({"token": SECRET}, "E_CFG_UNKNOWN", "token", given="a secret that is no setting"),
    rule("streamClusterArn", **{**EXISTING, "streamClusterArn": ""}),
    rule("streamSubnetIds", **{**EXISTING, "streamSubnetIds": '["subnet-11111111"]'}),
    rule("streamSecurityGroupIds", **{**EXISTING, "streamSecurityGroupIds": "[]"}),
    rule("streamClusterArn", **{**EXISTING, "streamClusterArn": CLUSTER.format("us-east-1")}),
    rule("networkEndpoints", **{**EXISTING, "networkEndpoints": '["sts"]'}),
    rule("streamSubnetIds", streamSubnetIds=EXISTING["streamSubnetIds"]),
    rule("streamClusterArn", streamMode="serverless", streamClusterArn=CLUSTER.format("eu-west-1")),
    rule("referenceDatabase", referenceMode="sample", prefix="acme-two"),
    rule("referenceDatabase", referenceDatabase="acme_telemetry"),
    rule("referenceDataLocations", referenceMode="sample",
         referenceDataLocations='["s3://bucket/a/"]'),
    rule("referenceKmsKeyArn", referenceMode="sample",
         referenceKmsKeyArn="arn:aws:kms:eu-central-1:111122223333:key/a"),
    rule("quicksightPrincipal", quicksightEnabled="true"),
    rule("alarmsEnabled", alarmsEmail="oncall@example.com"),
    Case({"streamMode": "existing"}, "E_CFG_CONFLICT",
         ("streamClusterArn", "streamSubnetIds", "streamSecurityGroupIds")),
    Case({"prefix": "Acme", "retainDate": "true", "streamMode": "existing",
          "rawRetentionDays": "soon", "aws:region": "here"}, "E_CFG_UNKNOWN",
         ("retainDate", "aws:region", "prefix", "rawRetentionDays", "streamClusterArn",
          "streamSubnetIds", "streamSecurityGroupIds")),
)  # fmt: skip
SURFACE = Surface(
    "settings of a stack", "refused before anything is deployed, all at once", REFUSED, run, CASES
)
