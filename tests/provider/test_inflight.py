"""Whoever cleans up after a killed engine waits for the changes that it had asked for."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from local.provider.inflight import InFlight


def call(changes: InFlight, method: str, work: Any) -> Any:
    """The counted handler of a method whose own handler is `work`."""
    handler = SimpleNamespace(unary_unary=work, request_deserializer=None, response_serializer=None)
    found = changes.intercept_service(
        lambda details: handler, SimpleNamespace(method=f"/pulumirpc.ResourceProvider/{method}")
    )
    return found.unary_unary


@pytest.mark.parametrize("method", ["Create", "Update", "Delete"])
def test_a_change_is_waited_for(method: str) -> None:
    changes = InFlight()
    begun, let_go = threading.Event(), threading.Event()

    def work(request: Any, context: Any) -> str:
        begun.set()
        assert let_go.wait(5)
        return "made"

    worker = threading.Thread(target=call(changes, method, work), args=(None, None))
    worker.start()
    assert begun.wait(5)
    assert changes.settle(0.05) is False
    let_go.set()
    assert changes.settle(5) is True
    worker.join()


def test_a_look_is_not_waited_for() -> None:
    changes = InFlight()
    seen: list[bool] = []
    call(changes, "Read", lambda request, context: seen.append(changes.settle(0)))(None, None)
    assert seen == [True]


def test_a_change_that_failed_is_over() -> None:
    changes = InFlight()

    def work(request: Any, context: Any) -> None:
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        call(changes, "Create", work)(None, None)
    assert changes.settle(0) is True
