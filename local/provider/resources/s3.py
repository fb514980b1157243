"""S3: a bucket, its settings (a type each) and an object."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from local.provider import shapes
from local.provider.cloud import AwsError, Cloud
from local.provider.resource import ApiResource, Calls, Resource, table
from local.provider.tags import Tagging, Tags
from local.provider.values import Properties, archive_bytes, asset_bytes


class BucketTagging(Tagging):
    """A bucket's tags are written as one set."""

    def live(self, cloud: Cloud, state: Mapping[str, Any]) -> Tags:
        try:
            return super().live(cloud, state)
        except AwsError as refused:
            if refused.code == "NoSuchTagSet":
                return {}
            raise

    def change(self, cloud: Cloud, state: Mapping[str, Any], old: Tags, new: Tags) -> None:
        if new:
            pairs = [{"Key": key, "Value": value} for key, value in new.items()]
            cloud.call("s3", self.put, Bucket=state[self.by], Tagging={"TagSet": pairs})
        else:
            cloud.call("s3", self.remove, Bucket=state[self.by])


class Bucket(Resource):
    token = "aws:s3/bucket:Bucket"
    inputs = ("bucket", "forceDestroy", "objectLockEnabled")
    replace = ("bucket", "objectLockEnabled")
    name = "bucket"
    tagging = BucketTagging(
        "s3",
        put="put_bucket_tagging",
        remove="delete_bucket_tagging",
        read="get_bucket_tagging",
        by="bucket",
        target="Bucket",
        found="TagSet",
    )

    def create(self, cloud: Cloud, new: Properties) -> str:
        request: dict[str, Any] = {"Bucket": new["bucket"]}
        if cloud.region != "us-east-1":
            request["CreateBucketConfiguration"] = {"LocationConstraint": cloud.region}
        if new.get("objectLockEnabled"):
            request["ObjectLockEnabledForBucket"] = True
        cloud.call("s3", "create_bucket", **request)
        return str(new["bucket"])

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        cloud.call("s3", "head_bucket", Bucket=id)
        return {
            "bucket": id,
            "arn": f"arn:aws:s3:::{id}",
            "bucketDomainName": f"{id}.s3.amazonaws.com",
            "bucketRegion": cloud.region,
            "bucketRegionalDomainName": f"{id}.s3.{cloud.region}.amazonaws.com",
        }

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        """Only `forceDestroy` can change, and it speaks to `delete`."""

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        if known.get("forceDestroy"):
            empty(cloud, id, "")
        cloud.call("s3", "delete_bucket", Bucket=id)


def empty(cloud: Cloud, bucket: str, prefix: str, key: str | None = None) -> None:
    """Remove every version and marker under a prefix, or of one key."""
    for member in ("Versions", "DeleteMarkers"):
        batch = []
        for item in cloud.pages("s3", "list_object_versions", member, Bucket=bucket, Prefix=prefix):
            if key is None or item["Key"] == key:
                batch.append({"Key": item["Key"], "VersionId": item["VersionId"]})
        for start in range(0, len(batch), 1000):
            cloud.call(
                "s3",
                "delete_objects",
                Bucket=bucket,
                Delete={"Objects": batch[start : start + 1000], "Quiet": True},
            )


class BucketSetting(ApiResource):
    """One setting of a bucket: written whole, read whole, at most one a bucket."""

    id_form = "{bucket}"
    key = table(Bucket="bucket")
    outside = ("bucket",)
    replace = ("bucket",)


class BucketVersioning(BucketSetting):
    token = "aws:s3/bucketVersioning:BucketVersioning"
    calls = Calls("s3", "put_bucket_versioning", "get_bucket_versioning", "put_bucket_versioning")
    inputs = ("bucket", "versioningConfiguration")

    def show(self, cloud: Cloud, id: str) -> Any:
        return {"VersioningConfiguration": super().show(cloud, id)}

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        if known["versioningConfiguration"]["status"] == "Enabled":
            suspended = {"Status": "Suspended"}
            cloud.call("s3", "put_bucket_versioning", Bucket=id, VersioningConfiguration=suspended)


class BucketOwnershipControls(BucketSetting):
    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    calls = Calls(
        "s3",
        "put_bucket_ownership_controls",
        "get_bucket_ownership_controls",
        "put_bucket_ownership_controls",
        "delete_bucket_ownership_controls",
    )
    inputs = ("bucket", "rule")
    renames = table(rule="OwnershipControls.Rules")


class BucketPublicAccessBlock(BucketSetting):
    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    calls = Calls(
        "s3",
        "put_public_access_block",
        "get_public_access_block",
        "put_public_access_block",
        "delete_public_access_block",
    )
    inputs = (
        "bucket",
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    )
    inside = "PublicAccessBlockConfiguration"
    body = "PublicAccessBlockConfiguration"


class BucketServerSideEncryptionConfiguration(BucketSetting):
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    calls = Calls(
        "s3",
        "put_bucket_encryption",
        "get_bucket_encryption",
        "put_bucket_encryption",
        "delete_bucket_encryption",
    )
    inputs = ("bucket", "rules")
    inside = "ServerSideEncryptionConfiguration"
    body = "ServerSideEncryptionConfiguration"


class BucketLifecycleConfiguration(BucketSetting):
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    calls = Calls(
        "s3",
        "put_bucket_lifecycle_configuration",
        "get_bucket_lifecycle_configuration",
        "put_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
    )
    inputs = ("bucket", "rules")
    inside = "LifecycleConfiguration"


class BucketLogging(BucketSetting):
    token = "aws:s3/bucketLogging:BucketLogging"
    calls = Calls("s3", "put_bucket_logging", "get_bucket_logging", "put_bucket_logging")
    inputs = ("bucket", "targetBucket", "targetPrefix")
    inside = "BucketLoggingStatus"
    renames = table(
        targetBucket="LoggingEnabled.TargetBucket", targetPrefix="LoggingEnabled.TargetPrefix"
    )

    def show(self, cloud: Cloud, id: str) -> Any:
        reply = super().show(cloud, id)
        return reply if reply.get("LoggingEnabled") else None

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        cloud.call("s3", "put_bucket_logging", Bucket=id, BucketLoggingStatus={})


class BucketPolicy(BucketSetting):
    token = "aws:s3/bucketPolicy:BucketPolicy"
    calls = Calls(
        "s3",
        "put_bucket_policy",
        "get_bucket_policy",
        "put_bucket_policy",
        "delete_bucket_policy",
    )
    inputs = ("bucket", "policy")


class BucketObject(Resource):
    token = "aws:s3/bucketObjectv2:BucketObjectv2"
    inputs = (
        "bucket",
        "key",
        "source",
        "content",
        "contentBase64",
        "contentType",
        "contentEncoding",
        "cacheControl",
        "metadata",
        "serverSideEncryption",
        "kmsKeyId",
        "bucketKeyEnabled",
        "storageClass",
        "sourceHash",
    )
    replace = ("bucket", "key")
    SENT = table(
        contentType="ContentType",
        contentEncoding="ContentEncoding",
        cacheControl="CacheControl",
        metadata="Metadata",
        serverSideEncryption="ServerSideEncryption",
        kmsKeyId="SSEKMSKeyId",
        bucketKeyEnabled="BucketKeyEnabled",
        storageClass="StorageClass",
    )

    def create(self, cloud: Cloud, new: Properties) -> str:
        body = _content(new)
        sent = {there: new[here] for here, there in self.SENT.items() if here in new}
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        cloud.call(
            "s3",
            "put_object",
            Bucket=new["bucket"],
            Key=new["key"],
            Body=body,
            ChecksumSHA256=digest,
            **sent,
        )
        return f"{new['bucket']}/{new['key']}"

    def read(self, cloud: Cloud, id: str, known: Properties) -> Properties | None:
        bucket, _, key = id.partition("/")
        head = cloud.call("s3", "head_object", Bucket=bucket, Key=key)
        state: Properties = {"bucket": bucket, "key": key}
        for here, there in self.SENT.items():
            if here in known:
                state[here] = shapes.find(head, there)
        etag = str(head["ETag"]).strip('"')
        if known.get("etag", etag) != etag:
            state.update(dict.fromkeys(("source", "content", "contentBase64")))
        return {
            **state,
            "etag": etag,
            "versionId": head.get("VersionId"),
            "arn": f"arn:aws:s3:::{id}",
        }

    def update(
        self, cloud: Cloud, id: str, old: Properties, new: Properties, changed: Iterable[str]
    ) -> None:
        self.create(cloud, new)

    def delete(self, cloud: Cloud, id: str, known: Properties) -> None:
        bucket, _, key = id.partition("/")
        empty(cloud, bucket, key, key)


def _content(new: Properties) -> bytes:
    if "source" in new:
        source = new["source"]
        return archive_bytes(source) if "assets" in source else asset_bytes(source)
    if "contentBase64" in new:
        return base64.b64decode(new["contentBase64"])
    return str(new.get("content", "")).encode()
