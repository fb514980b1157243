"""Every physical name of a stack and every ARN that follows from one, all from a single prefix.

A second stack in the same account has another prefix and shares no name with the first. Names of
things that AWS numbers itself (keys, clusters, subnets) are not here: they are outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

RAW_TABLE = "video_telemetry_json"
FUNCTIONS = {"generator": "Generator", "producer": "Producer", "data_loader": "DataLoader"}


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one stack: `prefix` in kebab case, the account it lives in and its region."""

    prefix: str
    account_id: str
    region: str
    partition: str = "aws"

    @property
    def pascal(self) -> str:
        """The prefix as in `AcmeTelemetry`."""
        return "".join(word.capitalize() for word in self.prefix.split("-"))

    @property
    def snake(self) -> str:
        """The prefix as in `acme_telemetry`."""
        return self.prefix.replace("-", "_")

    def of(self, thing: str) -> str:
        """A name as IAM, Lambda, Firehose and Glue's crawlers carry it: `AcmeTelemetry-<thing>`."""
        return f"{self.pascal}-{thing}"

    def function(self, function: str) -> str:
        """The name of a function: `generator`, `producer` or `data_loader`."""
        return self.of(FUNCTIONS[function])

    def role(self, bearer: str) -> str:
        """The role of a bearer such as `Generator` or `Firehose`."""
        return self.of(f"{bearer}-Role")

    def dead_letters(self, bearer: str) -> str:
        """The dead-letter queue of a bearer."""
        return self.of(f"{bearer}-DLQ")

    @property
    def data_bucket(self) -> str:
        """The bucket of telemetry, cache, ledger, quarantine and query results."""
        return f"{self.prefix}-{self.account_id}-{self.region}"

    @property
    def log_bucket(self) -> str:
        """The bucket of S3 access logs."""
        return f"{self.prefix}-logs-{self.account_id}-{self.region}"

    @property
    def topic(self) -> str:
        """The Kafka topic."""
        return self.prefix

    @property
    def cluster(self) -> str:
        """The MSK cluster, and its configuration."""
        return self.prefix

    @property
    def workgroup(self) -> str:
        """The Athena workgroup."""
        return self.prefix

    @property
    def key_alias(self) -> str:
        """The alias of the project's key."""
        return f"alias/{self.prefix}"

    @property
    def telemetry_database(self) -> str:
        """The Glue database of the raw table."""
        return self.snake

    @property
    def delivery_stream(self) -> str:
        """The Firehose stream."""
        return self.of("MSK-to-S3")

    @property
    def crawler(self) -> str:
        """The Glue crawler."""
        return self.of("S3-Crawler")

    @property
    def crawler_log_group(self) -> str:
        """Where Glue logs a crawler with a security configuration, here of the crawler's name."""
        return f"/aws-glue/crawlers-role/{self.role('GlueCrawler')}-{self.crawler}"

    @property
    def generator_schedule(self) -> str:
        """The EventBridge schedule of the generator."""
        return self.of("GeneratorSchedule")

    @property
    def schedule_group(self) -> str:
        """The group of this stack's schedules."""
        return self.pascal

    def function_log_group(self, function: str) -> str:
        """The log group of a function."""
        return f"/aws/lambda/{self.function(function)}"

    @property
    def dns_suffix(self) -> str:
        """The domain of the partition, in which a regional service's name ends."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def regional(self, service: str) -> str:
        """A service of this region as principals and `kms:ViaService` spell it."""
        return f"{service}.{self.region}.{self.dns_suffix}"

    def arn(self, service: str, resource: str) -> str:
        """An ARN of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def bucket_arn(self, bucket: str) -> str:
        """The ARN of a bucket; objects are `<arn>/<key>`."""
        return f"arn:{self.partition}:s3:::{bucket}"

    def function_arn(self, function: str) -> str:
        """The ARN of a function, by its logical name."""
        return self.arn("lambda", f"function:{self.function(function)}")

    def role_arn(self, bearer: str) -> str:
        """The ARN of a bearer's role."""
        return f"arn:{self.partition}:iam::{self.account_id}:role/{self.role(bearer)}"

    def queue_arn(self, queue: str) -> str:
        """The ARN of a queue, by its physical name."""
        return self.arn("sqs", queue)

    def log_group_arn(self, log_group: str) -> str:
        """The ARN of a log group, without the `:*` that stands for its streams."""
        return self.arn("logs", f"log-group:{log_group}")

    def workgroup_arn(self) -> str:
        """The ARN of the Athena workgroup."""
        return self.arn("athena", f"workgroup/{self.workgroup}")

    def catalog_arns(self, database: str, *tables: str) -> list[str]:
        """What Glue asks rights on when these tables are used: catalogue, database, each table."""
        return [
            self.arn("glue", "catalog"),
            self.arn("glue", f"database/{database}"),
            *(self.arn("glue", f"table/{database}/{table}") for table in tables),
        ]


def topic_arn(cluster_arn: str, topic: str) -> str:
    """The ARN of a topic: `…:topic/<cluster>/<uuid>/<topic>`."""
    return f"{cluster_arn.replace(':cluster/', ':topic/', 1)}/{topic}"


def group_arn(cluster_arn: str, group: str) -> str:
    """The ARN of a consumer group: `…:group/<cluster>/<uuid>/<group>`."""
    return f"{cluster_arn.replace(':cluster/', ':group/', 1)}/{group}"
