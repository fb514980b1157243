"""Objects: what is missing, denied or there already is told apart."""

from __future__ import annotations

import pytest

from handlers.runtime.errors import Kind, PipelineError
from handlers.runtime.objects import Bucket, ObjectExistsError, ObjectMissingError
from tests.handlers.fakes import FakeS3, ServiceError


def test_what_is_put_can_be_read_and_listed_over_pages() -> None:
    bucket = Bucket(FakeS3(), "data")
    for name in "abcde":
        bucket.put(f"p/{name}", name.encode())
    assert bucket.get("p/c") == b"c"
    assert list(bucket.keys("p/")) == [f"p/{name}" for name in "abcde"]
    assert list(bucket.keys("q/")) == []


def test_once_means_once_but_the_same_object_is_no_conflict() -> None:
    bucket = Bucket(FakeS3(), "data")
    bucket.put_once("k", b"1")
    bucket.put_once("k", b"1")
    with pytest.raises(ObjectExistsError):
        bucket.put_once("k", b"2")
    assert bucket.get("k") == b"1"


@pytest.mark.parametrize(("status", "denied"), [(404, False), (403, True)])
def test_a_missing_object_says_whether_it_may_be_denied(status: int, denied: bool) -> None:
    with pytest.raises(ObjectMissingError) as caught:
        Bucket(FakeS3(missing=status), "data").get("k")
    assert caught.value.denied is denied


def test_a_denied_write_or_list_is_named_and_not_retried() -> None:
    s3 = FakeS3()
    s3.denied = ("ledger/",)
    for act in (lambda b: b.put("ledger/x", b""), lambda b: list(b.keys("ledger/"))):
        with pytest.raises(PipelineError, match="E_S3_DENIED: s3://data/ledger/") as caught:
            act(Bucket(s3, "data"))
        assert caught.value.kind is Kind.DENIED


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("once", [True, False])
def test_an_object_that_is_there_and_may_not_be_read_is_denied(listed: bool, once: bool) -> None:
    """Whether it is there is told by the listing, or by a refusal to write it once."""

    class OnlyWritable(FakeS3):
        def list_objects_v2(self, **request: str) -> dict[str, object]:
            if not listed:
                raise ServiceError("AccessDenied", 403)
            return super().list_objects_v2(**request)

    s3 = OnlyWritable()
    s3.objects["k"], s3.unreadable = b"1", ("k",)
    bucket = Bucket(s3, "data")
    if not listed and not once:
        with pytest.raises(ObjectMissingError):
            bucket.get("k")
        return
    act = (lambda: bucket.put_once("k", b"1")) if once else (lambda: bucket.get("k"))
    with pytest.raises(PipelineError, match="E_S3_DENIED: s3://data/k is not read") as caught:
        act()
    assert caught.value.kind is Kind.DENIED


def test_a_failing_service_is_retried() -> None:
    class Down(FakeS3):
        def get_object(self, **request: object) -> dict[str, object]:
            raise ConnectionError

    with pytest.raises(PipelineError, match="ConnectionError") as caught:
        Bucket(Down(), "data").get("k")
    assert caught.value.kind.retried
