"""The data lake: the data bucket, the bucket of its access logs, and how long each prefix lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import resource_policies
from components.settings_groups import Retention
from components.stage import Identity, Stage, as_json, policy

_MULTIPART_DAYS = 7
_NONCURRENT_DAYS = 30
# A reference document is put again when it is needed and gone, but a run's ledger record names it.
_REFERENCE_CACHE_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class DataLakeArgs:
    """`trail` is the name of this stack's CloudTrail trail, which writes to the log bucket."""

    identity: Identity
    retention: Retention
    key_arn: pulumi.Input[str]
    trail: str | None = None


class DataLake(Stage):
    """Two private buckets: versioned, encrypted, over TLS only.

    The log bucket is encrypted with S3's own keys, as targets of access logs must be.
    """

    data_bucket: pulumi.Output[str]
    data_bucket_arn: pulumi.Output[str]
    log_bucket: pulumi.Output[str]
    settled: list[pulumi.Resource]

    def __init__(
        self, name: str, args: DataLakeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        identity, names = args.identity, args.identity.names
        self._retained = identity.retain_data
        logs = self._private_bucket("log", names.log_bucket, identity)
        data = self._private_bucket("data", names.data_bucket, identity)
        self._encrypt("log", logs, None)
        encryption = self._encrypt("data", data, args.key_arn)
        self._expire("log", logs, {"logs": ("", args.retention.log_days)})
        self._expire(
            "data",
            data,
            {
                "telemetry": ("telemetry/", args.retention.raw_days),
                "curated": ("curated/", args.retention.curated_days),
                "results": ("athena-results/", args.retention.results_days),
                "quarantine": ("quarantine/", args.retention.quarantine_days),
                "errors": ("errors/", args.retention.quarantine_days),
                "reference-cache": ("cache/reference/", _REFERENCE_CACHE_DAYS),
            },
        )
        log_policy = aws.s3.BucketPolicy(
            self.called("log-policy"),
            bucket=logs.bucket,
            policy=as_json(resource_policies.log_bucket(names, trail=args.trail)),
            opts=self._of_a_bucket(),
        )
        data_policy = aws.s3.BucketPolicy(
            self.called("data-policy"),
            bucket=data.bucket,
            policy=policy(
                lambda key_arn: resource_policies.data_bucket(names, key_arn), key_arn=args.key_arn
            ),
            opts=self._of_a_bucket(),
        )
        aws.s3.BucketLogging(
            self.called("data-access-logs"),
            bucket=data.bucket,
            target_bucket=logs.bucket,
            target_prefix=f"{names.data_bucket}/",
            opts=self._of_a_bucket(after=[log_policy]),
        )
        self.data_bucket, self.data_bucket_arn = data.bucket, data.arn
        self.log_bucket = logs.bucket
        # What must stand before the first object is written, or before the trail starts.
        self.settled = [encryption, data_policy, log_policy]
        self.register_outputs(
            {
                "data_bucket": self.data_bucket,
                "data_bucket_arn": self.data_bucket_arn,
                "log_bucket": self.log_bucket,
            }
        )

    def _of_a_bucket(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """A bucket that outlives the stack stays private, versioned and encrypted."""
        return self.child(after=after, retain=self._retained)

    def _private_bucket(self, role: str, bucket_name: str, identity: Identity) -> aws.s3.Bucket:
        bucket = aws.s3.Bucket(
            self.called(f"{role}-bucket"),
            bucket=bucket_name,
            force_destroy=not identity.retain_data,
            tags=identity.tags(),
            opts=self.child(protect=identity.retain_data, retain=identity.retain_data),
        )
        ownership = aws.s3.BucketOwnershipControls(
            self.called(f"{role}-ownership"),
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self._of_a_bucket(),
        )
        aws.s3.BucketPublicAccessBlock(
            self.called(f"{role}-public-access"),
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            # S3 refuses two changes of a bucket's access at once.
            opts=self._of_a_bucket(after=[ownership]),
        )
        aws.s3.BucketVersioning(
            self.called(f"{role}-versioning"),
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(
                status="Enabled"
            ),
            opts=self._of_a_bucket(),
        )
        return bucket

    def _encrypt(
        self, role: str, bucket: aws.s3.Bucket, key_arn: pulumi.Input[str] | None
    ) -> pulumi.Resource:
        default = (
            aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
        )
        rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=(
                default(sse_algorithm="aws:kms", kms_master_key_id=key_arn)
                if key_arn is not None
                else default(sse_algorithm="AES256")
            ),
            bucket_key_enabled=True if key_arn is not None else None,
        )
        resource: pulumi.Resource = aws.s3.BucketServerSideEncryptionConfiguration(
            self.called(f"{role}-encryption"),
            bucket=bucket.bucket,
            rules=[rule],
            opts=self._of_a_bucket(),
        )
        return resource

    def _expire(self, role: str, bucket: aws.s3.Bucket, lives: dict[str, tuple[str, int]]) -> None:
        rule = aws.s3.BucketLifecycleConfigurationRuleArgs
        rules = [
            rule(
                id=f"expire-{thing}",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=prefix),
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
            )
            for thing, (prefix, days) in lives.items()
        ]
        rules.append(
            rule(
                id="clean-up",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                # An expired object leaves a delete marker, which would stay for ever.
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(
                    expired_object_delete_marker=True
                ),
                noncurrent_version_expiration=(
                    aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                        noncurrent_days=_NONCURRENT_DAYS
                    )
                ),
                abort_incomplete_multipart_upload=(
                    aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=_MULTIPART_DAYS
                    )
                ),
            )
        )
        aws.s3.BucketLifecycleConfiguration(
            self.called(f"{role}-lifecycle"),
            bucket=bucket.bucket,
            rules=rules,
            opts=self._of_a_bucket(),
        )
