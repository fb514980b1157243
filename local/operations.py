"""What an operator does to a deployed pipeline, by the API of any AWS client: load, run, crawl."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LaptopError
from local.settings import REGION, ROOT_KEY, Laptop

Outputs = dict[str, Any]
FUNCTION_SECONDS = 900  # the longest a function may take


class OperationError(LaptopError):
    """A deployed part answered with an error; the text carries its own code."""


@contextmanager
def answered() -> Iterator[None]:
    """Turns a refusal or silence of the laptop's AWS into an OperationError of one line."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OperationError(
            f"E_AWS: {str(error)[:300]}; expected the laptop's AWS to answer; "
            "fix: see `make status`; `make up` starts what does not run"
        ) from error


def deployed(outputs: Outputs) -> Outputs:
    """The outputs of a stack that is there. Raises OperationError where it was destroyed."""
    if not outputs:
        raise OperationError(
            "E_NOT_DEPLOYED: stack=local has no outputs; expected a deployed stack; fix: make up"
        )
    return outputs


def client(laptop: Laptop, service: str) -> Any:
    """A boto3 client of the laptop's AWS; it never invokes a function a second time by itself."""
    session: Any = boto3.session.Session(ROOT_KEY, ROOT_KEY, region_name=REGION)
    return session.client(
        service,
        endpoint_url=laptop.endpoint,
        config=Config(read_timeout=FUNCTION_SECONDS + 10, retries={"total_max_attempts": 1}),
    )


@answered()
def invoke(laptop: Laptop, function: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The reply of a function. Raises OperationError when it failed or answered with an error."""
    answer = client(laptop, "lambda").invoke(
        FunctionName=function, Payload=json.dumps(payload).encode()
    )
    text = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise OperationError(_failed(function, text))
    try:
        reply = json.loads(text)
        body = json.loads(reply["body"]) if isinstance(reply.get("body"), str) else reply
    except (ValueError, AttributeError) as unreadable:
        raise OperationError(
            f"E_FUNCTION: {function} answered {text[:80]!r}; expected a JSON object; "
            "fix: see `make logs`"
        ) from unreadable
    if "error" in body:
        said = body["error"]
        raise OperationError(f"{said['code']}: {function} answered: {said['message']}")
    return dict(body)


def _failed(function: str, text: str) -> str:
    """What a function that raised says: its own coded line where it has one, else the start."""
    try:
        said = str(json.loads(text)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        said = text
    code, colon, message = said.partition(": ")
    if colon and code.startswith("E_") and code.isupper():
        return f"{code}: {function} answered: {message[:500]}"
    return f"E_FUNCTION: {function} failed: {said[:300]!r}; fix: see its log by `make logs`"


def load_reference(laptop: Laptop, outputs: Outputs) -> dict[str, Any]:
    """Read the reference tables anew into the cache that the generator uses."""
    return invoke(laptop, outputs["function_names"]["data_loader"], {"force_refresh": True})


def generate(laptop: Laptop, outputs: Outputs, payload: dict[str, Any]) -> dict[str, Any]:
    """One run of the generator; the reply accounts for every event of it."""
    return invoke(laptop, outputs["function_names"]["generator"], payload)


@answered()
def crawl(laptop: Laptop, outputs: Outputs, timeout_seconds: int = 120) -> dict[str, Any]:
    """Run the crawler and wait for it; a crawl that runs already is waited for, then run again.

    Returns the crawler's LastCrawl. Raises OperationError when the crawl failed or took too long.
    """
    glue = client(laptop, "glue")
    name = outputs["crawler"]
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            glue.start_crawler(Name=name)
            break
        except glue.exceptions.CrawlerRunningException:
            _pause(deadline, f"crawler {name} is still running after {timeout_seconds} s")
    while True:
        found = glue.get_crawler(Name=name)["Crawler"]
        if found["State"] == "READY":
            break
        _pause(deadline, f"crawler {name} did not end in {timeout_seconds} s")
    last: dict[str, Any] = found["LastCrawl"]
    if last["Status"] != "SUCCEEDED":
        raise OperationError(
            f"E_CRAWL: crawler {name} ended {last['Status']}: {last.get('ErrorMessage')}"
        )
    return last


def wait_until(
    done: Callable[[], bool], timeout_seconds: float, failure: str, poll_seconds: float = 0.5
) -> None:
    """Poll `done`; OperationError with `failure` when it stays false."""
    deadline = time.monotonic() + timeout_seconds
    while not done():
        _pause(deadline, failure, poll_seconds)


def _pause(deadline: float, failure: str, seconds: float = 0.3) -> None:
    if time.monotonic() > deadline:
        raise OperationError(f"E_TIMEOUT: {failure}; fix: see `make status` and `make logs`")
    time.sleep(seconds)
