"""What the data loader refuses, and that it names the table, query, right or payload at fault."""

from __future__ import annotations

import pytest

from handlers.contract.reference_document import POINTER_KEY
from handlers.runtime.errors import Kind, PipelineError
from tests.handlers.data_loader.stage import CUSTOMER_COLUMNS, TITLE_COLUMNS, Stage
from tests.handlers.fakes import ServiceError


@pytest.mark.parametrize(
    ("reference", "code", "names"),
    [
        (None, "E_REF_DATABASE", ["reference"]),
        ({}, "E_REF_TABLE", ["reference.titles", "reference.customers"]),
        ({"titles": TITLE_COLUMNS}, "E_REF_TABLE", ["reference.customers"]),
        ({"titles": TITLE_COLUMNS[:4], "customers": CUSTOMER_COLUMNS[1:]}, "E_REF_COLUMN",
         ["titles.duration_minutes", "titles.popularity_score", "customers.customer_id"]),
        ({"titles": TITLE_COLUMNS[1:]}, "E_REF_TABLE", ["reference.customers", "titles.title_id"]),
    ],
)  # fmt: skip
def test_missing_tables_and_columns_are_all_named(
    reference: dict[str, list[str]] | None, code: str, names: list[str]
) -> None:
    stage = Stage()
    stage.glue.databases = {} if reference is None else {"reference": reference}
    with pytest.raises(PipelineError) as caught:
        stage.call()
    assert caught.value.code == code and caught.value.kind is Kind.DATA
    assert len(caught.value.problems) == len(names)
    assert all(name in str(caught.value) for name in names)
    assert stage.athena.started == [] and stage.s3.puts == []


def test_an_empty_table_leaves_the_old_cache_in_force() -> None:
    stage = Stage()
    stage.call()
    before = dict(stage.s3.objects)
    stage.tables["customers"].clear()
    with pytest.raises(PipelineError, match="E_REF_EMPTY: customers"):
        stage.call(force_refresh=True)
    assert stage.s3.objects[POINTER_KEY] == before[POINTER_KEY]


@pytest.mark.parametrize(
    ("states", "code", "kind"),
    [
        (["RUNNING", "FAILED"], "E_QUERY_FAILED", Kind.DATA),
        (["CANCELLED"], "E_QUERY_CANCELLED", Kind.DEPENDENCY),
        (["QUEUED"], "E_QUERY_TIMEOUT", Kind.DEPENDENCY),
    ],
)
def test_a_query_that_does_not_succeed_is_named(states: list[str], code: str, kind: Kind) -> None:
    stage = Stage()
    stage.athena.states = states
    with pytest.raises(PipelineError, match="query-1") as caught:
        stage.call(seconds=2 if kind is Kind.DEPENDENCY else 60)
    assert (caught.value.code, caught.value.kind) == (code, kind)
    assert stage.athena.stopped == ["query-1", "query-2", "query-3"]  # nobody waits for them
    assert POINTER_KEY not in stage.s3.objects


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"ErrorCategory": 1}, Kind.DEPENDENCY),
        ({"ErrorCategory": 2, "Retryable": True}, Kind.DEPENDENCY),
        ({"ErrorCategory": 2, "Retryable": False}, Kind.DATA),
        ({"ErrorCategory": 3}, Kind.DATA),
        ({}, Kind.DATA),
    ],
)
def test_a_query_that_failed_is_tried_again_where_athena_says_so(
    said: dict[str, object], kind: Kind
) -> None:
    stage = Stage()
    stage.athena.states, stage.athena.athena_error = ["FAILED"], said
    with pytest.raises(PipelineError, match="E_QUERY_FAILED: query query-1") as caught:
        stage.call()
    assert caught.value.kind is kind


def test_a_query_that_cannot_be_stopped_hides_no_reason() -> None:
    stage = Stage()
    stage.athena.states = ["RUNNING"]
    stage.athena.stop_error = ServiceError("AccessDeniedException")
    with pytest.raises(PipelineError, match="E_QUERY_TIMEOUT"):
        stage.call(seconds=2)
