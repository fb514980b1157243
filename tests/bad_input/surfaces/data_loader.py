"""The data loader's payload, given to its entry."""

from __future__ import annotations

from handlers.data_loader import handler
from tests.bad_input.case import Case, Outcome, Surface, environment, of_reply
from tests.bad_input.surfaces.environments import DATA_LOADER
from tests.bad_input.surfaces.generator import nested
from tests.handlers.fakes import FakeContext


def run(payload: object) -> Outcome:
    with environment(DATA_LOADER):
        return of_reply(lambda: handler.handle(payload, FakeContext()))


CASES = (
    *(Case(bad, "E_EVENT_SHAPE", "payload") for bad in (None, [], "refresh", 1, [{}], False)),
    Case({"force_refresh": "x" * 300_000}, "E_EVENT_SHAPE", "payload", given="300 kB"),
    Case({"force_refresh": nested(50_000)}, "E_EVENT_SHAPE", "payload", given="50,000 deep"),
    *(
        Case({"force_refresh": bad}, "E_EVENT_TYPE", "force_refresh")
        for bad in ("yes", "true", 1, 0, None, [True], "x" * 1_000)
    ),
    Case({"force": True}, "E_EVENT_FIELD", "force"),
    Case({"forceRefresh": True}, "E_EVENT_FIELD", "forceRefresh"),
    Case({"force_refresh": True, "database": "x"}, "E_EVENT_FIELD", "database"),
    Case({"force_refresh": 1, "ttl": 5}, "E_EVENT_TYPE", ("force_refresh", "ttl")),
)
SURFACE = Surface("data loader's payload", "`statusCode` of the reply", 400, run, CASES)
