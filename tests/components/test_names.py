"""The names of the default stack are those that its users know."""

from __future__ import annotations

from components.names import Names, group_arn, topic_arn

NAMES = Names(prefix="acme-telemetry", account_id="111122223333", region="eu-central-1")
CLUSTER = "arn:aws:kafka:eu-central-1:111122223333:cluster/cluster/1234-1"


def test_the_prefix_has_three_spellings() -> None:
    assert (NAMES.prefix, NAMES.pascal, NAMES.snake) == (
        "acme-telemetry",
        "AcmeTelemetry",
        "acme_telemetry",
    )


def test_buckets_carry_account_and_region() -> None:
    assert NAMES.data_bucket == "acme-telemetry-111122223333-eu-central-1"
    assert NAMES.log_bucket == "acme-telemetry-logs-111122223333-eu-central-1"


def test_the_longest_prefix_still_gives_a_bucket_name() -> None:
    longest = Names(prefix="a" * 30, account_id="1" * 12, region="ap-southeast-1")
    assert len(longest.log_bucket) <= 63


def test_topic_and_group_are_other_resources_than_the_cluster() -> None:
    assert topic_arn(CLUSTER, "events") == (
        "arn:aws:kafka:eu-central-1:111122223333:topic/cluster/1234-1/events"
    )
    assert group_arn(CLUSTER, "*") == (
        "arn:aws:kafka:eu-central-1:111122223333:group/cluster/1234-1/*"
    )


def test_glue_asks_for_catalogue_database_and_table() -> None:
    assert NAMES.catalog_arns("db", "t") == [
        "arn:aws:glue:eu-central-1:111122223333:catalog",
        "arn:aws:glue:eu-central-1:111122223333:database/db",
        "arn:aws:glue:eu-central-1:111122223333:table/db/t",
    ]
