"""Every bad input of the catalogue: code, place, ending, few lines, and nothing leaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from components.settings_table import SETTINGS
from handlers.runtime.aws import client
from tests.bad_input.case import RAISED, TAKEN, Case, Outcome, Surface, described, faults
from tests.bad_input.catalogue import SURFACES
from tests.bad_input.page import PAGE, listed, rows
from tests.bad_input.surfaces import stack_settings

EVERY = [
    pytest.param(surface, case, id=f"{surface.name}: {described(case)}")
    for surface in SURFACES
    for case in surface.cases
]


@pytest.fixture(scope="module", autouse=True)
def _own_clients() -> Iterator[None]:
    """No client that was made here, for no service, is met by another test."""
    client.cache_clear()
    yield
    client.cache_clear()


@pytest.mark.parametrize(("surface", "case"), EVERY)
def test_a_bad_input_is_answered_as_the_catalogue_says(surface: Surface, case: Case) -> None:
    found = faults(surface, case, surface.run(case.value))
    assert not found, "\n".join(found)


GOOD = Outcome("E_X", ("f",), 2, "E_X: f is wrong\n")


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (Outcome("E_Y", ("f",), 2, "E_Y: f\n"), "the code is E_Y"),
        (Outcome("E_X", ("g",), 2, "E_X: g\n"), "the problems are of ('g',)"),
        (Outcome("E_X", ("f", "g"), 2, "E_X: f\n"), "the problems are of ('f', 'g')"),
        (Outcome("E_X", ("f",), 3, "E_X: f\n"), "it ended with 3"),
        (Outcome("E_X", ("f",), 2, " \n"), "nothing was said"),
        (Outcome("E_X", ("f",), 2, "E_X: f\na\nb\nc\n"), "4 lines for 1 problems"),
        (Outcome("E_X", ("f",), 2, "E_X: f\n", "Traceback (most recent"), "a traceback"),
        (Outcome("E_X", ("f",), 2, "E_X: f\n", "of CUST_0a_12"), "leaked: customer id"),
        (Outcome("E_X", ("f",), 2, "E_X: f\n", "v" * 81), "a value longer than 80"),
    ],
)
def test_the_judge_sees_what_is_wrong(outcome: Outcome, fault: str) -> None:
    case = Case({"f": ["v" * 100]}, "E_X", "f")
    surface = Surface("s", "exit", 2, lambda value: GOOD, (case,))
    assert faults(surface, case, GOOD) == []
    (found,) = faults(surface, case, outcome)
    assert found.startswith(fault)


def test_only_the_caller_is_told_the_name_that_the_caller_gave() -> None:
    name = "CUST_0a_12"
    case = Case({name: 1}, "E_X", name)
    surface = Surface("s", "exit", 2, lambda value: GOOD, (case,))
    told = Outcome("E_X", (name,), 2, f"E_X: {name} is unknown\n", reply=name)
    assert faults(surface, case, told) == []
    for leak in (replace(told, log=name), replace(told, said=f"{told.said}CUST_0b_12")):
        assert [one.split("\n")[0] for one in faults(surface, case, leak)] == [
            "leaked: customer id"
        ]
    raised = faults(replace(surface, ends=RAISED), case, replace(told, ends=RAISED))
    assert [one.split("\n")[0] for one in raised] == ["leaked: customer id"]


def test_a_case_is_in_the_catalogue_once() -> None:
    seen = [(surface.name, described(case)) for surface in SURFACES for case in surface.cases]
    assert sorted({one for one in seen if seen.count(one) > 1}) == []


def test_most_of_the_catalogue_is_refused() -> None:
    codes = [case.code for surface in SURFACES for case in surface.cases]
    assert len(codes) >= 200
    assert codes.count(TAKEN) < len(codes) / 10


def test_every_setting_of_a_stack_has_a_wrong_value_here() -> None:
    tried = {key for case in stack_settings.CASES for key in case.value}
    assert {setting.key for setting in SETTINGS} - tried == set()


def test_the_page_lists_these_cases() -> None:
    assert listed(PAGE.read_text()) == rows(), "run: python -m tests.bad_input"
