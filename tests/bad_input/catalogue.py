"""Every surface, in the order of the page."""

from __future__ import annotations

from tests.bad_input.case import Surface
from tests.bad_input.surfaces import (
    answers,
    cache,
    client,
    command_lines,
    data_loader,
    environments,
    generator,
    kept,
    laptop,
    machines,
    producer,
    questions,
    records,
    stack_settings,
    tables,
)

SURFACES: tuple[Surface, ...] = (
    generator.SURFACE,
    producer.SURFACE,
    records.SURFACE,
    data_loader.SURFACE,
    tables.SURFACE,
    cache.SURFACE,
    answers.SURFACE,
    client.SURFACE,
    environments.SURFACE,
    stack_settings.SURFACE,
    questions.SURFACE,
    command_lines.SURFACE,
    kept.SURFACE,
    laptop.SURFACE,
    machines.SURFACE,
)
