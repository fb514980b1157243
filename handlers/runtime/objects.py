"""Objects of the data bucket: read, write, write once, list. What they hold is others' business."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from handlers.runtime.errors import Kind, PipelineError


class S3(Protocol):
    """The calls of boto3's S3 client that are used here."""

    def get_object(self, **request: Any) -> Any:
        """GetObject."""
        ...

    def put_object(self, **request: Any) -> Any:
        """PutObject."""
        ...

    def list_objects_v2(self, **request: Any) -> Any:
        """ListObjectsV2."""
        ...


class ObjectMissingError(LookupError):
    """There is no object of this key.

    S3 answers 403 instead of 404 to a caller who may not list the bucket: `denied` says that it did
    and that the listing does not show the object, or is denied too.
    """

    def __init__(self, key: str, denied: bool) -> None:
        super().__init__(key)
        self.key = key
        self.denied = denied


class ObjectExistsError(Exception):
    """An object of this key exists already and was left as it is."""


@dataclass(frozen=True)
class Bucket:
    """One S3 bucket. Failures of the service come out as PipelineError E_S3 (retried)."""

    s3: S3
    name: str

    def get(self, key: str) -> bytes:
        """The whole object. Raises ObjectMissingError, and E_S3_DENIED for one that is listed."""
        try:
            body: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        except Exception as error:
            status, _ = _answer(error)
            if status == 403 and self._lists(key):
                raise self._failed("read", key, error) from error
            if status in (403, 404):
                raise ObjectMissingError(key, denied=status == 403) from error
            raise self._failed("read", key, error) from error
        return body

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Write the object, replacing what is there."""
        self._put(key, body, content_type, {})

    def put_once(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Write the object unless there is one. Raises ObjectExistsError, if it is another.

        The same object is this one, written by an attempt whose answer was lost.
        """
        try:
            self._put(key, body, content_type, {"IfNoneMatch": "*"})
        except PipelineError as error:
            if _answer(error.__cause__)[0] != 412:
                raise
            try:
                existing = self.get(key)
            except ObjectMissingError as denied:  # it is there, as the refusal to write it says
                raise self._failed("read", key, denied.__cause__) from denied
            if existing != body:
                raise ObjectExistsError(key) from error

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, in S3's (byte) order."""
        request: dict[str, Any] = {"Bucket": self.name, "Prefix": prefix}
        while True:
            try:
                page = self.s3.list_objects_v2(**request)
            except Exception as error:
                raise self._failed("listed", prefix, error) from error
            for item in page.get("Contents", ()):
                yield item["Key"]
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _lists(self, key: str) -> bool:
        """Whether a listing shows the object; False too where listing is denied."""
        try:
            return next(self.keys(key), None) == key
        except PipelineError:
            return False

    def _put(self, key: str, body: bytes, content_type: str, condition: dict[str, str]) -> None:
        try:
            self.s3.put_object(
                Bucket=self.name, Key=key, Body=body, ContentType=content_type, **condition
            )
        except Exception as error:
            raise self._failed("written", key, error) from error

    def _failed(self, verb: str, key: str, error: BaseException | None) -> PipelineError:
        status, code = _answer(error)
        denied = status == 403
        return PipelineError(
            "E_S3_DENIED" if denied else "E_S3",
            f"not {verb} ({code})",
            field=f"s3://{self.name}/{key}",
            fix="grant the function's role this prefix" if denied else "call again",
            kind=Kind.DENIED if denied else Kind.DEPENDENCY,
        )


def _answer(error: BaseException | None) -> tuple[int, str]:
    """(HTTP status, error code) of a botocore ClientError; (0, the class) of anything else."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return 0, type(error).__name__
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return int(status), str(response.get("Error", {}).get("Code", "unknown"))
