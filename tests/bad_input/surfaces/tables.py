"""The reference tables, and the Athena and Glue before them: the old cache stays in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers.contract.reference_document import POINTER_KEY
from handlers.runtime.errors import VALUE_MAX_CHARACTERS, Kind
from handlers.runtime.logs import Log
from handlers.runtime.reply import answer
from tests.bad_input.case import RAISED, TAKEN, Case, Outcome, Surface, of_reply
from tests.handlers.data_loader.stage import CUSTOMER_COLUMNS, TITLE_COLUMNS, Stage
from tests.handlers.fakes import FakeS3, ServiceError

DENIED = Kind.DENIED.status
PERSON = "CUST_0badc0de_000042"
Spoil = Callable[[Stage], object]


class Results(FakeS3):
    """A store that gives query results as `spoilt` makes them."""

    spoilt: Callable[[bytes], bytes | None] = staticmethod(lambda body: body)

    def get_object(self, **request: Any) -> dict[str, Any]:
        key = request["Key"]
        if not key.startswith("athena-results/"):
            return super().get_object(**request)
        body = self.spoilt(self.objects[key])
        if body is None:
            raise ServiceError("NoSuchKey", 404)
        self.objects[key] = body
        return super().get_object(**request)


def run(spoil: Spoil) -> Outcome:
    stage = Stage(s3=Results())
    stage.call()
    before = stage.s3.objects[POINTER_KEY]
    spoil(stage)
    outcome = of_reply(
        lambda: answer(Log(stream=stage.log), lambda: stage.call(force_refresh=True))
    )
    if outcome.code != TAKEN and stage.s3.objects[POINTER_KEY] != before:
        return Outcome("the old cache", (), "is gone")
    if "T" * (VALUE_MAX_CHARACTERS + 1) in outcome.said:
        return Outcome("a long key", (), "told")
    return Outcome(
        outcome.code,
        tuple(
            "result" if str(one).startswith(("s3://", "query ")) else one for one in outcome.where
        ),
        outcome.ends,
        outcome.said,
        outcome.log + stage.log.getvalue(),
    )


def tables(**reference: list[str]) -> Spoil:
    """The reference database with these tables and their columns."""
    return lambda stage: setattr(stage.glue, "databases", {"reference": reference})


def rows(table: str, **values: object) -> Spoil:
    """Every row of a table with these values."""

    def spoil(stage: Stage) -> None:
        for row in stage.tables[table]:
            row.update(values)

    return spoil


def first(table: str, count: int, **values: object) -> Spoil:
    """The first rows of a table with these values."""

    def spoil(stage: Stage) -> None:
        for row in stage.tables[table][:count]:
            row.update(values)

    return spoil


def results(spoilt: Callable[[bytes], bytes | None]) -> Spoil:
    """Query results that come like this."""
    return lambda stage: setattr(stage.s3, "spoilt", spoilt)


def athena(**changes: Any) -> Spoil:
    return lambda stage: [setattr(stage.athena, name, value) for name, value in changes.items()]


def glue(error: Exception) -> Spoil:
    return lambda stage: setattr(stage.glue, "error", error)


BOTH = {"titles": TITLE_COLUMNS, "customers": CUSTOMER_COLUMNS}
REFUSED = ServiceError("InvalidRequestException", 400, "WorkGroup w is not found.")
CASES = (
    Case(lambda stage: setattr(stage.glue, "databases", {}), "E_REF_DATABASE",
         "database reference", given="no reference database"),
    Case(tables(), "E_REF_TABLE", ("reference.titles", "reference.customers"), given="no tables"),
    Case(tables(titles=TITLE_COLUMNS), "E_REF_TABLE", "reference.customers",
         given="no table customers"),
    Case(tables(Titles=TITLE_COLUMNS, customers=CUSTOMER_COLUMNS), "E_REF_TABLE",
         "reference.titles", given="a table Titles"),
    *(
        Case(tables(**{**BOTH, table: [name for name in columns if name != missing]}),
             "E_REF_COLUMN", f"reference.{table}.{missing}", given=f"{table} without {missing}")
        for table, columns in BOTH.items()
        for missing in columns
        if missing != "is_original"
    ),
    Case(tables(titles=[], customers=CUSTOMER_COLUMNS), "E_REF_COLUMN",
         tuple(f"reference.titles.{name}" for name in TITLE_COLUMNS[:-1]),
         given="titles without a column"),
    *(
        Case(lambda stage, table=table: stage.tables[table].clear(), "E_REF_EMPTY", table,
             given=f"{table} without a row")
        for table in BOTH
    ),
    *(
        Case(rows(table, **{name: value}), "E_REF_EMPTY", table,
             given=f"{table} whose every {name} is {value!r}")
        for table, name, value in (
            ("titles", "duration_minutes", None), ("titles", "duration_minutes", "long"),
            ("titles", "duration_minutes", 0), ("titles", "duration_minutes", -90),
            ("titles", "duration_minutes", "1e300"), ("titles", "duration_minutes", "90.5"),
            ("titles", "popularity_score", "NaN"), ("titles", "popularity_score", "high"),
            ("titles", "popularity_score", "Infinity"), ("titles", "title_name", " "),
            ("titles", "duration_minutes", "9_0"), ("titles", "duration_minutes", "९०"),
            ("titles", "duration_minutes", "9 0"), ("titles", "popularity_score", "1_0"),
            ("titles", "popularity_score", "९"),
            ("titles", "genre", None), ("customers", "subscription_start_date", "soon"),
            ("customers", "subscription_start_date", "11.08.2025"),
            ("customers", "subscription_start_date", "2025-08-11junk"),
            ("customers", "subscription_start_date", "2025-08-11 25:00:00"),
            ("customers", "subscription_start_date", "20250811"),
            ("customers", "subscription_tier", None), ("customers", "country", ""),
            ("customers", "is_active", "maybe"), ("customers", "is_active", 1),
            ("customers", "is_active", "false"),
        )
    ),
    Case(first("titles", 2, title_id=None), "E_REF_NULL", "titles.title_id",
         given="two titles without a key"),
    Case(first("customers", 1, customer_id=" "), "E_REF_NULL", "customers.customer_id",
         given="a customer whose key is a space"),
    Case(first("titles", 3, title_id="T1"), "E_REF_DUPLICATE", "titles.title_id",
         given="three titles with one key"),
    Case(rows("customers", customer_id=PERSON), "E_REF_DUPLICATE", "customers.customer_id",
         given="all customers with one key"),
    Case(lambda stage: (first("titles", 2, title_id="T9")(stage),
                        stage.tables["titles"][5].update(title_id="")),
         "E_REF_NULL", ("titles.title_id", "titles.title_id"),
         given="titles with a key twice and one without"),
    Case(rows("titles", title_name="x" * 200_000), "E_QUERY_RESULT", "result", given="long names"),
    Case(first("titles", 5, duration_minutes=None), TAKEN, ends=200,
         given="five of thirty titles without a duration: left out and counted"),
    Case(first("customers", 1, customer_id="C" * 257), TAKEN, ends=200,
         given="a customer whose key has 257 bytes: left out and counted"),
    Case(rows("titles", title_id="T" * 257), "E_REF_DUPLICATE", "titles.title_id",
         given="all titles with one key of 257 bytes"),
    Case(first("customers", 29, is_active="false"), TAKEN, ends=200,
         given="one running subscription"),
    Case(results(lambda body: None), "E_QUERY_RESULT", "result", DENIED, "no result of a query"),
    Case(results(lambda body: b"\xff\xfe" + body), "E_QUERY_RESULT", "result",
         given="a result that is not UTF-8"),
    Case(results(lambda body: b""), "E_QUERY_RESULT", "result", given="a result of no bytes"),
    Case(results(lambda body: body.replace(b",", b";")), "E_QUERY_RESULT", "result",
         given="a result with semicolons"),
    Case(results(lambda body: body + b'"T9","short"\n'), "E_QUERY_RESULT", "result",
         given="a result that ends after a value"),
    Case(results(lambda body: body[:-3]), "E_QUERY_RESULT", "result",
         given="a result that ends within a value"),
    *(
        Case(lambda stage, count=count: stage.tables["video_telemetry_json"].append(
                 {"customer_id": "C1", "events": count}),
             "E_QUERY_RESULT", "result", given=f"a customer with {count!r} events")
        for count in ("many", "1_0", "९", "-1", " 1", 10**400)
    ),
    Case(results(lambda body: body.replace(b'"genre"', b'"style"')), "E_QUERY_RESULT", "result",
         given="a result that lacks a column"),
    Case(athena(states=["FAILED"]), "E_QUERY_FAILED", given="a query that fails"),
    Case(athena(states=["CANCELLED"]), "E_QUERY_CANCELLED", None, RAISED,
         "a query that is cancelled"),
    Case(athena(states=["FAILED"], athena_error={"ErrorCategory": 1}), "E_QUERY_FAILED", None,
         RAISED, "a query that fails for Athena's own sake"),
    Case(athena(states=["FAILED"], reason="x" * 5_000), "E_QUERY_FAILED",
         given="a query that fails with a reason of 5,000 letters"),
    Case(athena(states=["FAILED"], reason="line 1:1\nmismatched\n  input\n\n'x'"),
         "E_QUERY_FAILED", given="a query that fails with a reason of many lines"),
    Case(athena(error=ServiceError("AccessDeniedException")), "E_ATHENA_DENIED", "workgroup w",
         DENIED, "Athena denies"),
    Case(athena(error=REFUSED), "E_QUERY_REFUSED", "workgroup w", given="no such workgroup"),
    Case(athena(error=ServiceError("TooManyRequestsException", 429)), "E_ATHENA", "workgroup w",
         RAISED, "Athena throttles"),
    Case(athena(error=ConnectionError()), "E_ATHENA", "workgroup w", RAISED, "Athena is silent"),
    Case(glue(ServiceError("AccessDeniedException")), "E_GLUE_DENIED", "database reference",
         DENIED, "Glue denies"),
    Case(glue(TimeoutError()), "E_GLUE", "database reference", RAISED, "Glue is silent"),
)  # fmt: skip
SURFACE = Surface("reference tables", "`statusCode`, or raised", Kind.DATA.status, run, CASES)
