"""Both buckets are private, versioned, encrypted, logged, and forget what they should."""

from __future__ import annotations

import json
import re

import pytest

from tests.components.recording import ACCOUNT_ID, Recording

BUCKETS = ["data", "log"]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_no_public_access_and_no_acl(dev: Recording, bucket: str) -> None:
    block = dev.one("s3/bucketPublicAccessBlock", f"lake-{bucket}-public-access").inputs
    flags = {key: value for key, value in block.items() if key != "bucket"}
    assert flags == dict.fromkeys(
        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
    )
    owner = dev.one("s3/bucketOwnershipControls", f"lake-{bucket}-ownership").inputs
    assert owner["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert dev.of("s3/bucketAcl") == []


@pytest.mark.parametrize("bucket", BUCKETS)
def test_versions_are_kept_and_cleaned_up(dev: Recording, bucket: str) -> None:
    versioning = dev.one("s3/bucketVersioning", f"lake-{bucket}-versioning").inputs
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    rules = dev.one("s3/bucketLifecycleConfiguration", f"lake-{bucket}-lifecycle").inputs["rules"]
    (clean_up,) = (rule for rule in rules if rule["id"] == "clean-up")
    assert clean_up["abortIncompleteMultipartUpload"]["daysAfterInitiation"] <= 7
    assert clean_up["noncurrentVersionExpiration"]["noncurrentDays"] == 30
    assert clean_up["expiration"] == {"expiredObjectDeleteMarker": True}


def test_each_prefix_of_the_data_bucket_lives_as_long_as_its_setting(dev: Recording) -> None:
    rules = dev.one("s3/bucketLifecycleConfiguration", "lake-data-lifecycle").inputs["rules"]
    days = {
        rule["filter"]["prefix"]: rule["expiration"]["days"]
        for rule in rules
        if "days" in rule.get("expiration", {})
    }
    assert days == {
        "telemetry/": 90,
        "curated/": 730,
        "athena-results/": 7,
        "quarantine/": 30,
        "errors/": 30,
        "cache/reference/": 30,
    }


def test_data_has_the_project_s_key_and_access_logs_s3_s_own(dev: Recording) -> None:
    def rule(bucket: str) -> dict[str, object]:
        name = f"lake-{bucket}-encryption"
        (only,) = dev.one("s3/bucketServerSideEncryptionConfiguration", name).inputs["rules"]
        return dict(only)

    assert rule("data") == {
        "applyServerSideEncryptionByDefault": {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": f"arn:aws:kms:eu-central-1:{ACCOUNT_ID}:key/encryption-key",
        },
        "bucketKeyEnabled": True,
    }
    assert rule("log") == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}


def test_access_to_data_is_logged_to_the_other_bucket(dev: Recording) -> None:
    logging = dev.one("s3/bucketLogging").inputs
    data = f"acme-telemetry-{ACCOUNT_ID}-eu-central-1"
    logs = f"acme-telemetry-logs-{ACCOUNT_ID}-eu-central-1"
    assert (logging["bucket"], logging["targetBucket"]) == (data, logs)
    assert logging["targetPrefix"] == f"{data}/"
    assert "lake-log-policy" in dev.waits_for("lake-data-access-logs", "bucketLogging")


@pytest.mark.parametrize("bucket", BUCKETS)
def test_tls_only_on_bucket_and_objects(dev: Recording, bucket: str) -> None:
    policy = json.loads(dev.one("s3/bucketPolicy", f"lake-{bucket}-policy").inputs["policy"])
    (statement,) = (s for s in policy["Statement"] if s["Sid"] == "TlsOnly")
    arn = f"arn:aws:s3:::{dev.one('s3/bucket', f'lake-{bucket}-bucket').inputs['bucket']}"
    assert statement["Resource"] == [arn, f"{arn}/*"]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_destroy_spares_data_only_where_the_stack_says_so(
    dev: Recording, local: Recording, bucket: str
) -> None:
    name = f"lake-{bucket}-bucket"
    for recording, kept in ((dev, True), (local, False)):
        request = recording.request(name, "bucket")
        assert (request.protect, request.retainOnDelete) == (kept, kept)
        assert recording.one("s3/bucket", name).inputs["forceDestroy"] is not kept


def test_a_bucket_that_outlives_the_stack_stays_as_it_was(dev: Recording, local: Recording) -> None:
    for recording, kept in ((dev, True), (local, False)):
        settings = [
            request
            for request in recording.requests.values()
            if re.fullmatch(r"aws:s3/bucket[A-Z]\w+:Bucket\w+", request.type)
            and "bucketObject" not in request.type
        ]
        assert len(settings) == 13
        assert {request.retainOnDelete for request in settings} == {kept}
