"""docs/environment.md has a row for every variable that a function reads, and no other."""

from __future__ import annotations

from pathlib import Path

from handlers.data_loader.settings import Settings as DataLoaderSettings
from handlers.msk_producer.settings import Settings as ProducerSettings
from handlers.runtime.settings import Variable, variables
from handlers.telemetry_generator.settings import Settings as GeneratorSettings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "environment.md"
FUNCTIONS = {
    "generator": GeneratorSettings,
    "producer": ProducerSettings,
    "data loader": DataLoaderSettings,
}


def test_the_page_lists_what_the_functions_read() -> None:
    readers: dict[str, list[str]] = {}
    seen: dict[str, Variable] = {}
    for function, settings in FUNCTIONS.items():
        for variable in variables(settings):
            readers.setdefault(variable.name, []).append(function)
            seen[variable.name] = variable
    expected = [
        f"| `{name}` | {', '.join(functions)} | {seen[name].form} | `{seen[name].example}` |"
        for name, functions in readers.items()
    ]
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert rows == expected


def test_every_example_is_accepted() -> None:
    for settings in FUNCTIONS.values():
        for variable in variables(settings):
            assert variable.parse(variable.example) is not None
